// The one line that says what became of a round, and why.
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "reconcilers/explain/explain.h"
#include "reconcilers/explain/phrase.h"

namespace settle {
namespace {

/// "policy/keep-cpu-at-55 saw 72.4 against a target of 55".
std::string cause(const Voice& voice, const Zone& zone) {
  if (voice.kind == VoiceKind::rest) {
    return fmt::format("the group {}", because(voice, zone));
  }
  if (voice.kind == VoiceKind::operator_hold) {
    return because(voice, zone);
  }
  if (voice.reason == Reason::proposed && voice.input && voice.input->kind == ReadingKind::value) {
    const Words words(voice.facts, zone);
    const std::string target = fill("[ against a target of {target}]", words);
    return fmt::format("{} saw {}{}", full_name(voice), number_text(voice.input->value), target);
  }
  return fmt::format("{}: {}", full_name(voice), because(voice, zone));
}

/// The voice whose number it is; where nobody has one, the first that keeps the group as it is.
const Voice* winner(const DecisionRecord& record) {
  const auto find = [&record](auto is_it) {
    return std::find_if(record.voices.begin(), record.voices.end(), is_it);
  };
  auto found = find([](const Voice& voice) { return voice.won; });
  if (found == record.voices.end()) {
    found = find([](const Voice& voice) { return voice.verdict == Verdict::stays; });
  }
  return found == record.voices.end() ? nullptr : &*found;
}

bool is_plain(Reason reason) {
  return reason == Reason::largest_proposal || reason == Reason::nobody_asks ||
         reason == Reason::already_at_desired || reason == Reason::initial_capacity;
}

/// Of the rungs that make desired, the last that made another number of what it was given, or that
/// says why everything stays: what a reader would have to change first.
const RungNote* decisive(const DecisionRecord& record) {
  const RungNote* found = nullptr;
  for (const RungNote& note : record.rungs) {
    const bool makes_desired = note.rung <= Rung::limits;
    const bool matters = note.from != note.to || note.rung <= Rung::combine;
    if (makes_desired && matters && !is_plain(note.reason)) {
      found = &note;
    }
    if (note.reason == Reason::initial_capacity && note.to == record.desired_to) {
      return &note;  // What the rungs above it said changed nothing.
    }
  }
  return found;
}

std::string open_windows(const DecisionRecord& record) {
  std::string out;
  for (const Voice& voice : record.voices) {
    if (voice.reason == Reason::schedule_active) {
      out += fmt::format("{}{}", out.empty() ? "" : ", ", full_name(voice));
    }
  }
  return out;
}

std::string causes(const DecisionRecord& record, const Zone& zone) {
  const RungNote* const note = decisive(record);
  const Voice* const voice = winner(record);
  // Where an operator or the limits decide, what a voice wanted is beside the point.
  const bool outranked =
      note != nullptr &&
      (note->reason == Reason::overridden || note->reason == Reason::limits_repaired ||
       note->reason == Reason::initial_capacity || note->reason == Reason::observation_pending);
  std::string out;
  if (voice != nullptr && !outranked) {
    out = cause(*voice, zone);
  }
  if (note != nullptr) {
    out += fmt::format("{}{}", out.empty() ? "" : "; ", because(*note, zone));
    const bool is_limit = note->rung == Rung::limits && note->reason != Reason::overridden;
    const std::string windows = is_limit ? open_windows(record) : "";
    out += windows.empty() ? "" : fmt::format(" ({})", windows);
  }
  return out;
}

std::string steps_taken(const DecisionRecord& record) {
  struct Verb {
    StepOp op;
    std::string_view words;
  };
  std::string out;
  for (const Verb& verb :
       {Verb{StepOp::launch, "launches"}, Verb{StepOp::terminate, "terminates"},
        Verb{StepOp::drain, "drains"}, Verb{StepOp::protect, "protects"},
        Verb{StepOp::unprotect, "unprotects"}, Verb{StepOp::join, "joins to the load balancer"},
        Verb{StepOp::leave, "takes from the load balancer"}}) {
    const auto count = std::count_if(record.steps.begin(), record.steps.end(),
                                     [&](const TakenStep& step) { return step.op == verb.op; });
    if (count > 0) {
      out += fmt::format("{}{} {}", out.empty() ? "" : ", ", verb.words, count);
    }
  }
  return out;
}

}  // namespace

std::string headline(const DecisionRecord& record, const Zone& zone) {
  if (!record.desired_to) {
    const std::string why = causes(record, zone);
    return fmt::format("Desired is not known yet: {}.",
                       why.empty() ? "the cloud has not been looked at" : why);
  }
  const Capacity to = *record.desired_to;
  if (!record.desired_from) {
    const std::string why = causes(record, zone);
    return fmt::format("Desired begins at {}{}{}.", to, why.empty() ? "" : ": ", why);
  }
  if (*record.desired_from != to) {
    const std::string why = causes(record, zone);
    return fmt::format("Desired {} → {}{}{}.", *record.desired_from, to, why.empty() ? "" : ": ",
                       why);
  }
  if (!record.steps.empty()) {
    return fmt::format("Desired stays {}; {}: {}.", to, steps_taken(record),
                       because(record.steps.front(), zone));
  }
  if (!record.withheld.empty()) {
    const WithheldStep& step = record.withheld.front();
    return fmt::format("Desired stays {}; withholds {}: {}.", to,
                       act_text(step.op, step.instance, step.count), because(step, zone));
  }
  const std::string why = causes(record, zone);
  return fmt::format("Desired stays {}{}{}.", to, why.empty() ? "" : ": ", why);
}

std::string headline(const DecisionRecord& record) {
  return headline(record, Zone());
}

}  // namespace settle
