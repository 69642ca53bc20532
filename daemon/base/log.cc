#include "daemon/base/log.h"

#include <array>
#include <atomic>
#include <chrono>
#include <iterator>

#include <fmt/format.h>
#include <unistd.h>

#include "daemon/base/utf8.h"

namespace settle {
namespace {

constexpr std::size_t line_max = 8 * 1024;

// The only mutable state at namespace scope in the program.
std::atomic<LogLevel> current_level{LogLevel::info};
std::atomic<LogFormat> current_format{LogFormat::plain};
std::atomic<Time (*)()> current_now{nullptr};

constexpr std::string_view word(LogLevel level) {
  constexpr std::array<std::string_view, 4> words{"debug", "info", "warning", "error"};
  return words.at(static_cast<std::size_t>(level));
}

// The priorities of syslog(3), which sd-daemon(3) reads from the beginning of a line.
constexpr char priority(LogLevel level) {
  constexpr std::array<char, 4> priorities{'7', '6', '4', '3'};
  return priorities.at(static_cast<std::size_t>(level));
}

/// How many of the first bytes of `text` may be shown as they are; zero where the first may not.
/// U+0080 to U+009F are control characters too: a terminal may take U+009B for ESC [.
std::size_t shown(std::string_view text) {
  const auto byte = static_cast<unsigned char>(text.front());
  if (byte < 0x20 || byte == 0x7f) return 0;
  const std::size_t length = utf8_length(text);
  const bool is_c1 = byte == 0xc2 && length == 2 && static_cast<unsigned char>(text[1]) < 0xa0;
  return is_c1 ? 0 : length;
}

bool is_plain(std::string_view value) {
  if (value.find_first_of(" \"\\=") != std::string_view::npos) return false;
  const bool is_empty = value.empty();
  while (!value.empty()) {
    const std::size_t length = shown(value);
    if (length == 0) return false;
    value.remove_prefix(length);
  }
  return !is_empty;
}

void append_value(std::string& line, std::string_view value) {
  if (is_plain(value)) {
    line += value;
    return;
  }
  line += '"';
  while (!value.empty()) {
    const std::size_t length = shown(value);
    if (length == 0) {
      fmt::format_to(std::back_inserter(line), "\\x{:02x}",
                     static_cast<unsigned char>(value.front()));
      value.remove_prefix(1);
      continue;
    }
    if (value.front() == '"' || value.front() == '\\') line += '\\';
    line += value.substr(0, length);
    value.remove_prefix(length);
  }
  line += '"';
}

void append_time(std::string& line, Time at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{at - day};
  fmt::format_to(std::back_inserter(line), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z ",
                 static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                 static_cast<unsigned>(date.day()), time.hours().count(), time.minutes().count(),
                 time.seconds().count(), time.subseconds().count());
}

}  // namespace

std::string log_line(const LogOptions& options, LogLevel level, std::string_view event,
                     LogFields fields) {
  std::string line;
  if (options.format == LogFormat::journald) {
    line += '<';
    line += priority(level);
    line += '>';
  } else {
    if (options.now != nullptr) append_time(line, options.now());
    line += word(level);
    line += ' ';
  }
  line += event;
  for (const LogField& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_value(line, std::string_view(field.value).substr(0, line_max));
    if (line.size() > line_max) {
      line.resize(line_max);
      line += "...\" cut=true";
      break;
    }
  }
  line += '\n';
  return line;
}

void log(LogLevel level, std::string_view event, LogFields fields) {
  if (level < current_level.load(std::memory_order_relaxed)) return;
  const LogOptions options{.level = level,
                           .format = current_format.load(std::memory_order_relaxed),
                           .now = current_now.load(std::memory_order_relaxed)};
  const std::string line = log_line(options, level, event, fields);
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

void set_log(const LogOptions& options) {
  current_level = options.level;
  current_format = options.format;
  current_now = options.now;
}

}  // namespace settle
