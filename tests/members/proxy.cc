#include "tests/members/proxy.h"

#include <algorithm>
#include <array>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace settle::cluster {
namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// Moves what there is. False once the connection is over.
bool forward(int from, int to) {
  std::array<char, 65'536> part{};
  const ssize_t got = ::recv(from, part.data(), part.size(), MSG_DONTWAIT);
  if (got <= 0) return got < 0 && (errno == EAGAIN || errno == EINTR);
  for (ssize_t sent = 0; sent < got;) {
    const ssize_t now =
        ::send(to, part.data() + sent, static_cast<std::size_t>(got - sent), MSG_NOSIGNAL);
    if (now <= 0) return false;
    sent += now;
  }
  return true;
}

}  // namespace

Proxy::Proxy(int target) : target_(target) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof(address);
  ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
  ::listen(listener_, 16);
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

Proxy::~Proxy() {
  is_over_ = true;
  thread_.join();
  ::close(listener_);
}

void Proxy::accept_one(std::vector<std::pair<int, int>>& links) const {
  const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(target_);
  if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
    links.emplace_back(client, server);
    return;
  }
  ::close(server);
  ::close(client);
}

void Proxy::run() {
  std::vector<std::pair<int, int>> links;  // Client, server.
  std::uint64_t cuts = 0;
  const auto close_link = [](const std::pair<int, int>& link) {
    ::close(link.first);
    ::close(link.second);
  };
  while (!is_over_) {
    if (const std::uint64_t wanted = cuts_; wanted != cuts) {
      cuts = wanted;
      std::for_each(links.begin(), links.end(), close_link);
      links.clear();
    }
    const short up = requests_held_ ? 0 : POLLIN;
    const short down = answers_held_ ? 0 : POLLIN;
    std::vector<pollfd> waits{{listener_, POLLIN, 0}};
    for (const auto& [client, server] : links) {
      waits.push_back({client, up, 0});
      waits.push_back({server, down, 0});
    }
    ::poll(waits.data(), waits.size(), 5);
    std::vector<std::pair<int, int>> kept;
    for (std::size_t at = 0; at < links.size(); ++at) {
      const auto& [client, server] = links[at];
      const bool asks = (waits[1 + 2 * at].revents & POLLIN) != 0;
      const bool answers = (waits[2 + 2 * at].revents & POLLIN) != 0;
      const bool is_over =
          (asks && !forward(client, server)) || (answers && !forward(server, client)) ||
          (!asks && !answers && up == POLLIN && down == POLLIN &&
           ((waits[1 + 2 * at].revents | waits[2 + 2 * at].revents) & (POLLHUP | POLLERR)) != 0);
      is_over ? close_link(links[at]) : kept.push_back(links[at]);
    }
    links = std::move(kept);
    if ((waits[0].revents & POLLIN) != 0) accept_one(links);
  }
  std::for_each(links.begin(), links.end(), close_link);
}

}  // namespace settle::cluster
