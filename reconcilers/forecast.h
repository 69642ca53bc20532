// What a load will be: learnt by time of day and time of week from the group's own signal.
//
// The load of a target policy is what it needs times its target: it does not depend on how many
// instances share it. Of every quarter of an hour the peak is learnt, once the quarter is over:
//
//   day[q]  += (peak - day[q]) / 4     96 quarters after local midnight
//   week[q] += (peak - week[q]) / 2    672 quarters after Monday's local midnight
//   expected = (day[q] + week[q]) / 2, or the one of them that is known
//   number   = ceil(the largest expected of all quarters from now to now + lead / target)
//   error    = 100 x sum |expected - peak| / sum peak, over the last day: percent
//
// Seasonal exponential smoothing without level and trend: a fast change is what the target policy
// itself is for, and a trend carried on is how a forecast runs away. Two forecasts of which each
// errs in its own way are averaged because their mean errs less. The weights forget a changed week
// in two and a changed day in four. A peak has six digits, rounded up: memory is at most 768 slots.
//
// The group's time zone says what midnight is, so that a habit moves with the clocks. What was
// expected of a quarter is written down before its peak is learnt. Defaults: lead 5 m,
// mode forecast_only.
//
// Sources: P. R. Winters, Forecasting sales by exponentially weighted moving averages (1960), the
// seasonal part; J. M. Bates and C. W. J. Granger, The combination of forecasts (1969); AWS EC2
// Auto Scaling, predictive scaling (never scales in, forecast only first, launches ahead).
#pragma once

#include <optional>

#include "reconcilers/calendar/calendar.h"
#include "reconcilers/state.h"

namespace settle {

inline constexpr Duration season_quarter{900'000};

/// Learns one load, read `at`. Quarters that were left are over; one before the present is too
/// late.
void learn(Season& season, const Zone& zone, Time at, const Decimal& load);

/// The largest load expected of any quarter from `from` to `until`; none where none is known.
[[nodiscard]] std::optional<Decimal> expected_peak(const Season& season, const Zone& zone,
                                                   Time from, Time until);

/// The weighted mean error of the last day's forecasts in percent, to one place; none without any.
[[nodiscard]] std::optional<Decimal> mean_error(const Season& season);

}  // namespace settle
