// Runs a policy test and holds what was expected to what was decided.
#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "cli/trial/policy_test.h"

namespace settle {
namespace {

std::string bounds_text(const Bounds& bounds) {
  if (bounds.least == bounds.most) return fmt::format("{}", bounds.least);
  return fmt::format("{} to {}", bounds.least, bounds.most);
}

std::string joined_words(const std::vector<std::string>& words) {
  return words.empty() ? "nothing" : fmt::format("{}", fmt::join(words, ", "));
}

void add_cause(std::vector<std::string>& causes, std::string cause) {
  if (std::find(causes.begin(), causes.end(), cause) == causes.end()) {
    causes.push_back(std::move(cause));
  }
}

std::string voice_cause(const Voice& voice) {
  switch (voice.kind) {
    case VoiceKind::schedule:
      return "schedule/" + voice.name;
    case VoiceKind::rest:
      return "rest";
    case VoiceKind::operator_hold:
      return "operator/hold";
    default:
      return "policy/" + voice.name;
  }
}

bool is_about_health(Reason reason) {
  return reason == Reason::instance_unhealthy || reason == Reason::instance_failed ||
         reason == Reason::instance_gone || reason == Reason::launch_timed_out ||
         reason == Reason::replacement_ready;
}

bool is_at_window(const Voice& voice, const std::optional<Capacity>& desired) {
  if (voice.reason != Reason::schedule_active || !desired) return false;
  return std::any_of(voice.facts.begin(), voice.facts.end(), [&](const Fact& fact) {
    const auto* number = std::get_if<std::int64_t>(&fact.second);
    return (fact.first == "min" || fact.first == "max") && number != nullptr && *number == *desired;
  });
}

class Judge {
 public:
  Judge(const PolicyTest& test, const Trial& trial)
      : test_(test), trial_(trial), course_(trial.courses.at(test.group)) {}

  std::vector<Disappointment> judge() {
    for (const Expectation& one : test_.expect) {
      switch (one.when) {
        case Expectation::When::at:
          judge_at(one);
          break;
        case Expectation::When::always:
          judge_always(one);
          break;
        case Expectation::When::never:
          judge_never(one);
          break;
      }
    }
    return std::move(failures_);
  }

 private:
  void fail(const Expectation& one, Time at, std::string expected, std::string found) {
    failures_.push_back(
        {one.line, one.column, at, std::move(expected), std::move(found), last_record(at)});
  }

  [[nodiscard]] std::optional<std::size_t> last_record(Time at) const {
    std::optional<std::size_t> last;
    for (const std::size_t number : course_.records) {
      if (trial_.records[number].at <= at) last = number;
    }
    return last;
  }

  /// Tokens of the steps of a kind that were taken within (after, at].
  [[nodiscard]] std::vector<Time> steps(StepOp op) const {
    std::vector<Time> times;
    std::set<std::string> seen;
    for (const std::size_t number : course_.records) {
      const DecisionRecord& record = trial_.records[number];
      for (const TakenStep& step : record.steps) {
        if (step.op != op) continue;
        if (step.token.empty() || seen.insert(step.token).second) times.push_back(record.at);
      }
    }
    return times;
  }

  [[nodiscard]] std::vector<Time> changes(bool reversals_only) const {
    std::vector<Time> times;
    int direction = 0;
    for (const std::size_t number : course_.records) {
      const DecisionRecord& record = trial_.records[number];
      if (!record.desired_to || !record.desired_from) continue;
      if (*record.desired_to == *record.desired_from) continue;
      const int now = *record.desired_to > *record.desired_from ? 1 : -1;
      if (!reversals_only || direction == -now) times.push_back(record.at);
      direction = now;
    }
    return times;
  }

  [[nodiscard]] const Staircase* levels(const std::string& what) const {
    if (what == "desired") return &course_.desired;
    if (what == "ready") return &course_.ready;
    if (what == "existing") return &course_.existing;
    return nullptr;
  }

  [[nodiscard]] std::optional<Capacity> number(const Expectation& one,
                                               const std::string& what) const {
    if (const Staircase* found = levels(what)) return found->at(one.at);
    const auto times = steps(what == "launched" ? StepOp::launch : StepOp::terminate);
    return static_cast<Capacity>(std::count_if(times.begin(), times.end(), [&](Time at) {
      return at <= one.at && (!one.since || at > *one.since);
    }));
  }

  void judge_at(const Expectation& one) {
    for (const auto& [what, bounds] : one.numbers) {
      const auto found = number(one, what);
      if (found && bounds.hold(*found)) continue;
      fail(one, one.at, fmt::format("{} {}", what, bounds_text(bounds)),
           found ? fmt::format("{} {}", what, *found) : fmt::format("no {} yet", what));
    }
    const auto last = last_record(one.at);
    expect_words(one, "because", one.because, causes_at(one));
    expect_words(one, "not_scaled", one.not_scaled, last ? reasons(*last) : no_words());
    expect_words(one, "withheld_by", one.withheld_by, last ? guards(*last) : no_words());
    // A round that changes nothing leaves no record, so this is read off the course.
    const auto desired = course_.desired.at(one.at);
    const bool converged =
        desired && course_.ready.at(one.at) == desired && course_.existing.at(one.at) == desired;
    if (one.converged && *one.converged != converged) {
      fail(one, one.at, *one.converged ? "converged" : "not converged",
           converged ? "converged" : "not converged");
    }
  }

