#include "reconcilers/breach.h"

#include <algorithm>
#include <cstddef>

#include "reconcilers/fold.h"

namespace settle {
namespace {

/// The number that `readings` of them asked for: or more, largest first; or less, smallest first.
std::optional<Capacity> agreed(const std::vector<Evaluation>& evaluations, int readings,
                               bool is_out) {
  std::vector<Decimal> numbers;
  numbers.reserve(evaluations.size());
  for (const Evaluation& evaluation : evaluations) {
    if (evaluation.said) numbers.push_back(*evaluation.said);
  }
  const auto place = static_cast<std::size_t>(std::max(readings, 1) - 1);
  if (place >= numbers.size()) return std::nullopt;
  std::sort(numbers.begin(), numbers.end());
  const Decimal& number = is_out ? numbers[numbers.size() - 1 - place] : numbers[place];
  return ceil_scaled(1, number, Decimal(1));
}

Duration silence_of(const TargetPolicy& target) {
  Duration longest = target.metric.stale_after;
  for (const NamedMetric& named : target.metrics) {
    longest = std::max(longest, named.metric.stale_after);
  }
  return longest;
}

int count_beyond(const std::vector<Evaluation>& evaluations, Capacity desired, bool is_out) {
  return static_cast<int>(
      std::count_if(evaluations.begin(), evaluations.end(), [&](const Evaluation& evaluation) {
        if (!evaluation.said) return false;
        return is_out ? *evaluation.said > Decimal(desired) : *evaluation.said < Decimal(desired);
      }));
}

}  // namespace

void remember(VoiceState& own, const Breach& breach, const Evaluation& newest, Duration silence) {
  auto& evaluations = own.evaluations;
  if (!evaluations.empty() && newest.at <= evaluations.back().at) return;
  if (!evaluations.empty() && newest.at - evaluations.back().at > silence) evaluations.clear();
  evaluations.push_back(newest);
  const auto most = static_cast<std::size_t>(std::clamp(breach.of, 1, breach_of_max));
  if (evaluations.size() > most) {
    evaluations.erase(evaluations.begin(), evaluations.end() - static_cast<std::ptrdiff_t>(most));
  }
}

int count_within(const std::vector<Evaluation>& evaluations, const Step& step) {
  return static_cast<int>(
      std::count_if(evaluations.begin(), evaluations.end(), [&](const Evaluation& evaluation) {
        return evaluation.said && matches(step, *evaluation.said);
      }));
}

void be_unconfirmed(const Breach& breach, int count, Voice& voice) {
  voice.verdict = Verdict::stays;
  voice.proposes.reset();
  voice.reason = Reason::breach_pending;
  voice.facts.emplace_back("count", std::int64_t{count});
  voice.facts.emplace_back("needs", std::int64_t{breach.readings});
  voice.facts.emplace_back("of", std::int64_t{breach.of});
}

void confirm_number(const Moment& moment, const Policy& policy, Time at, Voice& voice) {
  const bool speaks = voice.verdict == Verdict::proposes || voice.verdict == Verdict::stays;
  const bool is_evaluation = voice.reason != Reason::fallback_used &&
                             voice.reason != Reason::metric_stale &&
                             (speaks || voice.reason != Reason::no_opinion);
  if (!is_evaluation || at == Time{}) return;
  const auto& target = std::get<TargetPolicy>(policy.kind);
  VoiceState& own = memory_of(moment.state, policy.name);
  std::optional<Decimal> said;
  if (speaks) said = Decimal(voice.proposes.value_or(moment.desired));
  remember(own, policy.breach, {at, said}, silence_of(target));
  if (!speaks) return;
  const Capacity desired = moment.desired;
  const auto out = agreed(own.evaluations, policy.breach.readings, true);
  const auto in = agreed(own.evaluations, policy.breach.readings, false);
  const Capacity asked = voice.proposes.value_or(desired);
  if (out && *out > desired) {
    voice.proposes = *out;
  } else if (out && in && std::max(*out, *in) < desired) {
    voice.proposes = std::max(*out, *in);
  } else {
    if (asked == desired) return;  // It asks for nothing that others would have to confirm.
    const bool is_out = asked > desired;
    voice.facts.clear();
    return be_unconfirmed(policy.breach, count_beyond(own.evaluations, desired, is_out), voice);
  }
  voice.verdict = Verdict::proposes;
  voice.reason = Reason::proposed;
  voice.facts.emplace_back("needs", std::int64_t{policy.breach.readings});
  voice.facts.emplace_back("of", std::int64_t{policy.breach.of});
}

}  // namespace settle
