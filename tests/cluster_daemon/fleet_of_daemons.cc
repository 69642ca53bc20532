#include "tests/cluster_daemon/fleet_of_daemons.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include <arpa/inet.h>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/places.h"

namespace settle {
namespace {

constexpr int members_max = 4;

/// Ports that were free a moment ago, all different.
std::vector<int> free_ports(int count) {
  std::vector<int> sockets;
  std::vector<int> ports;
  for (int at = 0; at < count; ++at) {
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

std::string groups_text() {
  std::string text = "version: 1\ngroups:\n";
  for (int group = 0; group < FleetOfDaemons::groups; ++group) {
    text += fmt::format(
        "  g{}: {{ capacity: {{ min: 1, max: 500, initial: 1 }}, observe_every: 1s, "
        "guards: {{ launches: {{ at_most: 50, per: 1m }} }}, "
        "policies: {{ more: {{ type: webhook, add: 1 }}, "
        "slow: {{ type: alert, alarm: slow/c{}, add: 2 }} }} }}\n",
        group, group);
  }
  return text;
}

}  // namespace

FleetOfDaemons::FleetOfDaemons(zk::Ensemble& ensemble)
    : ensemble_(ensemble), ports_(free_ports(members_max)), members_(members_max) {
  std::string pattern = (std::filesystem::temp_directory_path() / "settle-fleet.XXXXXX").string();
  if (::mkdtemp(pattern.data()) != nullptr) folder_ = pattern;
  std::ofstream(folder_ + "/groups.yaml") << groups_text();
}

FleetOfDaemons::~FleetOfDaemons() {
  for (Member& member : members_) {
    if (member.process <= 0) continue;
    ::kill(member.process, SIGKILL);
    ::waitpid(member.process, nullptr, 0);
  }
  if (keeps_folder_) return;
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string FleetOfDaemons::tree() const {
  return "/" + std::filesystem::path(folder_).filename().string();
}

std::string FleetOfDaemons::clouds_of(int n) const {
  if (clouds_) return clouds_(n);
  return fmt::format(
      "simulated: {{ type: simulated, state_file: \"{}/cloud\", shared: true, tokens: false, "
      "boot_time: 10ms, boot_jitter: 1ms, call_time: 5ms, call_jitter: 5ms, seed: {} }}",
      folder_, n + 1);
}

void FleetOfDaemons::start(int n, const std::string& extra, const std::string& name) {
  std::filesystem::create_directories(folder(n));
  const std::string config = folder(n) + "/settled.yaml";
  const bool is_own = std::filesystem::exists(folder(n) + "/groups.yaml");
  std::ofstream(config) << fmt::format(
      "version: 1\nnode: {{ name: {} }}\nstore: \"zookeeper://{}{}\"\n"
      "zookeeper: {{ session_timeout: 3s, server_tick: 500ms, quarantine: 1s{} }}\n"
      "groups: {}/groups.yaml\n"
      "listen: {{ socket: \"{}/s\", http: \"127.0.0.1:{}\" }}\njournal: {{ path: \"{}/j.db\" }}\n"
      "log: {{ format: text }}\nclouds: {{ {} }}\n{}\n",
      name.empty() ? "n" + std::to_string(n) : name,
      servers_ ? servers_(n) : fmt::format("{}", fmt::join(ensemble_.servers(), ",")), tree(),
      changelog_.empty() ? std::string() : fmt::format(", changelog: \"{}\"", changelog_),
      is_own ? folder(n) : folder_, folder(n), port(n), folder(n), clouds_of(n),
      extra.empty() ? fmt::format("partitions: {}", partitions) : extra);
  const std::string program = binary_folder() + "/settled";
  const std::string output = folder(n) + "/log";
  const std::string network =
      holders_ ? fmt::format("/proc/{}/ns/net", holders_(n)) : std::string();
  std::vector<std::string> words{program, "run", "--config", config};
  words.insert(words.end(), arguments_.begin(), arguments_.end());
  std::vector<char*> command;
  for (std::string& word : words) command.push_back(word.data());
  command.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    for (std::string& variable : variables_) ::putenv(variable.data());
    if (!network.empty() && ::setns(::open(network.c_str(), O_RDONLY), CLONE_NEWNET) != 0) {
      ::_exit(126);
    }
    const int log = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::close_range(3, ~0U, 0);
    ::execv(program.c_str(), command.data());
    ::_exit(127);
  }
  members_[static_cast<std::size_t>(n)].process = child;
}

void FleetOfDaemons::signal(int n, int number) const {
  const pid_t process = members_[static_cast<std::size_t>(n)].process;
  if (process > 0) ::kill(process, number);
}

void FleetOfDaemons::change_groups(const std::string& more) const {
  std::ofstream(folder_ + "/groups.yaml", std::ios::app) << more;
}

void FleetOfDaemons::change_groups_of(int n, const std::string& more) const {
  const std::string own = folder(n) + "/groups.yaml";
  if (!std::filesystem::exists(own)) {
    std::filesystem::create_directories(folder(n));
    std::filesystem::copy_file(folder_ + "/groups.yaml", own);
  }
  std::ofstream(own, std::ios::app) << more;
}

int FleetOfDaemons::wait(int n) {
  pid_t& process = members_[static_cast<std::size_t>(n)].process;
  int status = 0;
  const bool ended = eventually([&] { return ::waitpid(process, &status, WNOHANG) == process; },
                                std::chrono::seconds(60));
  if (!ended) return -1000;
  process = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

HttpReply FleetOfDaemons::ask(int n, std::string_view method, std::string_view target,
                              std::string_view body, std::string_view headers) const {
  HttpConnection connection(folder(n) + "/s");
  if (!connection.is_open()) return {};
  return connection.request(method, target, body, headers);
}

std::vector<std::string> FleetOfDaemons::owners(int n) const {
  std::vector<std::string> found;
  const HttpReply reply = ask(n, "GET", "/v1/partitions");
  boost::system::error_code error;
  const boost::json::value body = boost::json::parse(reply.body, error);
  if (error || !body.is_object()) return found;
  for (const auto& row : body.at("partitions").as_array()) {
    const auto& owner = row.at("owner");
    found.emplace_back(owner.is_string() ? std::string(owner.as_string()) : std::string());
  }
  return found;
}

std::string FleetOfDaemons::log(int n) const {
  std::ifstream in(folder(n) + "/log");
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::vector<std::string> FleetOfDaemons::living() const {
  return instances(false);
}

std::vector<std::string> FleetOfDaemons::launched() const {
  return instances(true);
}

std::vector<std::string> FleetOfDaemons::instances(bool with_dead) const {
  std::map<std::string, std::vector<std::string>> last;  // By instance: columns of its last line.
  std::ifstream in(folder_ + "/cloud");
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> cells;
    std::istringstream columns(line);
    for (std::string cell; std::getline(columns, cell, '\t');) cells.push_back(cell);
    if (cells.size() == 13) last[cells[1]] = cells;
  }
  std::vector<std::string> found;
  for (const auto& [id, cells] : last) {
    if (with_dead || cells[10] == "-") found.push_back(cells[0] + " " + cells[2]);
  }
  return found;
}

}  // namespace settle
