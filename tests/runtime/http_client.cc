#include "tests/runtime/http_client.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace settle {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return text;
}

HttpReply parse_head(const std::string& head) {
  HttpReply reply;
  std::size_t at = head.find("\r\n");
  if (head.size() > 12) reply.status = std::stoi(head.substr(9, 3));
  while (at != std::string::npos && at + 2 < head.size()) {
    const std::size_t end = head.find("\r\n", at + 2);
    const std::string line = head.substr(at + 2, end - at - 2);
    const std::size_t colon = line.find(':');
    if (colon != std::string::npos) {
      const std::size_t value = line.find_first_not_of(' ', colon + 1);
      reply.headers[lower(line.substr(0, colon))] =
          value == std::string::npos ? "" : line.substr(value);
    }
    at = end;
  }
  return reply;
}

}  // namespace

HttpConnection::HttpConnection(std::uint16_t port) {
  descriptor_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    ::close(descriptor_);
    descriptor_ = -1;
  }
}

HttpConnection::HttpConnection(const std::string& socket_path) {
  descriptor_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket_path.c_str(), sizeof(address.sun_path) - 1);
  if (::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    ::close(descriptor_);
    descriptor_ = -1;
  }
}

HttpConnection::~HttpConnection() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool HttpConnection::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void HttpConnection::end_sending() const {
  ::shutdown(descriptor_, SHUT_WR);
}

bool HttpConnection::fill(std::chrono::steady_clock::time_point until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      until - std::chrono::steady_clock::now());
  if (left.count() <= 0) return false;
  pollfd waiting{descriptor_, POLLIN, 0};
  if (::poll(&waiting, 1, static_cast<int>(left.count())) <= 0) return false;
  std::array<char, 16 * 1024> space{};
  const ssize_t got = ::recv(descriptor_, space.data(), space.size(), 0);
  if (got <= 0) return false;
  unread_.append(space.data(), static_cast<std::size_t>(got));
  return true;
}

HttpReply HttpConnection::receive(std::chrono::milliseconds wait) {
  const auto until = std::chrono::steady_clock::now() + wait;
  std::size_t end = std::string::npos;
  while ((end = unread_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill(until)) return {};
  }
  HttpReply reply = parse_head(unread_.substr(0, end + 2));
  unread_.erase(0, end + 4);
  const auto length = reply.headers.find("content-length");
  const std::size_t bytes =
      length == reply.headers.end() ? 0 : static_cast<std::size_t>(std::stoul(length->second));
  while (unread_.size() < bytes) {
    if (!fill(until)) return {};
  }
  reply.body = unread_.substr(0, bytes);
  unread_.erase(0, bytes);
  return reply;
}

HttpReply HttpConnection::request(std::string_view method, std::string_view target,
                                  std::string_view body, std::string_view more_headers) {
  std::string bytes = std::string(method) + " " + std::string(target) +
                      " HTTP/1.1\r\nHost: localhost\r\n" + std::string(more_headers);
  if (!body.empty() || method == "POST") {
    bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  bytes += "\r\n";
  bytes += body;
  if (!send(bytes)) return {};
  return receive();
}

}  // namespace settle
