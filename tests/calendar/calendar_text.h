// Instants written as ISO 8601, for the tests of this room.
#pragma once

#include <cstdio>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "reconcilers/calendar/calendar.h"

namespace settle {

inline Time utc(const std::string& text) {
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  const int read =
      std::sscanf(text.c_str(), "%d-%d-%dT%d:%d:%d", &year, &month, &day, &hour, &minute, &second);
  EXPECT_GE(read, 5) << text;
  return std::chrono::sys_days{std::chrono::year{year} / month / day} + std::chrono::hours{hour} +
         std::chrono::minutes{minute} + std::chrono::seconds{second};
}

inline std::string text(Time at) {
  const LocalTime t = Zone().local(at);
  char out[40];
  std::snprintf(out, sizeof out, "%04d-%02d-%02dT%02d:%02d", t.year, t.month, t.day, t.hour,
                t.minute);
  const auto rest = (at.time_since_epoch() % std::chrono::minutes{1}).count();
  return out + (rest == 0 ? std::string() : ":" + std::to_string(rest / 1000)) + "Z";
}

inline std::string text(const std::optional<Time>& at) {
  return at ? text(*at) : "never";
}

inline std::string text(const std::optional<Span>& span) {
  return span ? text(span->from) + " " + text(span->until) : "none";
}

inline Zone zone(const std::string& name) {
  const std::optional<Zone> loaded = Zone::load(name);
  EXPECT_TRUE(loaded) << name;
  return loaded.value_or(Zone());
}

inline Cron cron(const std::string& expression) {
  std::string error;
  const std::optional<Cron> parsed = Cron::parse(expression, error);
  EXPECT_TRUE(parsed) << expression << ": " << error;
  return parsed ? *parsed : *Cron::parse("@daily", error);
}

}  // namespace settle
