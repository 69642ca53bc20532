#include "cli/trial/axis.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace settle {
namespace {

constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::int64_t minute_ms = 60'000;
// Every one of them divides a day, or is a number of days.
constexpr std::int64_t steps_minutes[] = {1,      2,      5,      10,     15,      30,     60,
                                          120,    180,    360,    720,    1'440,   2'880,  4'320,
                                          10'080, 20'160, 40'320, 80'640, 161'280, 524'160};

std::string tick_text(const LocalTime& local, bool is_daily) {
  const std::string day =
      fmt::format("{} {}", local.day, months[std::clamp<int>(local.month, 1, 12) - 1]);
  if (is_daily) return day;
  if (local.hour == 0 && local.minute == 0) return day;
  return fmt::format("{:02}:{:02}", local.hour, local.minute);
}

}  // namespace

double TimeAxis::x(Time at) const {
  const double whole = static_cast<double>((until - from).count());
  if (whole <= 0) return left;
  return left + (right - left) * static_cast<double>((at - from).count()) / whole;
}

std::vector<std::pair<Time, std::string>> time_ticks(const TimeAxis& axis, const Zone& zone,
                                                     int most) {
  std::vector<std::pair<Time, std::string>> ticks;
  const std::int64_t span = (axis.until - axis.from).count() / minute_ms;
  const auto* step = std::find_if(std::begin(steps_minutes), std::end(steps_minutes) - 1,
                                  [&](std::int64_t one) { return span / one <= most; });
  const std::int64_t step_ms = *step * minute_ms;
  // Counted in local time, so that a tick is at local midnight on both sides of a clock change.
  const auto local_ms = [&](Time at) {
    return at.time_since_epoch().count() + std::int64_t{1'000} * zone.offset_seconds(at);
  };
  std::int64_t local = (local_ms(axis.from) + step_ms - 1) / step_ms * step_ms;
  for (; local <= local_ms(axis.until); local += step_ms) {
    Time at{Duration(local)};
    at -= Duration(std::int64_t{1'000} * zone.offset_seconds(at));
    at = Time(Duration(local - std::int64_t{1'000} * zone.offset_seconds(at)));
    if (at < axis.from || at > axis.until) continue;
    ticks.emplace_back(at, tick_text(zone.local(at), *step >= 1'440));
  }
  return ticks;
}

double NumberAxis::y(double value) const {
  const double clamped = std::clamp(value, low, high);
  return high <= low ? bottom : bottom - (bottom - top) * (clamped - low) / (high - low);
}

std::vector<double> number_ticks(const NumberAxis& axis, int wanted) {
  std::vector<double> ticks;
  const double span = axis.high - axis.low;
  if (span <= 0 || wanted < 1) return ticks;
  const double power = std::pow(10.0, std::floor(std::log10(span / wanted)));
  double step = power;
  for (const double times : {1.0, 2.0, 5.0, 10.0}) {
    step = power * times;
    if (span / step <= wanted) break;
  }
  const auto first = static_cast<std::int64_t>(std::ceil(axis.low / step));
  const auto last = static_cast<std::int64_t>(std::floor(axis.high / step));
  for (std::int64_t i = first; i <= last; ++i) ticks.push_back(static_cast<double>(i) * step);
  return ticks;
}

std::string short_number(double value) {
  const double size = std::abs(value);
  if (size >= 1e9) return fmt::format("{:.3g}G", value / 1e9);
  if (size >= 1e6) return fmt::format("{:.3g}M", value / 1e6);
  if (size >= 1e4) return fmt::format("{:.3g}k", value / 1e3);
  return fmt::format("{:.4g}", value);
}

}  // namespace settle
