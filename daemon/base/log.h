// Structured lines to standard error: one event name a site, in kebab-case, and its fields. The
// reader is journald or a person; where the lines go from there is not known here. What the
// fields hold came from outside as often as not, so nothing in it can begin another line.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "reconcilers/units.h"

namespace settle {

enum class LogLevel : std::uint8_t { debug, info, warning, error };

enum class LogFormat : std::uint8_t {
  journald,  // "<6>event key=value": journald takes the level off and adds the time.
  plain,     // "2026-11-23T09:14:30.250Z info event key=value"
};

struct LogOptions {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::plain;
  Time (*now)() = nullptr;  // Plain lines bear no time without it.
};

struct LogField {
  LogField(std::string_view name, std::string_view text) : key(name), value(text) {}
  LogField(std::string_view name, const char* text) : key(name), value(text) {}
  LogField(std::string_view name, const std::string& text) : key(name), value(text) {}
  LogField(std::string_view name, bool truth) : key(name), value(truth ? "true" : "false") {}
  template <std::integral Number>
  LogField(std::string_view name, Number number) : key(name), value(std::to_string(number)) {}

  std::string_view key;
  std::string value;
};

using LogFields = std::initializer_list<LogField>;

/// One line, with its newline. CR, LF, NUL, ANSI escapes and every other control character are
/// written as \xNN; a value that holds a blank, a quote or nothing is quoted; a line of more than
/// 8 KiB is cut and says so.
[[nodiscard]] std::string log_line(const LogOptions& options, LogLevel level,
                                   std::string_view event, LogFields fields);

/// Writes one line to standard error in one piece, if `level` is let through. Safe from any
/// thread. What standard error does not take is lost: logging never blocks a decision for good.
void log(LogLevel level, std::string_view event, LogFields fields = {});

/// From here on. Safe at any time, from any thread.
void set_log(const LogOptions& options);

}  // namespace settle
