#include "daemon/base/ensemble_place.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace settle {
namespace {

constexpr std::string_view standard_name_space = "/settle";
constexpr std::string_view example = "zookeeper://zk1:2181,zk2:2181/settle/prod";

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port >= 1 && port <= 65'535;
}

/// "host:port"; empty if it is neither that nor a host alone.
std::string server_of(std::string_view text) {
  const bool is_v6 = text.starts_with('[');
  const std::size_t bracket = is_v6 ? text.find(']') : 0;
  if (bracket == std::string_view::npos) return {};
  const std::size_t colon = text.find(':', bracket);
  const std::string_view host = text.substr(0, colon);
  const std::string_view allowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_[]:";
  if (host.empty() || host.find_first_not_of(allowed) != std::string_view::npos) return {};
  if (is_v6 && host.back() != ']') return {};
  if (colon == std::string_view::npos) return std::string(host) + ":2181";
  return is_port(text.substr(colon + 1)) ? std::string(text) : std::string();
}

bool is_path(std::string_view path) {
  if (path.size() < 2 || path.front() != '/' || path.back() == '/') return false;
  if (path.find("//") != std::string_view::npos) return false;
  return std::all_of(path.begin(), path.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '/' || c == '-' || c == '_' ||
           c == '.';
  });
}

}  // namespace

Result<EnsemblePlace> parse_place(std::string_view url) {
  const auto refused = [&](std::string_view why) {
    return Error{ErrorCode::invalid, fmt::format("{} {}: write it as {}", url, why, example)};
  };
  if (!url.starts_with(place_scheme)) return refused("does not begin with zookeeper://");
  const std::string_view rest = url.substr(place_scheme.size());
  if (rest.find('@') != std::string_view::npos) {
    return Error{ErrorCode::invalid,
                 "credentials do not belong into a zookeeper:// address: put USER:PASSWORD into a "
                 "file"};
  }
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  EnsemblePlace place;
  for (std::size_t at = 0; at <= slash;) {
    const std::size_t comma = std::min(rest.find(',', at), slash);
    std::string server = server_of(rest.substr(at, comma - at));
    if (server.empty()) return refused("names a server that is no HOST:PORT");
    place.servers.push_back(std::move(server));
    at = comma + 1;
  }
  place.name_space = slash == rest.size() ? standard_name_space : rest.substr(slash);
  if (!is_path(place.name_space)) return refused("has no plain path for the cluster");
  if (place.name_space.starts_with("/zookeeper")) return refused("lies in ZooKeeper's own tree");
  return place;
}

std::string to_url(const EnsemblePlace& place) {
  return fmt::format("{}{}{}", place_scheme, fmt::join(place.servers, ","), place.name_space);
}

}  // namespace settle
