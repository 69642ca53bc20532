// Any node answers for any group: what another member owns is asked of that member, once, and its
// answer is given on. A write is thus answered after its owner's commit.
#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/core.h>

#include "daemon/runtime/api.h"
#include "daemon/runtime/cluster_json.h"

namespace settle {
namespace {

namespace json = boost::json;

HttpServer::Reply made(HttpResponse response) {
  return [response = std::move(response)] { return response; };
}

HttpResponse not_here() {
  HttpResponse response = problem(503, "Nobody owns the group now",
                                  "Its partition is changing hands. Send the same again.");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

/// The group that a call is about.
struct Subject {
  std::optional<GroupId> operator()(const DescribeGroup& call) const { return call.group; }
  std::optional<GroupId> operator()(const ExplainWhyNot& call) const { return call.group; }
  std::optional<GroupId> operator()(const SupposeGroup& call) const { return call.group; }
  std::optional<GroupId> operator()(const ListUpcoming& call) const { return call.group; }
  std::optional<GroupId> operator()(const ListMemory& call) const { return call.group; }
  std::optional<GroupId> operator()(const GiveOrder& call) const {
    const bool is_for_many = call.order.group.value.starts_with('@');  // api_orders.cc
    return is_for_many ? std::nullopt : std::optional(call.order.group);
  }
  template <typename Other>
  std::optional<GroupId> operator()(const Other& /*call*/) const {
    return std::nullopt;
  }
};

json::array groups_of(const std::string& text) {
  boost::system::error_code error;
  json::value body = json::parse(text, error);
  json::value* found =
      !error && body.is_object() ? body.as_object().if_contains("groups") : nullptr;
  return found != nullptr && found->is_array() ? std::move(found->as_array()) : json::array();
}

std::string name_of(const json::value& row) {
  const json::value* name = row.is_object() ? row.as_object().if_contains("group") : nullptr;
  return name != nullptr && name->is_string() ? std::string(name->as_string()) : std::string();
}

}  // namespace

bool Api::is_passed_on(const HttpRequest& request) {
  return request.headers.contains(passed_on);
}

void Api::note_asker(HttpRequest& request) {
  const auto found = request.headers.find(asked_by);
  if (is_passed_on(request) && found != request.headers.end()) request.owner = found->second;
}

bool Api::is_of_another(const ApiCall& call, const HttpRequest& request, const Answer& answer) {
  const std::optional<GroupId> group = std::visit(Subject{}, call);
  const std::string address = group ? parts_.engine.elsewhere(*group) : std::string();
  if (address.empty()) return false;
  if (is_passed_on(request)) {
    answer(made(not_here()));
  } else {
    pass_on(address, request, answer);
  }
  return true;
}

void Api::pass_on(const std::string& address, HttpRequest request, Answer answer) {
  request.headers[passed_on] = parts_.engine.tenancy().view().self;
  request.headers[asked_by] = request.owner;
  request.headers.erase("origin");
  request.headers.erase("connection");
  parts_.peers.ask(address, request,
                   [answer](HttpResponse response) { answer(made(std::move(response))); });
}

void Api::deliver(std::vector<Signal> signals, const HttpRequest& request, Answer answer) {
  parts_.tap.show("http", signals);
  const auto shared = std::make_shared<const std::vector<Signal>>(signals);
  const auto tell = [shared, answer](const std::vector<std::string_view>& outcomes) {
    answer(made(answer_events(*shared, outcomes)));
  };
  if (is_passed_on(request)) return parts_.delivery.deliver_here(std::move(signals), "http", tell);
  parts_.delivery.deliver(std::move(signals), "http", tell);
}

void Api::carry_out(const ListGroups& /*call*/, HttpRequest request, Answer answer) {
  struct Gathered {
    std::mutex mutex;
    json::array rows;         // Guarded by mutex, as is the next.
    std::size_t missing = 1;  // Our own part.
    Answer answer;
    void take(json::array more) {
      {
        const std::lock_guard lock(mutex);
        for (json::value& row : more) rows.push_back(std::move(row));
        if (--missing > 0) return;
      }
      std::sort(rows.begin(), rows.end(),
                [](const json::value& a, const json::value& b) { return name_of(a) < name_of(b); });
      answer(made(json_response("{\"groups\":" + json::serialize(rows) + "}")));
    }
  };
  const TenancyView view = parts_.engine.tenancy().view();
  const bool is_alone = view.members.size() < 2 || is_passed_on(request);
  const auto gathered = std::make_shared<Gathered>();
  gathered->answer = answer;
  if (!is_alone) gathered->missing = view.members.size();
  parts_.engine.survey(
      std::nullopt, [this, answer, is_alone, gathered](std::vector<GroupView> views) {
        auto shared = std::make_shared<std::vector<GroupView>>(std::move(views));
        if (!is_alone) return gathered->take(groups_of(groups_json(*shared, parts_.clock.now())));
        answer([this, shared] {
          return json_response(groups_json(std::move(*shared), parts_.clock.now()));
        });
      });
  if (is_alone) return;
  request.headers[passed_on] = view.self;
  request.headers.erase("origin");
  request.headers.erase("connection");
  for (const MemberView& member : view.members) {
    if (member.name == view.self) continue;
    parts_.peers.ask(member.address, request, [gathered](const HttpResponse& response) {
      gathered->take(groups_of(response.body));
    });
  }
}

void Api::carry_out(const ListMembers& /*call*/, HttpRequest /*request*/, Answer answer) {
  answer(made(json_response(members_json(parts_.engine.tenancy().view()))));
}

void Api::carry_out(const ListPartitions& /*call*/, HttpRequest /*request*/, Answer answer) {
  answer(made(json_response(partitions_json(parts_.engine.tenancy().view()))));
}

void Api::carry_out(const DrainMember& call, HttpRequest request, Answer answer) {
  const TenancyView view = parts_.engine.tenancy().view();
  if (call.member == view.self) {
    if (view.members.size() < 2) {
      return answer(made(problem(409, "Nobody could take over",
                                 view.self + " is the only daemon of this store: nobody could "
                                             "take over what it owns.")));
    }
    parts_.engine.tenancy().withdraw();
    return answer(made(json_response(members_json(view))));
  }
  for (const MemberView& member : view.members) {
    if (member.name == call.member && !is_passed_on(request)) {
      return pass_on(member.address, std::move(request), std::move(answer));
    }
  }
  answer(made(problem(404, "No such member",
                      "No member of this cluster is called \"" + call.member + "\".")));
}

}  // namespace settle
