#include "daemon/zookeeper/server_report.h"

#include <array>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <sstream>

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/zookeeper/resolve.h"

namespace settle::zk {
namespace {

constexpr timeval patience{2, 0};
constexpr std::size_t answer_max = std::size_t{256} * 1024;

/// What follows `label` on its line; empty if there is no such line.
std::string after(const std::string& text, const std::string& label) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(label)) return line.substr(label.size());
  }
  return {};
}

/// A connected socket, or -1.
int connect_to(const std::string& server) {
  for (const std::string& address : resolve({server})) {
    const std::size_t colon = address.rfind(':');
    std::string host = address.substr(0, colon);
    if (host.front() == '[') host = host.substr(1, host.size() - 2);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    addrinfo* first = nullptr;
    const std::string port = address.substr(colon + 1);
    if (::getaddrinfo(host.c_str(), port.c_str(), &hints, &first) != 0) continue;
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> found(first, &::freeaddrinfo);
    const int socket = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (::connect(socket, found->ai_addr, found->ai_addrlen) == 0) return socket;
    ::close(socket);
  }
  return -1;
}

/// None: nobody accepts a connection.
std::optional<std::string> word(const std::string& server, const std::string& command) {
  const int socket = connect_to(server);
  if (socket < 0) return std::nullopt;
  std::string answer;
  if (::send(socket, command.data(), command.size(), MSG_NOSIGNAL) > 0) {
    std::array<char, 4096> part{};
    while (answer.size() < answer_max) {
      const ssize_t got = ::recv(socket, part.data(), part.size(), 0);
      if (got <= 0) break;
      answer.append(part.data(), static_cast<std::size_t>(got));
    }
  }
  ::close(socket);
  return answer;
}

}  // namespace

void read_srvr(const std::string& text, ServerReport& report) {
  report.permits_words =
      text.find("is not executed because it is not in the whitelist") == std::string::npos &&
      !text.empty();
  const std::string version = after(text, "Zookeeper version: ");
  report.version = version.substr(0, version.find_first_of("-, "));
  report.mode = after(text, "Mode: ");
  report.is_serving = !report.mode.empty();
  report.outstanding = std::strtoull(after(text, "Outstanding: ").c_str(), nullptr, 10);
  std::istringstream latency(after(text, "Latency min/avg/max: "));
  double least = 0;
  char slash = 0;
  latency >> least >> slash >> report.latency_average_ms >> slash >> report.latency_max_ms;
}

void read_mntr(const std::string& text, ServerReport& report) {
  const std::string watches = after(text, "zk_watch_count\t");
  if (!watches.empty()) report.watches = std::strtoull(watches.c_str(), nullptr, 10);
}

ServerReport ask_server(const std::string& server) {
  ServerReport report;
  report.server = server;
  const auto asked = std::chrono::steady_clock::now();
  const auto srvr = word(server, "srvr");
  report.answered_in = std::chrono::ceil<Milliseconds>(std::chrono::steady_clock::now() - asked);
  report.is_tcp_open = srvr.has_value();
  if (!srvr) return report;
  read_srvr(*srvr, report);
  if (report.is_serving) read_mntr(word(server, "mntr").value_or(""), report);
  return report;
}

bool is_loopback(const std::string& server) {
  const std::string host = server.substr(0, server.rfind(':'));
  const bool is_number = host.find_first_not_of("0123456789.") == std::string::npos;
  return host == "localhost" || host == "[::1]" || (is_number && host.starts_with("127."));
}

}  // namespace settle::zk
