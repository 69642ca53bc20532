// Why a group does not grow, or shrink, or reach a number: everything that stands in the way of
// it, from the last round and from what operators ordered, and the earliest time at which none of
// it does.
#include <algorithm>
#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "reconcilers/explain/explain.h"
#include "reconcilers/explain/phrase.h"
#include "reconcilers/foresight.h"

namespace settle {
namespace {

constexpr std::size_t rows_max = 12;

struct Question {
  Way way = Way::out;
  std::optional<Capacity> number;  // Of a question for a number.
};

struct Obstacle {
  Reason reason = Reason::already_at_desired;
  std::string who;
  std::string sentence;
  std::optional<Time> until;   // When it ends by itself, if it does and that is known.
  std::string ends;            // What would end it: a clause that follows "if".
  bool one_is_enough = false;  // Of several such, any one may end.
};

std::optional<Question> question_of(const std::string& toward, Capacity desired) {
  if (toward == "in") {
    return Question{Way::in, std::nullopt};
  }
  if (toward == "out") {
    return Question{Way::out, std::nullopt};
  }
  Capacity number = 0;
  const char* const end = toward.data() + toward.size();
  const auto [rest, problem] = std::from_chars(toward.data(), end, number);
  if (problem != std::errc{} || rest != end || number < 0) {
    return std::nullopt;
  }
  return Question{number < desired ? Way::in : Way::out, number};
}

std::string after_colon(const std::string& reason) {
  return reason.empty() ? "" : fmt::format(": {}", reason);
}

void add_orders(std::vector<Obstacle>& out, const GroupState& state, Way way, const Zone& zone,
                Time now) {
  const auto& pause = state.memory.pause;
  const bool lets_grow = pause && pause->order.mode == Mode::only_up;
  if (pause && pause->order.paused && !(lets_grow && way == Way::out)) {
    Obstacle obstacle{Reason::paused, "operator/" + pause->order.owner, {}, {}, {}, false};
    const Mode mode = pause->order.mode;
    if (mode == Mode::only_up) obstacle.reason = Reason::only_up;
    if (mode == Mode::observe) obstacle.reason = Reason::observe_only;
    obstacle.sentence = fmt::format(
        "{} at {}{}",
        mode == Mode::pause
            ? "paused"
            : fmt::format("restrained to {}", mode_names[static_cast<std::size_t>(mode)]),
        near_text(pause->stamp.at, zone), after_colon(pause->order.reason));
    obstacle.ends = "somebody resumes it";
    out.push_back(std::move(obstacle));
  }
  const auto& hold = state.memory.hold;
  if (hold && !hold->order.lifted && hold->order.until > now) {
    Obstacle obstacle{Reason::overridden, "operator/" + hold->order.owner, {}, {}, {}, false};
    obstacle.sentence =
        fmt::format("holds it at {}{}", hold->order.number, after_colon(hold->order.reason));
    obstacle.until = hold->order.until;
    out.push_back(std::move(obstacle));
  }
}

Capacity goal_of(const Question& question, Capacity desired) {
  return question.number.value_or(question.way == Way::in ? desired - 1 : desired + 1);
}

void add_limits(std::vector<Obstacle>& out, const Question& question, const DecisionRecord& last,
                Capacity desired) {
  std::string windows;
  for (const Voice& voice : last.voices) {
    if (voice.reason == Reason::schedule_active) {
      windows += (windows.empty() ? " (" : ", ") + full_name(voice);
    }
  }
  windows += windows.empty() ? "" : ")";
  const Capacity goal = goal_of(question, desired);
  if (question.way == Way::in && goal < last.limits.min) {
    out.push_back({Reason::at_minimum,
                   "limits",
                   fmt::format("the minimum is {}{}", last.limits.min, windows),
                   {},
                   "the minimum is lowered",
                   false});
  }
  if (question.way == Way::out && goal > last.limits.max) {
    out.push_back({Reason::at_maximum,
                   "limits",
                   fmt::format("the maximum is {}{}", last.limits.max, windows),
                   {},
                   "the maximum is raised",
                   false});
  }
}

std::optional<Time> time_of(const Facts& facts, std::string_view key) {
  for (const auto& [name, value] : facts) {
    if (const Time* at = std::get_if<Time>(&value); at != nullptr && name == key) {
      return *at;
    }
  }
  return std::nullopt;
}

std::optional<std::int64_t> number_of(const Facts& facts, std::string_view key) {
  for (const auto& [name, value] : facts) {
    if (const auto* number = std::get_if<std::int64_t>(&value); number != nullptr && name == key) {
      return *number;
    }
  }
  return std::nullopt;
}

/// Whether the steadiness of a policy keeps it from moving that way, rather than the other.
bool holds_back(const Facts& facts, Way way) {
  const auto wanted = number_of(facts, "from");
  const auto proposed = number_of(facts, "to");
  if (!wanted || !proposed) return true;
  return way == Way::in ? *wanted < *proposed : *wanted > *proposed;
}

/// When what a voice says now ends by itself, if it does.
std::optional<Time> ends_at(const Voice& voice, Way way) {
  switch (voice.reason) {
    case Reason::settling:
    case Reason::cooling_down:
      return holds_back(voice.facts, way) ? time_of(voice.facts, "until") : std::nullopt;
    case Reason::step_waiting:
      return time_of(voice.facts, "until");
    case Reason::webhook_held:
    case Reason::schedule_fired:
      return way == Way::in ? time_of(voice.facts, "until") : std::nullopt;
    case Reason::latched:
      return way == Way::in ? time_of(voice.facts, "release_at") : std::nullopt;
    default:
      return std::nullopt;
  }
}

void add_voices(std::vector<Obstacle>& out, const Question& question, const DecisionRecord& last,
                Capacity desired, const Zone& zone) {
  const Capacity goal = goal_of(question, desired);
  for (const Voice& voice : last.voices) {
    const bool asks = voice.proposes &&
                      (question.way == Way::in ? *voice.proposes <= goal : *voice.proposes >= goal);
    // Orders and limits speak for themselves, above.
    const bool is_policy =
        voice.kind != VoiceKind::operator_hold && voice.kind != VoiceKind::schedule;
    if (!is_policy || asks || voice.verdict == Verdict::silent) {
      continue;
    }
    Obstacle obstacle{voice.reason, full_name(voice), because(voice, zone), {}, {}, false};
    if (voice.proposes && voice.kind != VoiceKind::rest) {
      obstacle.sentence = fmt::format("asks for {}: {}", *voice.proposes, obstacle.sentence);
    }
    const std::string_view verb = voice.kind == VoiceKind::rest ? "is set to"
                                  : voice.verdict == Verdict::missing
                                      ? "has its signal and asks for"
                                      : "asks for";
    obstacle.ends = fmt::format("{} {} {}", obstacle.who, verb,
                                question.number ? std::to_string(*question.number)
                                                : (question.way == Way::in ? "less" : "more"));
    obstacle.until = ends_at(voice, question.way);
    // To grow, one voice is enough; to shrink, all with an opinion have to agree.
    obstacle.one_is_enough = question.way == Way::out;
    out.push_back(std::move(obstacle));
  }
}

bool is_listed(const std::vector<Obstacle>& out, Reason reason) {
  return std::any_of(out.begin(), out.end(),
                     [reason](const Obstacle& obstacle) { return obstacle.reason == reason; });
}

void add_notes(std::vector<Obstacle>& out, Way way, const DecisionRecord& last, const Zone& zone) {
  for (const RungNote& note : last.rungs) {
    // It took something away from a wish in this direction.
    const bool against = way == Way::in ? note.to > note.from : note.to < note.from;
    const bool at_all = note.reason == Reason::observation_pending;
    const bool is_rung = note.rung == Rung::steadiness || note.rung == Rung::limits;
    if (((against && is_rung) || at_all) && !is_listed(out, note.reason)) {
      out.push_back({note.reason, "group", because(note, zone), time_of(note.facts, "until"),
                     fmt::format("{} is over", name(note.reason)), false});
    }
  }
}

void add_withheld(std::vector<Obstacle>& out, Way way, const DecisionRecord& last,
                  const Zone& zone) {
  for (const WithheldStep& step : last.withheld) {
    const bool destroys = step.op == StepOp::terminate || step.op == StepOp::drain;
    const bool concerns = way == Way::in ? destroys : step.op == StepOp::launch;
    if (concerns && !is_listed(out, step.reason)) {
      out.push_back({step.reason, step.guard.empty() ? "guards" : step.guard, because(step, zone),
                     step.until, fmt::format("{} is over", name(step.reason)), false});
    }
  }
}

/// What has been set in motion already and is not yet done.
void add_motion(std::vector<Obstacle>& out, Way way, const Tally& tally) {
  if (way == Way::out && tally.building + tally.in_flight > 0) {
    out.push_back(
        {Reason::boot_pending,
         "cloud",
         fmt::format("{} building, {} launched and not yet seen", tally.building, tally.in_flight),
         {},
         "these are ready",
         false});
  }
  if (way == Way::in && tally.draining > 0) {
    out.push_back({Reason::drain_pending,
                   "cloud",
                   fmt::format("{} draining", tally.draining),
                   {},
                   "these are gone",
                   false});
  }
}

std::vector<std::string> table(const std::vector<Obstacle>& obstacles, const Zone& zone, Time now) {
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < std::min(obstacles.size(), rows_max); ++i) {
    const Obstacle& obstacle = obstacles[i];
    std::string left;
    if (obstacle.until && *obstacle.until > now) {
      const std::string until = near_text(*obstacle.until, zone);
      const bool is_told = obstacle.sentence.find(until) != std::string::npos;
      left = fmt::format("{} left", duration_text(*obstacle.until - now));
      left = is_told ? left : fmt::format("until {}, {}", until, left);
    }
    rows.push_back({std::string(name(obstacle.reason)), obstacle.who, obstacle.sentence, left});
  }
  std::vector<std::string> lines = aligned(rows);
  if (obstacles.size() > rows_max) {
    lines.push_back(fmt::format("and {} more", obstacles.size() - rows_max));
  }
  return lines;
}

std::string pace_text(const Budget& budget) {
  if (budget.per <= Duration{0}) {
    return {};
  }
  return fmt::format(", at most {}{} per {}", budget.amount.text(), budget.is_percent ? "%" : "",
                     duration_text(budget.per));
}

/// "policy/cpu reads below 49.5 (now 51.8)", where some reading would make it ask for that.
std::optional<std::string> tipping_text(const GroupSpec& spec, const GroupState& state,
                                        const DecisionRecord& last, const Obstacle& obstacle,
                                        Capacity goal, Way way, Time now) {
  constexpr std::string_view prefix = "policy/";
  if (!obstacle.who.starts_with(prefix)) return std::nullopt;
  const auto point =
      tipping_point(spec, state, last.tally, now, obstacle.who.substr(prefix.size()), way, goal);
  if (!point) return std::nullopt;
  const std::string_view side = point->is_most ? (point->is_excluded ? "below" : "at most")
                                               : (point->is_excluded ? "above" : "at least");
  const std::string reads = fmt::format("reads {} {}", side, number_text(point->reading));
  const std::string who = obstacle.who + (point->metric.empty() ? "" : "/" + point->metric);
  if (!point->now) return fmt::format("{} has its signal and {}", who, reads);
  return fmt::format("{} {} (now {})", who, reads, number_text(*point->now));
}

/// The time at which nothing that ends by itself stands in the way, and what else would have to be.
std::string earliest(const std::vector<Obstacle>& obstacles, const GroupSpec& spec, Way way,
                     Time now) {
  Time at = now;
  std::string any;
  std::string all;
  for (const Obstacle& obstacle : obstacles) {
    if (obstacle.until) {
      at = std::max(at, *obstacle.until);
    } else if (obstacle.one_is_enough) {
      any += fmt::format("{}{}", any.empty() ? "" : " or ", obstacle.ends);
    } else {
      all += fmt::format("{}{}", all.empty() ? "" : " and ", obstacle.ends);
    }
  }
  const std::string when = at > now ? near_text(at, spec.zone) : std::string("the next round");
  const std::string pace =
      pace_text(way == Way::in ? spec.guards.terminations : spec.guards.launches);
  const std::string_view join = any.empty() || all.empty() ? "" : ", and ";
  return fmt::format("Earliest: {}{}{}{}{}{}.", when, pace,
                     any.empty() && all.empty() ? "" : ", if ", any, join, all);
}

/// What comes if nothing else does.
std::string forecast(const GroupSpec& spec, const GroupState& state, const DecisionRecord& last,
                     Way way, Time now) {
  const auto turn = next_turn(spec, state, last.tally, now, way);
  const std::string_view same = "If every signal stays as it is";
  if (!turn) {
    return fmt::format("{}: it will not {}.", same, way == Way::in ? "shrink" : "grow");
  }
  const std::string when =
      turn->at > now ? near_text(turn->at, spec.zone) : std::string("in the next round");
  // It moves the other way before: that is said too, or the numbers do not fit.
  const bool turns_before = state.desired && *state.desired != turn->from;
  const std::string before =
      turns_before ? fmt::format(" it goes to {} first;", turn->from) : std::string();
  return fmt::format("{}:{} desired {} → {}, {}.", same, before, turn->from, turn->to, when);
}

std::string title(const Question& question, Capacity desired, Capacity running) {
  const std::string state = fmt::format("({} running, {} desired)", running, desired);
  if (question.number) {
    return fmt::format("Not at {} {}:", *question.number, state);
  }
  return fmt::format("Not {} {}:", question.way == Way::in ? "shrinking" : "growing", state);
}

}  // namespace

