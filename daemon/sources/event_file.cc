#include "daemon/sources/event_file.h"

#include <utility>

#include "daemon/codec/json.h"

namespace settle {
namespace {

constexpr std::size_t kept_text_max = 4096;

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

EventFile read_event_file(std::string_view text, Time received) {
  EventFile file;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (is_blank(line)) continue;
    Result<Signal> signal = parse_event(line, received);
    if (signal) {
      file.signals.push_back(std::move(*signal));
    } else {
      file.refused.push_back(
          {number, signal.error().message, std::string(line.substr(0, kept_text_max))});
    }
  }
  return file;
}

}  // namespace settle
