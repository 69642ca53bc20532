#include "tests/runtime/daemon.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/places.h"

namespace settle {
namespace {

const std::string program = binary_folder() + "/settled";

}  // namespace

Ended run_program(const std::string& command) {
  Ended ended;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return ended;
  std::array<char, 4'096> part{};
  for (std::size_t got = 0; (got = ::fread(part.data(), 1, part.size(), pipe)) > 0;) {
    ended.said.append(part.data(), got);
  }
  const int status = ::pclose(pipe);
  ended.code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return ended;
}

bool has_program(const std::string& path) {
  return ::access(path.c_str(), X_OK) == 0;
}

Daemon::Daemon() {
  std::string pattern = (std::filesystem::temp_directory_path() / "settled-test.XXXXXX").string();
  if (::mkdtemp(pattern.data()) != nullptr) folder_ = pattern;
}

Daemon::~Daemon() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Daemon::write_config(std::string_view groups, std::string_view mode) const {
  std::ofstream(folder_ + "/settled.yaml")
      << "version: 1\nnode: { name: test }\nstore: \"sqlite:" << folder_
      << "/settle.db\"\npartitions: 4\ngroups: groups.yaml\nmode: " << mode
      << "\nlisten: { socket: \"" << folder_ << "/admin.sock\", http: none }\njournal: { path: \""
      << folder_ << "/journal.db\" }\nlog: { format: text }\n"
      << "clouds: { simulated: { type: simulated, boot_time: 10ms, boot_jitter: 1ms, "
         "call_time: 1ms, call_jitter: 1ms } }\n";
  std::ofstream(folder_ + "/groups.yaml") << groups;
}

bool Daemon::start() {
  const std::string config = folder_ + "/settled.yaml";
  const std::string output = folder_ + "/log";
  process_ = ::fork();
  if (process_ == 0) {
    const int log = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::execl(program.c_str(), program.c_str(), "run", "--config", config.c_str(),
            static_cast<char*>(nullptr));
    ::_exit(127);
  }
  return eventually([this] {
           int status = 0;
           if (::waitpid(process_, &status, WNOHANG) == process_) {
             process_ = -1;
             return true;
           }
           return HttpConnection(socket()).is_open() && ask("GET", "/-/ready").status == 200;
         }) &&
         process_ > 0;
}

void Daemon::signal(int number) const {
  if (process_ > 0) ::kill(process_, number);
}

int Daemon::wait(std::chrono::milliseconds most) {
  int status = 0;
  const bool ended =
      eventually([&] { return ::waitpid(process_, &status, WNOHANG) == process_; }, most);
  if (!ended) return -1000;
  process_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::string Daemon::log() const {
  std::ifstream in(folder_ + "/log");
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

HttpReply Daemon::ask(std::string_view method, std::string_view target, std::string_view body,
                      std::string_view headers) const {
  HttpConnection connection(socket());
  if (!connection.is_open()) return {};
  return connection.request(method, target, body, headers);
}

}  // namespace settle