  static std::vector<std::string> no_words() { return {}; }

  void expect_words(const Expectation& one, std::string_view key,
                    const std::vector<std::string>& wanted, const std::vector<std::string>& found) {
    for (const std::string& word : wanted) {
      if (std::find(found.begin(), found.end(), word) != found.end()) continue;
      fail(one, one.at, fmt::format("{} {}", key, word),
           fmt::format("{} {}", key, joined_words(found)));
    }
  }

  /// Of the last decision, of the one that last changed desired, and of every step since `since`.
  [[nodiscard]] std::vector<std::string> causes_at(const Expectation& one) const {
    std::vector<std::string> causes;
    const auto last = last_record(one.at);
    if (!last) return causes;
    std::size_t changed = *last;
    for (const std::size_t number : course_.records) {
      const DecisionRecord& record = trial_.records[number];
      if (record.at > one.at) break;
      if (record.desired_from != record.desired_to) changed = number;
      for (const TakenStep& step : record.steps) {
        if (one.since && record.at <= *one.since) continue;
        if (is_about_health(step.reason)) add_cause(causes, "health");
      }
    }
    for (const std::size_t number : {*last, changed}) {
      for (std::string& cause : causes_of(trial_.records[number])) {
        add_cause(causes, std::move(cause));
      }
    }
    return causes;
  }

  [[nodiscard]] std::vector<std::string> reasons(std::size_t number) const {
    const DecisionRecord& record = trial_.records[number];
    std::vector<std::string> found;
    for (const WithheldStep& step : record.withheld)
      add_cause(found, std::string(name(step.reason)));
    for (const RungNote& note : record.rungs) add_cause(found, std::string(name(note.reason)));
    for (const Voice& voice : record.voices) add_cause(found, std::string(name(voice.reason)));
    return found;
  }

  [[nodiscard]] std::vector<std::string> guards(std::size_t number) const {
    std::vector<std::string> found;
    for (const WithheldStep& step : trial_.records[number].withheld) add_cause(found, step.guard);
    return found;
  }

  /// The first breach is enough.
  void judge_always(const Expectation& one) {
    for (const auto& [what, bounds] : one.numbers) {
      const Staircase* found = levels(what);
      if (found == nullptr) continue;
      for (const Level& level : found->levels()) {
        if (bounds.hold(level.number)) continue;
        fail(one, level.at, fmt::format("always {} {}", what, bounds_text(bounds)),
             fmt::format("{} {}", what, level.number));
        break;
      }
    }
  }

  void judge_never(const Expectation& one) {
    for (const Expectation::TooMany& limit : one.too_many) {
      const std::vector<Time> times = limit.what == "terminations" ? steps(StepOp::terminate)
                                      : limit.what == "launches"
                                          ? steps(StepOp::launch)
                                          : changes(limit.what == "reversals");
      for (std::size_t i = limit.over; i < times.size(); ++i) {
        const Time first = times[i - limit.over];
        if (one.within && times[i] - first >= *one.within) continue;
        fail(one, times[i], fmt::format("never more than {} {}", limit.over, limit.what),
             fmt::format("{} {} by then", limit.over + 1, limit.what));
        break;
      }
    }
  }

  const PolicyTest& test_;
  const Trial& trial_;
  const GroupCourse& course_;
  std::vector<Disappointment> failures_;
};

}  // namespace

std::vector<std::string> causes_of(const DecisionRecord& record) {
  std::vector<std::string> causes;
  for (const Voice& voice : record.voices) {
    // A window's floor or ceiling at which desired stands, even where it came there by itself.
    if (voice.won || is_at_window(voice, record.desired_to)) {
      add_cause(causes, voice_cause(voice));
    }
  }
  const auto limited = std::find_if(record.rungs.begin(), record.rungs.end(), [](const auto& note) {
    return note.rung == Rung::limits && note.from != note.to;
  });
  if (limited != record.rungs.end()) {
    add_cause(causes, "limits");
    for (const Voice& voice : record.voices) {
      if (voice.reason == Reason::schedule_active) add_cause(causes, voice_cause(voice));
      if (voice.kind == VoiceKind::operator_hold) add_cause(causes, voice_cause(voice));
    }
  }
  for (const TakenStep& step : record.steps) {
    if (is_about_health(step.reason)) add_cause(causes, "health");
    add_cause(causes, std::string(name(step.reason)));
  }
  for (const WithheldStep& step : record.withheld) {
    add_cause(causes, step.guard);
    add_cause(causes, std::string(name(step.reason)));
  }
  for (const RungNote& note : record.rungs) add_cause(causes, std::string(name(note.reason)));
  return causes;
}

PolicyTestOutcome run_policy_test(const PolicyTest& test) {
  PolicyTestOutcome outcome;
  Result<Trial> trial = run_trial(test.options);
  if (!trial) {
    outcome.why = trial.error().message;
    return outcome;
  }
  outcome.trial = std::move(*trial);
  outcome.failures = Judge(test, *outcome.trial).judge();
  return outcome;
}

}  // namespace settle
