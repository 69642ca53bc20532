#include "tests/sources/real/server.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/runtime/daemon.h"

namespace settle {
namespace {

std::uint16_t port_in(const std::string& log) {
  constexpr std::string_view before = "msg=\"Listening on\" address=127.0.0.1:";
  const std::size_t found = log.find(before);
  if (found == std::string::npos || log.find('\n', found) == std::string::npos) return 0;
  return static_cast<std::uint16_t>(std::strtoul(log.c_str() + found + before.size(), nullptr, 10));
}

}  // namespace

Server::Server(const std::string& program, std::vector<std::string> arguments,
               const std::vector<std::pair<std::string, std::string>>& files, std::string ready) {
  std::string pattern = (std::filesystem::temp_directory_path() / "settle-server.XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) return;
  folder_ = pattern;
  for (const auto& [name, text] : files) std::ofstream(folder_ + "/" + name) << text;
  std::vector<char*> words{const_cast<char*>(program.c_str())};
  for (std::string& argument : arguments) {
    const std::size_t at = argument.find("@/");
    if (at != std::string::npos) argument.replace(at, 1, folder_);
    words.push_back(argument.data());
  }
  words.push_back(nullptr);
  const std::string output = folder_ + "/log";
  process_ = ::fork();
  if (process_ == 0) {
    const int log_file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(log_file, STDOUT_FILENO);
    ::dup2(log_file, STDERR_FILENO);
    ::execv(program.c_str(), words.data());
    ::_exit(127);
  }
  (void)eventually([&] {
    const std::string text = log();
    port_ = port_in(text);
    return port_ != 0 && text.find(ready) != std::string::npos;
  });
}

Server::~Server() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

std::string Server::log() const {
  std::ifstream in(folder_ + "/log");
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace settle
