#include "reconcilers/day.h"

#include <algorithm>

namespace settle {
namespace {

interlock::Rest left_of(const GroupSpec& spec, const GroupState& state, const Budget& cap,
                        Capacity DayCount::*counted, Time now) {
  const interlock::Rate rate{cap.amount.digits(), cap.amount.exponent(), cap.is_percent,
                             cap.is_percent ? cap.at_least : 0, cap.per};
  std::vector<interlock::Done> done;
  done.reserve(state.day.size());
  for (const DayCount& hour : state.day) done.push_back({hour.at, hour.*counted});
  return interlock::rest_of(rate, std::max(spec.limits.max, state.limits.max), done, now);
}

}  // namespace

void count_day(GroupState& state, Capacity launches, Capacity terminations, Time now) {
  if (launches == 0 && terminations == 0) return;
  std::erase_if(state.day, [now](const DayCount& hour) { return hour.at + a_day <= now; });
  const auto hour_of = [](Time at) { return std::chrono::floor<std::chrono::hours>(at); };
  if (state.day.empty() || hour_of(state.day.back().at) != hour_of(now)) {
    state.day.push_back({now, 0, 0});
  }
  DayCount& hour = state.day.back();
  hour.at = std::max(hour.at, now);
  hour.launches += launches;
  hour.terminations += terminations;
}

Capacity launches_within_a_day(const GroupState& state, Time now) {
  Capacity launches = 0;
  for (const DayCount& hour : state.day) {
    if (now < hour.at + a_day) launches += hour.launches;
  }
  return launches;
}

interlock::Rest launches_left(const GroupSpec& spec, const GroupState& state, Time now) {
  return left_of(spec, state, spec.guards.launches_a_day, &DayCount::launches, now);
}

interlock::Rest terminations_left(const GroupSpec& spec, const GroupState& state, Time now) {
  return left_of(spec, state, spec.guards.terminations_a_day, &DayCount::terminations, now);
}

}  // namespace settle
