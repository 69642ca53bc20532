// Several metrics in one target policy.
#include <algorithm>
#include <vector>

#include "reconcilers/fold.h"
#include "reconcilers/measure.h"
#include "reconcilers/steadiness.h"

namespace settle {
namespace {

/// What one of the metrics came to.
struct Part {
  const NamedMetric* metric = nullptr;  // The one that spoke, perhaps in another's place.
  Voice voice;
  std::optional<Need> need;
  Time at;
};

struct Parts {
  std::vector<Part> needs;      // Of those that have one.
  std::optional<Part> missing;  // The first that has none, and may not be left out.
  std::size_t missing_count = 0;
  Time at;
};

const NamedMetric* find_metric(const TargetPolicy& target, const std::string& name) {
  const auto found = std::find_if(target.metrics.begin(), target.metrics.end(),
                                  [&](const NamedMetric& metric) { return metric.name == name; });
  return found == target.metrics.end() ? nullptr : &*found;
}

/// A metric that another names speaks in its place alone.
bool stands_in(const TargetPolicy& target, const NamedMetric& metric) {
  return std::any_of(target.metrics.begin(), target.metrics.end(),
                     [&](const NamedMetric& other) { return other.instead == metric.name; });
}

Part hear_part(const Moment& moment, const NamedMetric& metric) {
  static const Steadiness at_once;  // A tolerance is of the whole.
  Part part;
  part.metric = &metric;
  const Aim aim{metric.metric, signal_name(metric), metric.target, at_once};
  const Measured measured = hear_metric(moment, aim, part.voice);
  part.at = measured.at;
  part.need = need_of(aim, measured, part.voice);
  return part;
}

bool is_missing(const Part& part) {
  return part.voice.verdict == Verdict::missing || part.voice.reason == Reason::fallback_used ||
         part.voice.reason == Reason::metric_missing || part.voice.reason == Reason::metric_stale ||
         part.voice.reason == Reason::metric_error || part.voice.reason == Reason::metric_invalid;
}

/// The metric, or the first of those in its place that is not missing; else it itself.
Part hear_or_instead(const Moment& moment, const TargetPolicy& target, const NamedMetric& metric) {
  Part first = hear_part(moment, metric);
  const NamedMetric* at = &metric;
  for (std::size_t hop = 0; hop < target.metrics.size(); ++hop) {
    if (hop == 0 && !is_missing(first)) return first;
    at = find_metric(target, at->instead);
    if (at == nullptr) break;
    Part next = hear_part(moment, *at);
    if (!is_missing(next)) return next;
  }
  return first;
}

Parts hear_parts(const Moment& moment, const TargetPolicy& target) {
  Parts parts;
  parts.needs.reserve(target.metrics.size());
  for (const NamedMetric& metric : target.metrics) {
    if (stands_in(target, metric)) continue;
    Part part = hear_or_instead(moment, target, metric);
    parts.at = std::max(parts.at, part.at);
    if (part.voice.verdict == Verdict::missing) {
      ++parts.missing_count;
      if (!parts.missing) parts.missing = std::move(part);
    } else if (part.need) {
      parts.needs.push_back(std::move(part));
    }
  }
  return parts;
}

/// What is missing counts as nothing: the group grows no less than is known to be needed.
Decimal mixed(Mix mix, std::vector<Decimal> terms, std::size_t missing) {
  terms.insert(terms.end(), missing, Decimal());
  if (mix == Mix::max) return *std::max_element(terms.begin(), terms.end());
  if (mix == Mix::min) return *std::min_element(terms.begin(), terms.end());
  Decimal sum;
  for (const Decimal& term : terms) sum = sum + term;
  return mix == Mix::sum ? sum : quotient(sum, Decimal(static_cast<std::int64_t>(terms.size())));
}

Need mixed(Mix mix, const Parts& parts) {
  std::vector<Decimal> needs;
  std::vector<Decimal> loads;
  for (const Part& part : parts.needs) {
    needs.push_back(part.need->instances);
    if (part.need->load) loads.push_back(*part.need->load);
  }
  Need need{mixed(mix, needs, parts.missing_count), {}, false};
  need.stays = std::any_of(parts.needs.begin(), parts.needs.end(),
                           [](const Part& part) { return part.need->stays; });
  if (loads.size() == needs.size()) need.load = mixed(mix, loads, parts.missing_count);
  return need;
}

/// "cpu 61 of 50, queue 900 of 100": every metric that had a say, with its reading and target.
std::string readings_text(const Parts& parts) {
  std::string text;
  for (const Part& part : parts.needs) {
    if (!text.empty()) text += ", ";
    text += part.metric->name;
    const bool is_read = part.voice.input && part.voice.input->kind == ReadingKind::value;
    if (part.voice.reason == Reason::fallback_used || !is_read) {
      text += " missing";
      continue;
    }
    text += " " + to_two_places(part.voice.input->value).text();
    text += " of " + part.metric->target.text();
  }
  if (parts.missing) {
    if (!text.empty()) text += ", ";
    text += parts.missing->metric->name + " missing";
  }
  return text;
}

/// Whether the mix lies in the band around its target in which nothing moves.
const Pace* calming(const Steadiness& steadiness, const Need& need) {
  if (!need.load) return nullptr;
  const Decimal load = without_noise(*need.load);
  const bool is_above = load > Decimal(1);
  const Pace& pace = is_above ? steadiness.out : steadiness.in;
  if (!pace.tolerance.is_percent || pace.tolerance.amount.is_zero()) return nullptr;
  const Decimal percent = load * Decimal(100);
  const Decimal edge =
      is_above ? Decimal(100) + pace.tolerance.amount : Decimal(100) + -pace.tolerance.amount;
  const bool is_within = is_above ? percent <= edge : percent >= edge;
  return is_within ? &pace : nullptr;
}

}  // namespace

Decimal without_noise(const Decimal& number) {
  constexpr std::int64_t fifteen_digits = 1'000'000'000'000'000;
  std::int64_t digits = number.digits();
  int exponent = number.exponent();
  for (; digits >= fifteen_digits; ++exponent) digits = (digits + 5) / 10;
  return Decimal::of(digits, exponent);
}

std::optional<Need> need_of(const Aim& aim, const Measured& measured, const Voice& voice) {
  Need need;
  if (voice.reason == Reason::fallback_used) {
    need.instances = Decimal(aim.metric.fallback);
    need.stays = true;
    return need;
  }
  if (voice.verdict != Verdict::proposes && voice.verdict != Verdict::stays) return std::nullopt;
  need.stays = voice.verdict == Verdict::stays;
  const Decimal value = measured.value.is_negative() ? Decimal() : measured.value;
  const Decimal divisor = measured.is_shared ? aim.target * measured.over : aim.target;
  need.instances = quotient(value * Decimal(measured.times), divisor);
  if (!measured.over.is_zero()) need.load = quotient(value, aim.target * measured.over);
  return need;
}

Time hear_several(const Moment& moment, const Policy& policy, const TargetPolicy& target,
                  Voice& voice) {
  Parts parts = hear_parts(moment, target);
  if (parts.needs.empty() && !parts.missing) {
    voice.reason = Reason::no_opinion;
    return parts.at;
  }
  const Need need = mixed(target.combine, parts);
  Capacity number = ceil_scaled(1, need.instances, Decimal(1));
  if (need.stays) number = std::max(number, moment.desired);
  if (parts.missing && number <= moment.desired) {
    const NamedMetric& lost = *parts.missing->metric;
    voice.verdict = Verdict::missing;
    voice.reason = parts.missing->voice.reason;
    voice.facts = std::move(parts.missing->voice.facts);
    voice.facts.emplace_back("metric", lost.name);
    voice.input = parts.missing->voice.input;
    voice.input_at = parts.missing->voice.input_at;
    return parts.at;
  }
  voice.facts.emplace_back("metrics", readings_text(parts));
  if (const Pace* const pace = calming(policy.steadiness, need)) {
    voice.verdict = Verdict::stays;
    voice.reason = Reason::within_tolerance;
    voice.facts.emplace_back("tolerance",
                             amount_text(pace->tolerance.amount, pace->tolerance.is_percent));
    return parts.at;
  }
  voice.verdict = Verdict::proposes;
  voice.reason = Reason::proposed;
  voice.proposes = number;
  voice.facts.emplace_back("ratio", to_two_places(need.instances));
  return parts.at;
}

std::optional<Load> load_of_several(const Moment& moment, const TargetPolicy& target) {
  const Parts parts = hear_parts(moment, target);
  const bool is_measured =
      std::none_of(parts.needs.begin(), parts.needs.end(),
                   [](const Part& part) { return part.voice.reason == Reason::fallback_used; });
  if (parts.needs.empty() || parts.missing || !is_measured) return std::nullopt;
  return Load{parts.at, mixed(target.combine, parts).instances * target.target};
}

}  // namespace settle
