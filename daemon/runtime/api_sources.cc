// Calls about sources and about what comes through them.
#include <algorithm>
#include <memory>
#include <utility>

#include "daemon/codec/json.h"
#include "daemon/runtime/api.h"

namespace settle {
namespace {

constexpr Duration look_again{100};  // While somebody waits for events.

HttpServer::Reply made(HttpResponse response) {
  return [response = std::move(response)] { return response; };
}

HttpResponse hook_response(const HookAnswer& answer) {
  if (answer.status >= 200 && answer.status < 300) {
    HttpResponse response = json_response("{}");
    response.status = answer.status;
    return response;
  }
  HttpResponse response = problem(answer.status, answer.title, answer.detail);
  if (answer.status == 429 || answer.status == 503) {
    response.headers.emplace_back("Retry-After", "1");
  }
  return response;
}

}  // namespace

void Api::carry_out(const ListSources& /*call*/, HttpRequest /*request*/, Answer answer) {
  answer(made(json_response(sources_json(parts_.sources.standings()))));
}

void Api::carry_out(const TakeHook& call, HttpRequest request, Answer answer) {
  HookRequest hook;
  hook.rest = call.rest;
  hook.headers = std::move(request.headers);
  hook.body = std::move(request.body);
  hook.received = parts_.clock.now();
  parts_.sources.receive(call.source, std::move(hook),
                         [answer](const HookAnswer& given) { answer(made(hook_response(given))); });
}

void Api::carry_out(const WatchEvents& call, HttpRequest /*request*/, Answer answer) {
  WatchEvents watch = call;
  if (!watch.after) watch.after = parts_.tap.last();
  keep_watching(watch, parts_.clock.now() + call.wait, std::move(answer));
}

// Looks again and again until there is something: only while somebody watches.
void Api::keep_watching(const WatchEvents& watch, Time until, Answer answer) {
  const Time now = parts_.clock.now();
  const std::vector<WatchedEvent> seen =
      parts_.tap.look(watch.after.value_or(0), watch.group, watch.count_max, now);
  if (!seen.empty() || now >= until) {
    const bool is_cut = seen.size() == watch.count_max;
    const std::uint64_t last = is_cut ? seen.back().sequence : parts_.tap.last();
    return answer(made(json_response(watched_json(seen, std::max(last, watch.after.value_or(0))))));
  }
  parts_.timers.after(look_again, [this, watch, until, answer = std::move(answer)] {
    keep_watching(watch, until, answer);
  });
}

}  // namespace settle
