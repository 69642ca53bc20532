#include "tests/zookeeper/ensemble.h"

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

namespace settle::zk {
namespace {

namespace fs = std::filesystem;

constexpr const char* jar = "/usr/share/java/zookeeper.jar";
constexpr const char* java = "/usr/bin/java";

/// Ports that were free a moment ago, all different.
std::vector<int> free_ports(std::size_t count) {
  std::vector<int> sockets;
  std::vector<int> ports;
  for (std::size_t at = 0; at < count; ++at) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    ::bind(socket, reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    ports.push_back(ntohs(address.sin_port));
    sockets.push_back(socket);
  }
  for (const int socket : sockets) ::close(socket);
  return ports;
}

void wait_a_little() {
  const timespec pause{0, 50'000'000};
  ::nanosleep(&pause, nullptr);
}

}  // namespace

bool Ensemble::is_available() {
  return ::access(jar, R_OK) == 0 && ::access(java, X_OK) == 0;
}

Ensemble::Ensemble(int size, int tick_ms, int heap_mib, bool is_open)
    : heap_(fmt::format("-Xmx{}m", heap_mib)) {
  std::string pattern = (fs::temp_directory_path() / "settle-zookeeper-XXXXXX").string();
  folder_ = ::mkdtemp(pattern.data());
  const auto count = static_cast<std::size_t>(size);
  const std::vector<int> ports = free_ports(count * 3);
  std::string members;
  for (std::size_t at = 0; at < count && count > 1; ++at) {
    members += fmt::format("server.{}=127.0.0.1:{}:{};{}:{}\n", at + 1, ports[count + at],
                           ports[2 * count + at], is_open ? "0.0.0.0" : "127.0.0.1", ports[at]);
  }
  for (std::size_t at = 0; at < count; ++at) {
    Server server;
    server.folder = fmt::format("{}/{}", folder_, at + 1);
    server.port = ports[at];
    fs::create_directories(server.folder + "/data");
    std::ofstream(server.folder + "/data/myid") << at + 1 << "\n";
    std::ofstream(server.folder + "/log4j.properties")
        << "log4j.rootLogger=WARN, console\n"
           "log4j.appender.console=org.apache.log4j.ConsoleAppender\n"
           "log4j.appender.console.layout=org.apache.log4j.PatternLayout\n";
    std::ofstream config(server.folder + "/zoo.cfg");
    config << fmt::format(
        "tickTime={}\ninitLimit=20\nsyncLimit=8\nminSessionTimeout=1000\n"
        "maxSessionTimeout=60000\ndataDir={}/data\nadmin.enableServer=false\nmaxClientCnxns=0\n"
        "4lw.commands.whitelist=*\n",
        tick_ms, server.folder);
    if (count == 1) {
      config << fmt::format("clientPort={}\nclientPortAddress=127.0.0.1\n", server.port);
    }
    config << members;
    servers_.push_back(std::move(server));
  }
  for (std::size_t at = 0; at < count; ++at) start(at);
  for (int tries = 0; tries < 600 && !is_serving(); ++tries) wait_a_little();
}

Ensemble::~Ensemble() {
  for (std::size_t at = 0; at < servers_.size(); ++at) kill(at);
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void Ensemble::start(std::size_t at) {
  Server& server = servers_[at];
  const std::string classes = fmt::format(
      "{}:{}:/usr/share/java/slf4j-log4j12.jar:/usr/share/java/log4j-1.2.jar", server.folder, jar);
  const std::string config = server.folder + "/zoo.cfg";
  const std::string log = server.folder + "/log";
  const pid_t child = ::fork();
  if (child != 0) {
    server.process = child;
    return;
  }
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(out, STDERR_FILENO);
  const char* const main = servers_.size() == 1
                               ? "org.apache.zookeeper.server.ZooKeeperServerMain"
                               : "org.apache.zookeeper.server.quorum.QuorumPeerMain";
  ::execl(java, java, heap_.c_str(), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
          classes.c_str(), main, config.c_str(), static_cast<char*>(nullptr));
  ::_exit(127);
}

void Ensemble::kill(std::size_t at) {
  Server& server = servers_[at];
  if (server.process <= 0) return;
  ::kill(server.process, SIGKILL);
  int status = 0;
  ::waitpid(server.process, &status, 0);
  server.process = -1;
  server.is_paused = false;
}

void Ensemble::pause(std::size_t at) {
  ::kill(servers_[at].process, SIGSTOP);
  servers_[at].is_paused = true;
}

void Ensemble::resume(std::size_t at) {
  ::kill(servers_[at].process, SIGCONT);
  servers_[at].is_paused = false;
}

void Ensemble::restart_all(const std::function<void(const Server&)>& between) {
  for (std::size_t at = 0; at < servers_.size(); ++at) kill(at);
  for (const Server& server : servers_) between(server);
  for (std::size_t at = 0; at < servers_.size(); ++at) start(at);
  for (int tries = 0; tries < 600 && !is_serving(); ++tries) wait_a_little();
}

void Ensemble::copy() {
  restart_all([](const Server& server) {
    fs::remove_all(server.folder + "/copy");
    fs::copy(server.folder + "/data", server.folder + "/copy", fs::copy_options::recursive);
  });
}

void Ensemble::put_back() {
  restart_all([](const Server& server) {
    fs::remove_all(server.folder + "/data");
    fs::copy(server.folder + "/copy", server.folder + "/data", fs::copy_options::recursive);
  });
}

std::vector<std::string> Ensemble::servers() const {
  std::vector<std::string> places;
  for (const Server& server : servers_) places.push_back(fmt::format("127.0.0.1:{}", server.port));
  return places;
}

bool Ensemble::is_serving() const {
  for (const Server& server : servers_) {
    if (server.process > 0 && word(server, "srvr").find("Mode: ") == std::string::npos)
      return false;
  }
  return true;
}

std::size_t Ensemble::leader() const {
  for (std::size_t at = 0; at < servers_.size(); ++at) {
    if (word(servers_[at], "srvr").find("Mode: leader") != std::string::npos) return at;
  }
  return servers_.size();
}

std::size_t Ensemble::server_of(std::int64_t session) const {
  const std::string wanted = fmt::format("sid=0x{:x}", session);
  for (std::size_t at = 0; at < servers_.size(); ++at) {
    if (servers_[at].is_paused) continue;
    if (word(servers_[at], "cons").find(wanted) != std::string::npos) return at;
  }
  return servers_.size();
}

int Ensemble::connection_requests(std::size_t server) const {
  const std::string answer = word(servers_[server], "mntr");
  const std::string name = "zk_connection_request_count\t";
  const std::size_t at = answer.find(name);
  return at == std::string::npos ? 0 : std::atoi(answer.c_str() + at + name.size());
}

/// One of the four-letter words, and what the server answers.
std::string Ensemble::word(const Server& server, const std::string& command) const {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{2, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(server.port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 &&
      ::write(socket, command.data(), command.size()) > 0) {
    std::array<char, 1024> part{};
    for (ssize_t got = 0; (got = ::read(socket, part.data(), part.size())) > 0;) {
      answer.append(part.data(), static_cast<std::size_t>(got));
    }
  }
  ::close(socket);
  return answer;
}

}  // namespace settle::zk
