#include "reconcilers/forecast.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "reconcilers/fold.h"
#include "reconcilers/measure.h"
#include "reconcilers/voices.h"

namespace settle {
namespace {

constexpr Duration day_length{86'400'000};
constexpr int quarters_of_an_hour = 4;
constexpr int quarters_of_a_day = 96;
constexpr std::int64_t six_digits = 1'000'000;

const Decimal day_weight = Decimal::of(25, -2);
const Decimal week_weight = Decimal::of(5, -1);

Time quarter_of(Time at) {
  return Time{
      std::chrono::floor<std::chrono::minutes>(at - at.time_since_epoch() % season_quarter)};
}

struct Slots {
  std::int32_t day = 0;
  std::int32_t week = 0;
};

Slots slots_of(const Zone& zone, Time quarter) {
  const LocalTime local = zone.local(quarter);
  const std::chrono::sys_days date{std::chrono::year{local.year} /
                                   std::chrono::month(static_cast<unsigned>(local.month)) /
                                   std::chrono::day(static_cast<unsigned>(local.day))};
  const auto weekday = static_cast<std::int32_t>(std::chrono::weekday{date}.iso_encoding()) - 1;
  const std::int32_t slot = local.hour * quarters_of_an_hour + local.minute / 15;
  return {slot, weekday * quarters_of_a_day + slot};
}

auto place_of(const std::vector<SeasonSlot>& slots, std::int32_t slot) {
  return std::lower_bound(
      slots.begin(), slots.end(), slot,
      [](const SeasonSlot& entry, std::int32_t wanted) { return entry.slot < wanted; });
}

const Decimal* known(const std::vector<SeasonSlot>& slots, std::int32_t slot) {
  const auto place = place_of(slots, slot);
  return place != slots.end() && place->slot == slot ? &place->load : nullptr;
}

/// To six digits, rounded up.
Decimal kept(const Decimal& load) {
  std::int64_t digits = load.digits();
  int exponent = load.exponent();
  for (; digits >= six_digits; ++exponent) digits = (digits + 9) / 10;
  return Decimal::of(digits, exponent);
}

void follow(std::vector<SeasonSlot>& slots, std::int32_t slot, const Decimal& peak,
            const Decimal& weight) {
  const auto place = slots.begin() + (place_of(slots, slot) - slots.cbegin());
  if (place == slots.end() || place->slot != slot) {
    slots.insert(place, {slot, kept(peak)});
    return;
  }
  place->load = kept(place->load + (peak + -place->load) * weight);
}

std::optional<Decimal> expected_of(const Season& season, const Zone& zone, Time quarter) {
  const Slots slots = slots_of(zone, quarter);
  const Decimal* const day = known(season.day, slots.day);
  const Decimal* const week = known(season.week, slots.week);
  if (day == nullptr && week == nullptr) return std::nullopt;
  if (day == nullptr || week == nullptr) return day != nullptr ? *day : *week;
  return kept((*day + *week) * Decimal::of(5, -1));
}

void close_quarter(Season& season, const Zone& zone) {
  if (!season.peak) return;
  if (const auto expected = expected_of(season, zone, season.quarter)) {
    std::erase_if(season.foretold, [&](const Foretold& earlier) {
      return earlier.at <= season.quarter - day_length;
    });
    season.foretold.push_back({season.quarter, *expected, *season.peak});
  }
  const Slots slots = slots_of(zone, season.quarter);
  follow(season.day, slots.day, *season.peak, day_weight);
  follow(season.week, slots.week, *season.peak, week_weight);
}

Season& season_of(GroupState& state, const std::string& policy) {
  const auto place = std::lower_bound(
      state.seasons.begin(), state.seasons.end(), policy,
      [](const Season& season, const std::string& name) { return season.policy < name; });
  if (place != state.seasons.end() && place->policy == policy) return *place;
  Season fresh;
  fresh.policy = policy;
  return *state.seasons.insert(place, std::move(fresh));
}

const Policy* led_by(const GroupSpec& spec, const ForecastPolicy& forecast) {
  const auto found =
      std::find_if(spec.policies.begin(), spec.policies.end(), [&](const Policy& policy) {
        return policy.name == forecast.of && std::holds_alternative<TargetPolicy>(policy.kind);
      });
  return found == spec.policies.end() ? nullptr : &*found;
}

}  // namespace

void learn(Season& season, const Zone& zone, Time at, const Decimal& load) {
  if (season.peak && at <= season.heard_at) return;
  season.heard_at = at;
  const Time quarter = quarter_of(at);
  if (!season.peak || quarter > season.quarter) {
    close_quarter(season, zone);
    season.quarter = quarter;
    season.peak = kept(load);
    return;
  }
  season.peak = std::max(*season.peak, kept(load));
}

std::optional<Decimal> expected_peak(const Season& season, const Zone& zone, Time from,
                                     Time until) {
  std::optional<Decimal> peak;
  for (Time quarter = quarter_of(from); quarter <= until; quarter += season_quarter) {
    const auto expected = expected_of(season, zone, quarter);
    if (expected && (!peak || *expected > *peak)) peak = expected;
  }
  return peak;
}

std::optional<Decimal> mean_error(const Season& season) {
  Decimal apart;
  Decimal total;
  for (const Foretold& one : season.foretold) {
    const Decimal error = one.expected + -one.load;
    apart = apart + (error.is_negative() ? -error : error);
    total = total + one.load;
  }
  if (total.is_zero()) return std::nullopt;
  const Decimal percent = quotient(apart * Decimal(100), total);
  return Decimal::of(ceil_scaled(10, percent, Decimal(1)), -1);
}

void hear_forecast(const Moment& moment, const Policy& policy, const ForecastPolicy& forecast,
                   Voice& voice) {
  voice.kind = VoiceKind::forecast;
  voice.reason = Reason::forecast_learning;
  voice.facts.emplace_back("of", forecast.of);
  const Policy* const led = led_by(moment.spec, forecast);
  if (led == nullptr) return;
  const auto& target = std::get<TargetPolicy>(led->kind);
  Season& season = season_of(moment.state, policy.name);
  if (const auto load = load_of(moment, *led, target)) {
    learn(season, moment.spec.zone, load->at, load->load);
  }
  const Time until = moment.now + forecast.lead;
  const auto expected = expected_peak(season, moment.spec.zone, moment.now, until);
  if (!expected || target.target.digits() <= 0) return;
  const Capacity number = ceil_scaled(1, *expected, target.target);
  voice.facts.emplace_back("number", std::int64_t{number});
  voice.facts.emplace_back("until", until);
  voice.facts.emplace_back("lead", forecast.lead);
  if (const auto error = mean_error(season)) voice.facts.emplace_back("error", *error);
  voice.reason = Reason::forecast_shown;
  if (forecast.mode == ForecastMode::forecast_only) return;
  voice.reason = Reason::forecast_made;
  voice.verdict = Verdict::proposes;
  voice.proposes = number;
  moment.agenda.note(quarter_of(moment.now) + season_quarter);
  moment.agenda.note(quarter_of(until) + season_quarter - forecast.lead);
}

}  // namespace settle
