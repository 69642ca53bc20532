#include "daemon/zookeeper/resolve.h"

#include <algorithm>
#include <array>
#include <memory>

#include <netdb.h>
#include <sys/socket.h>

namespace settle::zk {
namespace {

struct Place {
  std::string host;
  std::string port;
};

Place parse(const std::string& server) {
  const std::size_t colon = server.rfind(':');
  Place place{server.substr(0, colon),
              colon == std::string::npos ? "2181" : server.substr(colon + 1)};
  if (place.host.size() > 1 && place.host.front() == '[' && place.host.back() == ']') {
    place.host = place.host.substr(1, place.host.size() - 2);
  }
  return place;
}

}  // namespace

std::vector<std::string> resolve(const std::vector<std::string>& servers) {
  std::vector<std::string> addresses;
  for (const std::string& server : servers) {
    const Place place = parse(server);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* first = nullptr;
    if (::getaddrinfo(place.host.c_str(), place.port.c_str(), &hints, &first) != 0) continue;
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> found(first, &::freeaddrinfo);
    for (const addrinfo* at = first; at != nullptr; at = at->ai_next) {
      std::array<char, NI_MAXHOST> host{};
      if (::getnameinfo(at->ai_addr, at->ai_addrlen, host.data(), host.size(), nullptr, 0,
                        NI_NUMERICHOST) != 0) {
        continue;
      }
      std::string address = at->ai_family == AF_INET6
                                ? "[" + std::string(host.data()) + "]:" + place.port
                                : std::string(host.data()) + ":" + place.port;
      if (std::find(addresses.begin(), addresses.end(), address) == addresses.end()) {
        addresses.push_back(std::move(address));
      }
    }
  }
  return addresses;
}

}  // namespace settle::zk
