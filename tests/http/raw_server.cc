#include "tests/http/raw_server.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace settle::http {
namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// How long head and body together are; npos while the head is not there yet.
std::size_t whole_length(const std::string& request) {
  const auto end = request.find("\r\n\r\n");
  if (end == std::string::npos) return std::string::npos;
  std::string head = request.substr(0, end);
  std::transform(head.begin(), head.end(), head.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  const auto length = head.find("content-length:");
  const std::size_t body =
      length == std::string::npos ? 0 : std::strtoul(head.c_str() + length + 15, nullptr, 10);
  return end + 4 + body;
}

std::string read_request(int connection) {
  std::string request;
  std::array<char, 16'384> buffer{};
  while (true) {
    const std::size_t wanted = whole_length(request);
    if (wanted != std::string::npos && request.size() >= wanted) return request;
    const ssize_t count = ::read(connection, buffer.data(), buffer.size());
    if (count <= 0) return request;
    request.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

void write_all(int connection, const std::string& bytes) {
  std::size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t count =
        ::send(connection, bytes.data() + written, bytes.size() - written, MSG_NOSIGNAL);
    if (count <= 0) return;
    written += static_cast<std::size_t>(count);
  }
}

}  // namespace

std::string plain_reply(int status, const std::string& body, const std::string& headers) {
  return "HTTP/1.1 " + std::to_string(status) +
         " Said\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n" +
         headers + "\r\n" + body;
}

RawServer::RawServer(Handler handler) : handler_(std::move(handler)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof(address);
  ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
  ::listen(listener_, 64);
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

RawServer::~RawServer() {
  is_stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
}

void RawServer::run() {
  while (!is_stopping_) {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    serve(connection);
  }
}

void RawServer::serve(int connection) const {
  const std::string request = read_request(connection);
  if (!request.empty()) {
    const RawReply reply = handler_(request);
    write_all(connection, reply.bytes);
    if (reply.resets) {
      const linger at_once{1, 0};
      ::setsockopt(connection, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    }
  }
  ::close(connection);
}

std::string exchange(int port, const std::string& request) {
  const int connection = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  std::string answer;
  if (::connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
    write_all(connection, request);
    std::array<char, 16'384> buffer{};
    for (ssize_t count = 0; (count = ::read(connection, buffer.data(), buffer.size())) > 0;) {
      answer.append(buffer.data(), static_cast<std::size_t>(count));
    }
  }
  ::close(connection);
  return answer;
}

}  // namespace settle::http
