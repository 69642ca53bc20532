#include "reconcilers/converge.h"

#include <algorithm>
#include <utility>

#include "reconcilers/census.h"
#include "reconcilers/decide.h"
#include "reconcilers/memory.h"
#include "reconcilers/plan.h"
#include "reconcilers/pool.h"
#include "reconcilers/rollout.h"

namespace settle {
namespace {

// FNV-1a, a word at a time: names a set of refusals, no more.
class Naming {
 public:
  Naming& add(std::string_view text) {
    for (const char letter : text)
      add(static_cast<std::uint64_t>(static_cast<unsigned char>(letter)));
    return add(text.size());
  }
  Naming& add(std::uint64_t word) {
    hash_ = (hash_ ^ word) * 1'099'511'628'211U;
    return *this;
  }
  [[nodiscard]] std::uint64_t hash() const { return hash_; }

 private:
  std::uint64_t hash_ = 14'695'981'039'346'656'037U;
};

bool is_about_a_signal(Reason reason) {
  return reason == Reason::metric_missing || reason == Reason::metric_stale ||
         reason == Reason::metric_error || reason == Reason::metric_invalid;
}

// Names the set of what the round refused and could not hear; zero for the empty set. How many,
// how long and until when is left out: these change while the refusal stays the same. What is
// only advised stays to be done, so it is named here too.
std::uint64_t name_refusals(const DecisionRecord& record, Authority authority) {
  std::vector<std::uint64_t> names;
  for (const WithheldStep& step : record.withheld) {
    names.push_back(Naming()
                        .add(static_cast<std::uint64_t>(step.op))
                        .add(static_cast<std::uint64_t>(step.reason))
                        .add(step.guard)
                        .hash());
  }
  for (const Voice& voice : record.voices) {
    if (voice.verdict != Verdict::missing && !is_about_a_signal(voice.reason)) continue;
    names.push_back(Naming().add(static_cast<std::uint64_t>(voice.reason)).add(voice.name).hash());
  }
  if (authority == Authority::advise) {
    for (const TakenStep& step : record.steps) {
      names.push_back(Naming()
                          .add(static_cast<std::uint64_t>(step.op))
                          .add(static_cast<std::uint64_t>(step.reason))
                          .add(step.instance.value)
                          .add(step.replaces.value)
                          .hash());
    }
  }
  if (names.empty()) return 0;
  std::sort(names.begin(), names.end());
  // Several launches are several steps of the same name; refusals are a set.
  if (authority != Authority::advise) {
    names.erase(std::unique(names.begin(), names.end()), names.end());
  }
  Naming all;
  for (const std::uint64_t name : names) all.add(name);
  return std::max<std::uint64_t>(all.hash(), 1);
}

DecisionRecord begin_record(const GroupSpec& spec, const GroupState& state, Time now,
                            const RoundContext& context) {
  DecisionRecord record;
  record.group = spec.id;
  record.at = now;
  record.partition = context.partition;
  record.epoch = context.epoch;
  record.revision = context.revision;
  record.engine = context.engine;
  record.tzdata = context.tzdata;
  record.desired_from = state.desired;
  return record;
}

std::optional<Time> earliest(const Census& census, std::optional<Time> decided,
                             std::optional<Time> planned, Time now) {
  std::optional<Time> at;
  const auto consider = [&](std::optional<Time> when) {
    if (when && now < *when) at = std::min(at.value_or(*when), *when);
  };
  consider(decided);
  consider(planned);
  for (const Counted& counted : census.instances) consider(counted.changes_at);
  return at;
}

bool has_converged(const GroupState& state, const DecisionRecord& record) {
  return record.steps.empty() && record.withheld.empty() && state.intents.empty() &&
         state.desired && record.tally.ready == *state.desired;
}

// Between a call and the listing that shows it, and until a share of what is common has come,
// steps wait for a moment. That is no refusal, and what was refused before is neither lifted nor
// renewed by it.
bool waits_for_a_look(const DecisionRecord& record) {
  return std::any_of(record.withheld.begin(), record.withheld.end(), [](const WithheldStep& step) {
    return step.reason == Reason::look_pending || step.reason == Reason::shared_budget_pending;
  });
}

// A firing that came too late is never considered again, so this is the round that must say so.
bool skips_a_firing(const DecisionRecord& record) {
  return std::any_of(record.voices.begin(), record.voices.end(),
                     [](const Voice& voice) { return voice.reason == Reason::schedule_skipped; });
}

// A refusal is recorded once, then counted.
void conclude(GroupState& state, Authority authority, Round& round) {
  DecisionRecord& record = round.record;
  const std::uint64_t refusal =
      waits_for_a_look(record) ? state.refusal : name_refusals(record, authority);
  round.is_notable = record.desired_from != record.desired_to || !round.opened.empty() ||
                     refusal != state.refusal || skips_a_firing(record);
  if (!round.is_notable) {
    if (refusal != 0) ++state.refusal_repeats;
    record.round = state.round;
    record.refusal_repeats = state.refusal_repeats;
    return;
  }
  record.round = ++state.round;
  record.refusal_repeats = std::exchange(state.refusal_repeats, 0);
  state.refusal = refusal;
  record.digest = digest(state.memory);
}

}  // namespace

Round converge(const GroupSpec& spec, GroupState& state, const Observation& seen, Time now,
               const RoundContext& context) {
  Round round;
  DecisionRecord& record = round.record;
  record = begin_record(spec, state, now, context);
  compact(spec, state, now);
  Census census = take_census(spec, state, seen, now, context.guards);
  tend_pool(spec, state, state.limits, census);
  record.tally = census.tally;
  const std::optional<Time> decided = decide(spec, state, now, record, context.guards);
  tend_pool(spec, state, record.limits, census);
  roll(spec, state, census, now, record);
  record.tally = census.tally;
  Planned planned = plan(spec, state, seen, census, now, context, record);
  record.desired_to = state.desired;
  record.converged = has_converged(state, record);
  record.revisit_at = earliest(census, decided, planned.revisit_at, now);
  round.opened = std::move(planned.opened);
  round.wants_observation = planned.wants_observation || state.observed_at == Time{};
  round.revisit_at = record.revisit_at;
  conclude(state, context.authority, round);
  return round;
}

}  // namespace settle
