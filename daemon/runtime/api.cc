#include "daemon/runtime/api.h"

#include <algorithm>
#include <memory>
#include <random>
#include <utility>

#include <fmt/core.h>

#include "daemon/codec/json.h"
#include "daemon/runtime/group_gauges.h"
#include "daemon/sources/http_events.h"
#include "reconcilers/explain/explain.h"

namespace settle {
namespace {

constexpr std::size_t letter_bytes_max = 4'096;
// What cannot be read is kept at most so often: a flood of it must not fill the journal.
constexpr Duration bury_every{100};

HttpResponse text_response(int status, std::string text) {
  return {status, "text/plain; charset=utf-8", std::move(text), {}};
}

HttpServer::Reply ready_made(HttpResponse response) {
  return [response = std::move(response)] { return response; };
}

HttpResponse no_group(const GroupId& group) {
  return problem(404, "No such group", "There is no group \"" + group.value + "\".");
}

HttpResponse journal_trouble(const Error& error) {
  const bool is_missing = error.code == ErrorCode::not_found;
  return problem(is_missing ? 404 : 503,
                 is_missing ? "No such decision" : "The journal cannot be read", error.message);
}

std::vector<ListedDecision> listed(std::vector<StoredDecision> stored) {
  std::vector<ListedDecision> decisions;
  decisions.reserve(stored.size());
  for (StoredDecision& decision : stored) {
    decisions.push_back({decision.sequence, std::move(decision.id), std::move(decision.record)});
  }
  return decisions;
}

}  // namespace

Api::Api(Parts parts)
    : parts_(std::move(parts)),
      nonce_prefix_(fmt::format("{:08x}{:08x}", std::random_device{}(), std::random_device{}())) {}

std::string Api::nonce() {
  return fmt::format("{}-{}", nonce_prefix_, ++asked_);
}

void Api::take(HttpRequest request, HttpServer::Answer answer) {
  if (request.is_tcp && !is_local(request)) {
    return answer(ready_made(
        problem(403, "Not from here", "Host and Origin must name localhost, 127.0.0.1 or [::1].")));
  }
  if (claims_to_be_passed_on(request) && !is_sealed(request, parts_.engine.tenancy().peer_key())) {
    return answer(ready_made(problem(403, "Not from a member",
                                     "Only members of this cluster pass requests on, under its "
                                     "seal. Leave the settle-... headers out.")));
  }
  note_asker(request);
  auto routed = route(request, parts_.clock.now(), nonce());
  if (auto* response = std::get_if<HttpResponse>(&routed)) {
    return answer(ready_made(std::move(*response)));
  }
  if (is_of_another(std::get<ApiCall>(routed), request, answer)) return;
  std::visit([&](const auto& call) { carry_out(call, std::move(request), std::move(answer)); },
             std::get<ApiCall>(routed));
}

void Api::carry_out(const CheckHealth& /*call*/, HttpRequest /*request*/, Answer answer) {
  answer(ready_made(parts_.is_alive() ? text_response(200, "every loop turns\n")
                                      : text_response(503, "a loop does not turn\n")));
}

void Api::carry_out(const CheckReady& /*call*/, HttpRequest /*request*/, Answer answer) {
  const DaemonStatus status = parts_.status();
  answer(ready_made(status.is_ready ? text_response(200, "ready\n")
                                    : text_response(503, "not ready\n")));
}

void Api::carry_out(const ReadStatus& /*call*/, HttpRequest /*request*/, Answer answer) {
  answer(ready_made(json_response(status_json(parts_.status(), parts_.clock.now()))));
}

void Api::carry_out(const ReadMetrics& /*call*/, HttpRequest /*request*/, Answer answer) {
  parts_.engine.survey(std::nullopt, [this, answer](std::vector<GroupView> views) {
    auto shared = std::make_shared<std::vector<GroupView>>(std::move(views));
    answer([this, shared] {
      const std::string page =
          parts_.metrics.page(parts_.gauges(), group_gauges(*shared, parts_.clock.now()));
      return HttpResponse{200, "text/plain; version=0.0.4; charset=utf-8", page, {}};
    });
  });
}

void Api::show(const GroupId& group, Answer answer, ViewReply reply) {
  parts_.engine.survey(group, [this, group, answer, reply](std::vector<GroupView> views) {
    if (views.empty()) return answer(ready_made(no_group(group)));
    auto shared = std::make_shared<GroupView>(std::move(views.front()));
    answer([this, shared, reply] { return reply(*shared, parts_.clock.now()); });
  });
}

void Api::carry_out(const DescribeGroup& call, HttpRequest /*request*/, Answer answer) {
  show(call.group, std::move(answer),
       [](const GroupView& view, Time now) { return json_response(describe_json(view, now)); });
}

void Api::carry_out(const ExplainWhyNot& call, HttpRequest /*request*/, Answer answer) {
  show(call.group, std::move(answer), [toward = call.toward](const GroupView& view, Time now) {
    return json_response(why_not_json(view, toward, now));
  });
}

void Api::carry_out(const SupposeGroup& call, HttpRequest /*request*/, Answer answer) {
  show(call.group, std::move(answer), [supposed = call.supposed](const GroupView& view, Time now) {
    return what_if(view, supposed, now);
  });
}

void Api::carry_out(const ListUpcoming& call, HttpRequest /*request*/, Answer answer) {
  show(call.group, std::move(answer), [count = call.count_max](const GroupView& view, Time now) {
    return json_response(upcoming_json(view, count, now));
  });
}

void Api::carry_out(const ListMemory& call, HttpRequest /*request*/, Answer answer) {
  show(call.group, std::move(answer),
       [](const GroupView& view, Time /*now*/) { return json_response(memory_json(view)); });
}

void Api::read(JournalDesk::Reading reading, Duration wait, const Answer& answer) {
  if (parts_.desk.ask(std::move(reading), wait)) return;
  HttpResponse response = problem(503, "Too many readers", "The journal is read by too many now.");
  response.headers.emplace_back("Retry-After", "1");
  answer(ready_made(std::move(response)));
}

void Api::carry_out(const ListDecisions& call, HttpRequest /*request*/, Answer answer) {
  DecisionQuery query;
  query.group = call.group;
  query.after = call.after;
  query.newest_max = call.count_max;
  read(
      [query, answer](JournalReader& reader, bool is_last) {
        Result<std::vector<StoredDecision>> found = reader.decisions(query);
        if (!found) {
          answer(ready_made(journal_trouble(found.error())));
          return true;
        }
        if (found->empty() && !is_last) return false;
        answer(ready_made(json_response(decisions_json(listed(std::move(*found))))));
        return true;
      },
      call.wait, answer);
}

void Api::carry_out(const ReadDecision& call, HttpRequest /*request*/, Answer answer) {
  DecisionQuery query;
  query.id = call.id;
  query.newest_max = 2;
  const auto respond = [this, call](std::vector<ListedDecision> found) {
    if (found.empty()) {
      return problem(404, "No such decision", "The journal has no \"" + call.id + "\".");
    }
    if (found.size() > 1) {
      return problem(409, "Not one decision", "Several begin with \"" + call.id + "\".");
    }
    const ListedDecision& one = found.front();
    if (!call.as_page) return json_response(decision_json(one));
    return text_response(200, page(one.record, one.id, parts_.zone_of(one.record.group)));
  };
  read(
      [query, answer, respond](JournalReader& reader, bool /*is_last*/) {
        Result<std::vector<StoredDecision>> found = reader.decisions(query);
        answer(ready_made(found ? respond(listed(std::move(*found)))
                                : journal_trouble(found.error())));
        return true;
      },
      Duration::zero(), answer);
}

void Api::bury(const HttpRequest& request, const std::string& detail) {
  parts_.metrics.count_dropped("http", "Malformed");
  const Time now = parts_.clock.now();
  const std::int64_t at = now.time_since_epoch().count();
  const std::int64_t before = buried_at_.exchange(at);
  if (at - before < bury_every.count() && at >= before) return;
  StoredDeadLetter letter;
  letter.at = now;
  letter.reason = "Malformed: " + detail.substr(0, letter_bytes_max / 8);
  letter.event = request.body.substr(0, letter_bytes_max);
  parts_.engine.recorder().leave(std::move(letter));
}

void Api::carry_out(const TakeEvents& /*call*/, HttpRequest request, Answer answer) {
  auto read = read_http_events(request.headers, request.body, parts_.clock.now());
  if (const auto* refused = std::get_if<Refusal>(&read)) {
    bury(request, refused->detail);
    return answer(ready_made(problem(refused->status, refused->title, refused->detail)));
  }
  deliver(std::move(std::get<std::vector<Signal>>(read)), request, std::move(answer));
}

}  // namespace settle
