#include "daemon/exporting/destination.h"

#include <algorithm>

#include <fmt/format.h>

namespace settle::exporting {
namespace {

constexpr std::string_view scheme = "kafka://";

Error refused(std::string_view why) {
  return {ErrorCode::invalid,
          fmt::format("journal.export_to has to be kafka://HOST:PORT,HOST:PORT/TOPIC: {}", why)};
}

/// Takes what is before `mark`, and the mark, off the text; all of it where there is none.
std::string_view take_until(std::string_view& text, char mark) {
  const auto end = std::min(text.find(mark), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return taken;
}

}  // namespace

Result<Destination> read_destination(std::string_view url) {
  if (!url.starts_with(scheme)) return refused("nothing else is known here");
  url.remove_prefix(scheme.size());
  Destination destination;
  std::string_view place = take_until(url, '?');
  destination.name = fmt::format("{}{}", scheme, place);
  destination.access.brokers = take_until(place, '/');
  destination.topic = place;
  if (destination.access.brokers.empty()) return refused("no broker is named");
  if (destination.topic.empty()) return refused("no topic is named");
  if (destination.topic.find('/') != std::string::npos) return refused("a topic has no slash");
  while (!url.empty()) {
    std::string_view option = take_until(url, '&');
    const std::string key(take_until(option, '='));
    if (key.empty()) return refused("an option has no name");
    destination.access.options[key] = option;
  }
  return destination;
}

}  // namespace settle::exporting
