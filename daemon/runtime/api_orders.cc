// Orders: an operator's word for one group goes to its owner; a word for many goes to every
// partition, wherever it is, and is acknowledged once each of them has committed it.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include "daemon/admin/order_note.h"
#include "daemon/codec/json.h"
#include "daemon/runtime/api.h"

namespace settle {
namespace {

namespace json = boost::json;

// A partition that changes hands is with its next owner within this time, or the order fails for
// now and says so.
constexpr Duration order_time{8'000};
constexpr Duration order_again{200};
// A member that is stopped takes a request and does not answer: its partitions are sought
// elsewhere.
constexpr Duration member_time{1'000};

HttpServer::Reply made(HttpResponse response) {
  return [response = std::move(response)] { return response; };
}

HttpResponse not_now(std::string title, std::string detail) {
  HttpResponse response = problem(503, std::move(title), std::move(detail));
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

HttpResponse order_answer(const Signal& order, const std::string& owner, std::string_view outcome,
                          const std::string& note = {}) {
  if (outcome == "UnknownGroup") {
    return problem(404, "No such group", "There is no group \"" + order.group.value + "\".");
  }
  if (outcome == "full" || outcome == "elsewhere") {
    return not_now("No room now", "Send the same order again.");
  }
  if (outcome != "merged" && outcome != "repeated") {
    return problem(409, "The order was not taken", std::string(outcome));
  }
  std::string body = "{\"group\":";
  append_json_text(body, order.group.value);
  body += ",\"owner\":";
  append_json_text(body, owner);
  body += fmt::format(R"(,"outcome":"{}","at":"{}")", outcome, time_text(order.stamp.at));
  if (const auto* hold = std::get_if<HoldOrder>(&order.claim)) {
    body += fmt::format(R"(,"until":"{}")", time_text(hold->until));
  }
  if (!note.empty()) {
    body += ",\"note\":";
    append_json_text(body, note);
  }
  body += "}";
  return json_response(std::move(body));
}

bool is_taken(std::string_view outcome) {
  return outcome == "merged" || outcome == "repeated";
}

/// The words of a member's partitions, in order, as it answers whoever passed the order on.
HttpResponse outcomes_answer(const std::vector<std::string_view>& outcomes) {
  return json_response(fmt::format(R"({{"outcomes":["{}"]}})", fmt::join(outcomes, R"(",")")));
}

std::vector<std::string> outcomes_of(const HttpResponse& response) {
  std::vector<std::string> outcomes;
  boost::system::error_code error;
  const json::value body = json::parse(response.body, error);
  const json::value* found =
      !error && body.is_object() ? body.as_object().if_contains("outcomes") : nullptr;
  if (found == nullptr || !found->is_array()) return outcomes;
  for (const json::value& word : found->as_array()) {
    outcomes.push_back(word.is_string() ? std::string(word.as_string()) : std::string());
  }
  return outcomes;
}

/// One order on its way to every partition: asks all members at once, and whoever was without an
/// owner again, until none is left or its time is up.
class Proclamation : public std::enable_shared_from_this<Proclamation> {
 public:
  struct Rim {
    Engine& engine;
    Peers& peers;
    Timers& timers;
    const Clock& clock;
  };

  Proclamation(Rim rim, Signal order, HttpRequest request, HttpServer::Answer answer)
      : rim_(rim),
        order_(std::move(order)),
        request_(std::move(request)),
        answer_(std::move(answer)),
        until_(rim.clock.now() + order_time) {}

  void ask_all() {
    const TenancyView view = rim_.engine.tenancy().view();
    std::uint64_t round = 0;
    {
      const std::lock_guard lock(mutex_);
      round = ++round_;
      missing_ = 1;
      for (const MemberView& member : view.members) missing_ += member.name == view.self ? 0 : 1;
    }
    rim_.engine.deliver_everywhere(
        order_, [self = shared_from_this(), round](const std::vector<std::string_view>& outcomes) {
          self->take(round, {outcomes.begin(), outcomes.end()});
        });
    HttpRequest request = request_;
    request.headers[passed_on] = view.self;
    for (const MemberView& member : view.members) {
      if (member.name == view.self) continue;
      rim_.peers.ask(member.address, request,
                     [self = shared_from_this(), round](const HttpResponse& response) {
                       self->take(round, outcomes_of(response));
                     });
    }
    rim_.timers.after(member_time, [self = shared_from_this(), round] { self->conclude(round); });
  }

 private:
  /// What comes late counts as well, and concludes nothing.
  void take(std::uint64_t round, const std::vector<std::string>& outcomes) {
    {
      const std::lock_guard lock(mutex_);
      taken_.resize(std::max(taken_.size(), outcomes.size()));
      for (std::size_t at = 0; at < outcomes.size(); ++at) {
        const std::string& word = outcomes[at];
        taken_[at] = taken_[at] || is_taken(word);
        if (!is_taken(word) && word != "elsewhere" && word != "full") refusal_ = word;
      }
      if (round != round_ || --missing_ > 0) return;
    }
    conclude(round);
  }

  void conclude(std::uint64_t round) {
    const std::lock_guard lock(mutex_);
    if (round != round_) return;
    ++round_;  // Once for each.
    const auto without = static_cast<std::size_t>(std::count(taken_.begin(), taken_.end(), false));
    if (!refusal_.empty()) return answer_(made(order_answer(order_, request_.owner, refusal_)));
    if (without == 0 && !taken_.empty())
      return answer_(made(order_answer(order_, request_.owner, "merged")));
    if (rim_.clock.now() < until_) {
      return rim_.timers.after(order_again, [self = shared_from_this()] { self->ask_all(); });
    }
    answer_(made(not_now(
        "Not every partition has the order yet",
        fmt::format("{} of {} partitions have it, and keep it. The owners of the others cannot be "
                    "reached, or nobody owns them now. Send the same order again.",
                    taken_.size() - without, taken_.size()))));
  }

  const Rim rim_;
  const Signal order_;
  const HttpRequest request_;
  const HttpServer::Answer answer_;
  const Time until_;
  std::mutex mutex_;
  std::vector<bool> taken_;  // By partition. Guarded by mutex_, as are the next three.
  std::string refusal_;
  std::uint64_t round_ = 0;
  std::size_t missing_ = 0;  // Answers of this time round.
};

}  // namespace

void Api::give(const Signal& order, const std::string& owner, const std::string& note,
               const Answer& answer) {
  parts_.engine.deliver(
      {order}, "operator",
      [order, owner, note, answer](const std::vector<std::string_view>& outcomes) {
        answer(made(order_answer(order, owner, outcomes.front(), note)));
      });
}

void Api::carry_out(const GiveOrder& call, HttpRequest request, Answer answer) {
  if (!call.order.group.value.starts_with('@')) {
    // A pause waits for nothing.
    if (std::holds_alternative<PauseOrder>(call.order.claim)) {
      return give(call.order, request.owner, {}, answer);
    }
    parts_.engine.survey(call.order.group, [this, order = call.order, owner = request.owner,
                                            answer](const std::vector<GroupView>& views) {
      if (views.empty()) return give(order, owner, {}, answer);
      if (const auto refusal = order_refusal(views.front(), order.claim)) {
        return answer(made(problem(404, "No such hook", *refusal)));
      }
      give(order, owner, order_note(views.front(), order.claim), answer);
    });
    return;
  }
  if (is_passed_on(request)) {
    Signal order = call.order;
    const auto at = request.headers.find(ordered_at);
    if (at != request.headers.end()) {
      order.stamp.at = Time(Duration(std::strtoll(at->second.c_str(), nullptr, 10)));
    }
    parts_.engine.deliver_everywhere(order,
                                     [answer](const std::vector<std::string_view>& outcomes) {
                                       answer(made(outcomes_answer(outcomes)));
                                     });
    return;
  }
  request.headers[asked_by] = request.owner;
  request.headers.erase("origin");
  request.headers.erase("connection");
  // So that whoever is asked twice, or later, takes it for the same order.
  request.headers["idempotency-key"] = call.order.stamp.id;
  request.headers[ordered_at] = std::to_string(call.order.stamp.at.time_since_epoch().count());
  const Proclamation::Rim rim{parts_.engine, parts_.peers, parts_.timers, parts_.clock};
  std::make_shared<Proclamation>(rim, call.order, std::move(request), std::move(answer))->ask_all();
}

}  // namespace settle
