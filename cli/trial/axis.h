// Where on a picture a time or a number lies, and which of them are worth a line.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "reconcilers/calendar/calendar.h"
#include "reconcilers/units.h"

namespace settle {

struct TimeAxis {
  Time from;
  Time until;
  double left = 0;
  double right = 1;
  [[nodiscard]] double x(Time at) const;
};

/// Moments of a round local time, at most `most` of them, and what to call them.
[[nodiscard]] std::vector<std::pair<Time, std::string>> time_ticks(const TimeAxis& axis,
                                                                   const Zone& zone, int most);

struct NumberAxis {
  double low = 0;
  double high = 1;
  double top = 0;
  double bottom = 1;
  [[nodiscard]] double y(double value) const;
};

/// Round numbers within the axis, about `wanted` of them.
[[nodiscard]] std::vector<double> number_ticks(const NumberAxis& axis, int wanted);
/// "12", "1.5", "20k", "3M".
[[nodiscard]] std::string short_number(double value);

}  // namespace settle
