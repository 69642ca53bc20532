#include "config/ensemble.h"

#include <algorithm>
#include <charconv>

namespace settle {
namespace {

bool is_host_and_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view port = text.substr(colon + 1);
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc() && end == port.data() + port.size() && number > 0 && number < 65'536;
}

bool is_path(std::string_view text) {
  return text.size() > 1 && text.back() != '/' && text.find("//") == std::string_view::npos &&
         std::none_of(text.begin(), text.end(), [](unsigned char c) { return c <= ' '; });
}

}  // namespace

std::optional<EnsembleAddress> parse_zookeeper(std::string_view text) {
  constexpr std::string_view prefix = "zookeeper://";
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  EnsembleAddress found;
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    found.chroot = text.substr(slash);
    if (!is_path(found.chroot)) return std::nullopt;
    text = text.substr(0, slash);
  }
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view server = text.substr(0, comma);
    if (!is_host_and_port(server)) return std::nullopt;
    found.servers.emplace_back(server);
    if (comma == std::string_view::npos) return found;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace settle
