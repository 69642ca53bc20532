// Reads a zone with Abseil's copy of cctz, which honours the POSIX rule at the end of a zone's file
// (years after 2037), into our own table. Nothing of Abseil leaves this file.
#include <cstring>
#include <fstream>
#include <limits>

#include <absl/time/time.h>

#include "reconcilers/calendar/calendar.h"
#include "reconcilers/calendar/rules.h"

namespace settle {
namespace {

constexpr std::size_t name_max = 64;

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

/// Names of the tz database begin each part with a capital. That leaves out paths, the machine's
/// own "localtime" and the trees "posix/" and "right/", of which the latter counts leap seconds.
bool is_zone_name(const std::string& name) {
  constexpr std::string_view inner = "_+-/";
  if (name.empty() || name.size() > name_max || name == "Factory" || name.back() == '/') {
    return false;
  }
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool first = i == 0 || name[i - 1] == '/';
    const bool plain = is_upper(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                       inner.find(c) != std::string_view::npos;
    if (!plain || (first && !is_upper(c))) {
      return false;
    }
  }
  return true;
}

Era first_era() {
  constexpr std::chrono::seconds long_ago{std::numeric_limits<std::int64_t>::min() / 4};
  return {Instant{long_ago}, Local{long_ago}, {}, {'U', 'T', 'C'}};
}

Era era_from(const absl::TimeZone& zone, absl::Time from) {
  const absl::TimeZone::CivilInfo civil = zone.At(from);
  Era era;
  era.from = Instant{std::chrono::seconds{absl::ToUnixSeconds(from)}};
  era.offset = std::chrono::seconds{civil.offset};
  std::strncpy(era.abbreviation.data(), civil.zone_abbr, era.abbreviation.size() - 1);
  return era;
}

/// Every change of the clocks from 1970 until well after 2100.
std::vector<Era> eras_of(const absl::TimeZone& zone) {
  const absl::Time begin = absl::FromUnixSeconds(-172'800);
  const absl::Time end = absl::FromCivil(absl::CivilDay(2110, 1, 1), absl::UTCTimeZone());
  Era first = era_from(zone, begin);
  first.from = first_era().from;
  first.local_from = first_era().local_from;
  std::vector<Era> eras{first};
  absl::TimeZone::CivilTransition change;
  for (absl::Time at = begin; zone.NextTransition(at, &change);) {
    const absl::Time changed = zone.At(change.to).trans;  // Of two in a fold, the later.
    if (changed <= at || changed >= end) {
      break;
    }
    at = changed;
    Era era = era_from(zone, at);
    era.local_from = std::max(eras.back().local_from, ZoneRules::local_in(eras.back(), era.from));
    eras.push_back(era);
  }
  eras.shrink_to_fit();
  return eras;
}

LocalTime civil(Local local) {
  const auto day = std::chrono::floor<std::chrono::days>(local);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{local - day};
  LocalTime out;
  out.year = static_cast<int>(date.year());
  out.month = static_cast<std::int8_t>(static_cast<unsigned>(date.month()));
  out.day = static_cast<std::int8_t>(static_cast<unsigned>(date.day()));
  out.hour = static_cast<std::int8_t>(clock.hours().count());
  out.minute = static_cast<std::int8_t>(clock.minutes().count());
  out.second = static_cast<std::int8_t>(clock.seconds().count());
  return out;
}

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

Local local_seconds_of(const LocalTime& local) {
  const std::chrono::year_month_day first{
      std::chrono::year{std::clamp(local.year, 1, 9999)},
      std::chrono::month{static_cast<unsigned>(std::clamp<int>(local.month, 1, 12))},
      std::chrono::day{1}};
  return std::chrono::local_days{first} + std::chrono::days{local.day - 1} +
         std::chrono::hours{local.hour} + std::chrono::minutes{local.minute} +
         std::chrono::seconds{local.second};
}

Zone::Zone() {
  static const auto utc = std::make_shared<const ZoneRules>(ZoneRules{"UTC", {first_era()}});
  rules_ = utc;
}

std::optional<Zone> Zone::load(const std::string& name) {
  if (name == "UTC") {
    return Zone();
  }
  absl::TimeZone zone;
  if (!is_zone_name(name) || !absl::LoadTimeZone(name, &zone)) {
    return std::nullopt;
  }
  return Zone(std::make_shared<const ZoneRules>(ZoneRules{name, eras_of(zone)}));
}

const std::string& Zone::name() const {
  return rules_->name;
}

LocalTime Zone::local(Time at) const {
  const Instant seconds = bounded(at);
  return civil(ZoneRules::local_in(rules_->eras[rules_->index_at(seconds)], seconds));
}

Time Zone::instant(const LocalTime& local) const {
  return rules_->instant(local_seconds_of(local));
}

bool Zone::is_skipped(const LocalTime& local) const {
  const Local seconds = local_seconds_of(local);
  const Era& era = rules_->eras[rules_->index_at(seconds)];
  return ZoneRules::instant_in(era, seconds) < era.from;
}

bool Zone::is_repeated(const LocalTime& local) const {
  const Local seconds = local_seconds_of(local);
  const std::size_t later = rules_->index_at(seconds) + 1;
  return later < rules_->eras.size() &&
         ZoneRules::instant_in(rules_->eras[later], seconds) >= rules_->eras[later].from;
}

std::string Zone::abbreviation(Time at) const {
  return rules_->eras[rules_->index_at(bounded(at))].abbreviation.data();
}

int Zone::offset_seconds(Time at) const {
  return static_cast<int>(rules_->eras[rules_->index_at(bounded(at))].offset.count());
}

std::string tzdata_version() {
  constexpr std::string_view mark = "# version ";
  const std::string source = first_line("/usr/share/zoneinfo/tzdata.zi");
  if (source.starts_with(mark)) {
    return source.substr(mark.size());
  }
  const std::string version = first_line("/usr/share/zoneinfo/+VERSION");
  return version.empty() ? "unknown" : version;
}

}  // namespace settle
