// Any node answers for any group: what another member owns is asked of that member, once, and its
// answer is given on. A write is thus answered after its owner's commit.
#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/core.h>

#include "daemon/codec/json.h"
#include "daemon/runtime/api.h"
#include "daemon/runtime/cluster_json.h"

namespace settle {
namespace {

namespace json = boost::json;

// Bears the name of the member that passed the request on: it is passed on once, and no more.
constexpr const char* passed_on = "settle-passed-on";
constexpr const char* asked_by = "settle-asked-by";

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
  std::optional<GroupId> operator()(const GiveOrder& call) const { return call.order.group; }
  template <typename Other>
  std::optional<GroupId> operator()(const Other& /*call*/) const {
    return std::nullopt;
  }
};

std::string_view known_word(std::string_view text) {
  for (const std::string_view word : {"merged", "repeated", "LateOrRepeated", "FromTheFuture",
                                      "Invalid", "UnknownPolicy", "UnknownGroup"}) {
    if (word == text) return word;
  }
  return "elsewhere";
}

/// What became of `count` events, from the answer of the member that was given them.
std::vector<std::string_view> outcomes_of(const HttpResponse& response, std::size_t count) {
  std::vector<std::string_view> outcomes(count, "elsewhere");
  boost::system::error_code error;
  const json::value body = json::parse(response.body, error);
  const json::value* results =
      !error && body.is_object() ? body.as_object().if_contains("results") : nullptr;
  if (results == nullptr || !results->is_array()) return outcomes;
  const json::array& rows = results->as_array();
  for (std::size_t at = 0; at < count && at < rows.size(); ++at) {
    const json::value* word =
        rows[at].is_object() ? rows[at].as_object().if_contains("outcome") : nullptr;
    if (word != nullptr && word->is_string()) outcomes[at] = known_word(word->as_string());
  }
  return outcomes;
}

HttpRequest batch_of(const std::vector<Signal>& signals, const std::vector<std::size_t>& places,
                     const std::string& self) {
  HttpRequest request;
  request.method = "POST";
  request.target = "/v1/events";
  request.headers["content-type"] = "application/cloudevents-batch+json";
  request.headers[passed_on] = self;
  for (const std::size_t at : places) {
    request.body += request.body.empty() ? "[" : ",";
    request.body += event_json(signals[at]);
  }
  request.body += "]";
  return request;
}

/// Joins what several members say about one POST.
struct Pieces {
  std::mutex mutex;
  std::vector<Signal> signals;
  std::vector<std::string_view> outcomes;  // Guarded by mutex, as is the next.
  std::size_t missing = 0;
  HttpServer::Answer answer;

  void take(const std::vector<std::size_t>& places, const std::vector<std::string_view>& words) {
    {
      const std::lock_guard lock(mutex);
      for (std::size_t at = 0; at < places.size(); ++at) outcomes[places[at]] = words[at];
      if (--missing > 0) return;
    }
    answer(made(answer_events(signals, outcomes)));
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
  std::map<std::string, std::vector<std::size_t>> by_address;  // "": here.
  for (std::size_t at = 0; at < signals.size(); ++at) {
    const bool stays = is_passed_on(request);
    by_address[stays ? "" : parts_.engine.elsewhere(signals[at].group)].push_back(at);
  }
  const auto pieces = std::make_shared<Pieces>();
  pieces->signals = std::move(signals);
  pieces->outcomes.resize(pieces->signals.size());
  pieces->missing = std::max<std::size_t>(1, by_address.size());
  pieces->answer = std::move(answer);
  if (by_address.empty()) return pieces->take({}, {});
  for (const auto& [address, places] : by_address) {
    if (!address.empty()) {
      parts_.peers.ask(address,
                       batch_of(pieces->signals, places, parts_.engine.tenancy().view().self),
                       [pieces, places](const HttpResponse& response) {
                         pieces->take(places, outcomes_of(response, places.size()));
                       });
      continue;
    }
    std::vector<Signal> ours;
    for (const std::size_t at : places) ours.push_back(pieces->signals[at]);
    parts_.engine.deliver(std::move(ours), "http",
                          [pieces, places](const std::vector<std::string_view>& words) {
                            pieces->take(places, words);
                          });
  }
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
