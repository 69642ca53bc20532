#include "reconcilers/anticipation.h"

#include <algorithm>

#include "reconcilers/adjust.h"
#include "reconcilers/measure.h"

namespace settle {
namespace {

const Decimal* reading_of(const std::vector<Voice>& voices, const std::string& policy) {
  for (const Voice& voice : voices) {
    if (voice.name != policy || !voice.input) continue;
    if (voice.reason == Reason::metric_stale) return nullptr;  // It is of another time.
    return voice.input->kind == ReadingKind::value ? &voice.input->value : nullptr;
  }
  return nullptr;
}

/// The smallest size at which `reading`, a mean over `desired`, stays below `bound`.
Capacity smallest_below(const Decimal& reading, Capacity desired, const Decimal& bound) {
  const Decimal load = without_noise(reading * Decimal(desired));
  const Capacity size = ceil_scaled(1, load, bound);
  const auto order = compare_ratios(load, Decimal(std::max(size, 1)), bound, Decimal(1));
  return order < 0 ? size : size + 1;
}

}  // namespace

std::optional<Anticipated> anticipated(const GroupSpec& spec, const std::vector<Voice>& voices,
                                       Capacity desired, Capacity wanted) {
  std::optional<Anticipated> found;
  if (wanted >= desired || wanted <= 0) return found;  // Of nothing there is no mean.
  for (const Policy& policy : spec.policies) {
    const auto* steps = std::get_if<StepsPolicy>(&policy.kind);
    if (steps == nullptr || steps->metric.is_total) continue;
    const Decimal* const reading = reading_of(voices, policy.name);
    if (reading == nullptr || *reading <= Decimal()) continue;
    for (const Step& step : steps->steps) {
      if (!step.at_least || *reading >= *step.at_least) continue;  // Not one that is coming near.
      if (adjusted(wanted, step.adjustment) <= wanted) continue;
      Capacity number = std::min(smallest_below(*reading, desired, *step.at_least), desired);
      if (step.adjustment.kind == Adjustment::Kind::set) {
        number = std::min(number, adjusted(wanted, step.adjustment));  // There it adds nothing.
      }
      if (number <= std::max(wanted, found ? found->number : 0)) continue;
      found = Anticipated{number, &policy, &step,
                          quotient(*reading * Decimal(desired), Decimal(wanted))};
    }
  }
  return found;
}

}  // namespace settle
