#include "reconcilers/windows/watch.h"

namespace settle::windows {
namespace {

constexpr std::string_view prefix = "@alarm/";

}  // namespace

std::string shape_of(const Watch& watch) {
  const Alarm& alarm = watch.alarm;
  std::string shape;
  for (const std::int64_t part :
       {static_cast<std::int64_t>(watch.over), static_cast<std::int64_t>(alarm.statistic),
        static_cast<std::int64_t>(alarm.percentile),
        static_cast<std::int64_t>(alarm.length.count()),
        static_cast<std::int64_t>(alarm.slide.count())}) {
    shape += std::to_string(part) + " ";
  }
  return shape + watch.by + " " + watch.signal;
}

GroupId place_of(std::string_view alarm, std::string_view key) {
  std::string place(prefix);
  place.append(alarm).append("/").append(key);
  return {std::move(place)};
}

std::optional<Place> parse_place(std::string_view place) {
  if (!place.starts_with(prefix)) return std::nullopt;
  place.remove_prefix(prefix.size());
  const std::size_t slash = place.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == place.size()) {
    return std::nullopt;
  }
  return Place{place.substr(0, slash), place.substr(slash + 1)};
}

}  // namespace settle::windows
