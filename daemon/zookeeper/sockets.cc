#include "daemon/zookeeper/sockets.h"

#include <charconv>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <netinet/in.h>
#include <unistd.h>

namespace settle::zk {
namespace {

bool is_same_place(const sockaddr_storage& one, const sockaddr_storage& other) {
  if (one.ss_family != other.ss_family) return false;
  if (one.ss_family == AF_INET) {
    const auto& a = reinterpret_cast<const sockaddr_in&>(one);
    const auto& b = reinterpret_cast<const sockaddr_in&>(other);
    return a.sin_port == b.sin_port && a.sin_addr.s_addr == b.sin_addr.s_addr;
  }
  if (one.ss_family != AF_INET6) return false;
  const auto& a = reinterpret_cast<const sockaddr_in6&>(one);
  const auto& b = reinterpret_cast<const sockaddr_in6&>(other);
  return a.sin6_port == b.sin6_port &&
         std::memcmp(&a.sin6_addr, &b.sin6_addr, sizeof(a.sin6_addr)) == 0;
}

/// Whether it was one of those, and is cut now.
bool cut(int socket, const sockaddr_storage& peer) {
  // A descriptor of our own, so that what is looked at is what is cut, whoever closes meanwhile.
  const int ours = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
  if (ours < 0) return false;
  sockaddr_storage found{};
  socklen_t size = sizeof(found);
  const bool is_it = ::getpeername(ours, reinterpret_cast<sockaddr*>(&found), &size) == 0 &&
                     is_same_place(found, peer) && ::shutdown(ours, SHUT_RDWR) == 0;
  ::close(ours);
  return is_it;
}

}  // namespace

int cut_connections_to(const sockaddr_storage& peer) {
  int cuts = 0;
  std::error_code error;
  // Read to its end first: each look opens a descriptor more.
  std::vector<int> open;
  for (std::filesystem::directory_iterator at("/proc/self/fd", error), end; !error && at != end;
       at.increment(error)) {
    const std::string name = at->path().filename().string();
    int number = -1;
    std::from_chars(name.data(), name.data() + name.size(), number);
    if (number >= 0) open.push_back(number);
  }
  for (const int number : open) cuts += cut(number, peer) ? 1 : 0;
  return cuts;
}

}  // namespace settle::zk