std::string why_not(const GroupSpec& spec, const GroupState& state, const DecisionRecord& last,
                    const std::string& toward, Time now) {
  const Capacity running = last.tally.ready;
  if (!state.desired) {
    return fmt::format("{}\n", headline(last, spec.zone));
  }
  const Capacity desired = *state.desired;
  const auto question = question_of(toward, desired);
  if (!question) {
    return fmt::format("\"{}\" is no direction: ask for in, out or a number.\n", toward);
  }
  if (question->number == desired && running == desired) {
    return fmt::format("It is at {}: {} desired, {} running.\n", desired, desired, running);
  }
  const bool grows = question->way == Way::out;
  // Desired is there already: then only what keeps the steps back is in the way.
  const bool is_wanted = question->number ? *question->number == desired
                                          : (grows ? desired > running : desired < running);
  std::vector<Obstacle> obstacles;
  add_orders(obstacles, state, question->way, spec.zone, now);
  if (!is_wanted) {
    add_limits(obstacles, *question, last, desired);
    add_voices(obstacles, *question, last, desired, spec.zone);
    for (Obstacle& obstacle : obstacles) {
      const auto tips = tipping_text(spec, state, last, obstacle, goal_of(*question, desired),
                                     question->way, now);
      if (tips) obstacle.ends = *tips;
    }
    add_notes(obstacles, question->way, last, spec.zone);
  }
  const Way moving = is_wanted ? (running > desired ? Way::in : Way::out) : question->way;
  add_withheld(obstacles, moving, last, spec.zone);
  add_motion(obstacles, moving, last.tally);
  if (obstacles.empty()) {
    return fmt::format("Nothing stands in the way ({} running, {} desired): {}\n", running, desired,
                       headline(last, spec.zone));
  }
  std::string out = title(*question, desired, running) + "\n";
  for (const std::string& line : table(obstacles, spec.zone, now)) {
    out += "  " + line + "\n";
  }
  out += earliest(obstacles, spec, moving, now) + "\n";
  return is_wanted ? out : out + forecast(spec, state, last, moving, now) + "\n";
}

}  // namespace settle
