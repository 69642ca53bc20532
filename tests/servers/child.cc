#include "tests/servers/child.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace settle::servers {
namespace {

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

std::vector<int> free_ports(std::size_t count) {
  std::vector<int> sockets;
  std::vector<int> ports;
  for (std::size_t at = 0; at < count; ++at) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof(address);
    ::bind(socket, reinterpret_cast<sockaddr*>(&address), size);
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    ports.push_back(ntohs(address.sin_port));
    sockets.push_back(socket);
  }
  for (const int socket : sockets) ::close(socket);
  return ports;
}

std::string new_folder(const std::string& name) {
  const auto pattern = std::filesystem::temp_directory_path() / ("settle-" + name + "-XXXXXX");
  std::string folder = pattern.string();
  return ::mkdtemp(folder.data());
}

Child::Child(const std::vector<std::string>& arguments, const std::string& log,
             const std::map<std::string, std::string>& environment) {
  std::vector<std::string> pairs;
  for (const auto& [name, value] : environment) pairs.push_back(name + "=" + value);
  std::vector<char*> words;
  std::vector<char*> settings;
  for (const std::string& one : arguments) words.push_back(const_cast<char*>(one.c_str()));
  for (const std::string& one : pairs) settings.push_back(const_cast<char*>(one.c_str()));
  words.push_back(nullptr);
  settings.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ != 0) return;
  ::setsid();
  const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(out, STDERR_FILENO);
  ::execve(words.front(), words.data(), environment.empty() ? ::environ : settings.data());
  ::_exit(127);
}

int Child::wait() {
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void Child::kill() {
  if (pid_ <= 0) return;
  ::kill(-pid_, SIGKILL);  // Its session is its process group.
  (void)wait();
}

void Child::pause() {
  ::kill(-pid_, SIGSTOP);
}

void Child::resume() {
  ::kill(-pid_, SIGCONT);
}

bool is_open(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  const bool is_there =
      ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  ::close(socket);
  return is_there;
}

}  // namespace settle::servers
