#include "daemon/child/program.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace settle::child {
namespace {

Error failed(const std::string& what) {
  return {ErrorCode::unavailable,
          fmt::format("{}: {}", what, std::generic_category().message(errno))};
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> made;
  for (std::string& text : texts) made.push_back(text.data());
  made.push_back(nullptr);
  return made;
}

void bound(int resource, std::size_t most) {
  const rlimit limit{most, most};
  (void)::setrlimit(static_cast<__rlimit_resource_t>(resource), &limit);
}

/// In the child, between fork and exec: nothing that allocates.
[[noreturn]] void become(const ProgramLimits& limits, int input, int output, char** command,
                         char** environment) {
  ::setsid();
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
  (void)::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::dup2(input, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::close_range(3, ~0U, 0);
  bound(RLIMIT_CORE, 0);
  bound(RLIMIT_AS, limits.memory_max);
  bound(RLIMIT_NOFILE, limits.files_max);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::execvpe(command[0], command, environment);
  ::_exit(127);
}

}  // namespace

Result<Program> Program::start(const std::vector<std::string>& command,
                               const std::map<std::string, std::string>& environment,
                               ProgramLimits limits) {
  std::vector<std::string> words = command;
  std::vector<std::string> settings{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8"};
  for (const auto& [key, value] : environment) settings.push_back(fmt::format("{}={}", key, value));
  const std::vector<char*> argv = pointers(words);
  const std::vector<char*> envp = pointers(settings);
  std::array<int, 2> in{-1, -1};
  std::array<int, 2> out{-1, -1};
  if (::pipe2(in.data(), O_CLOEXEC) != 0) return failed("pipe");
  if (::pipe2(out.data(), O_CLOEXEC) != 0) {
    ::close(in[0]);
    ::close(in[1]);
    return failed("pipe");
  }
  const pid_t child = ::fork();
  if (child == 0) {
    become(limits, in[0], out[1], const_cast<char**>(argv.data()), const_cast<char**>(envp.data()));
  }
  ::close(in[0]);
  ::close(out[1]);
  if (child < 0) {
    ::close(in[1]);
    ::close(out[0]);
    return failed("fork");
  }
  for (const int end : {in[1], out[0]}) ::fcntl(end, F_SETFL, O_NONBLOCK);
  return Program(child, in[1], out[0], limits);
}

Program::Program(Program&& other) noexcept
    : limits_(other.limits_),
      process_(std::exchange(other.process_, -1)),
      input_(std::exchange(other.input_, -1)),
      output_(std::exchange(other.output_, -1)),
      unsent_(std::move(other.unsent_)),
      partial_(std::move(other.partial_)) {}

Program::~Program() {
  if (process_ <= 0) return;
  ::kill(-process_, SIGKILL);
  ::kill(process_, SIGKILL);  // It may not have come to its own session yet.
  int status = 0;
  while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  ::close(input_);
  ::close(output_);
}

bool Program::send(const std::string& line) {
  if (unsent_.size() + line.size() > limits_.unsent_max) return false;
  unsent_ += line;
  unsent_ += '\n';
  return true;
}

Result<std::vector<std::string>> Program::turn(bool reads) {
  while (!unsent_.empty()) {
    const ssize_t count = ::write(input_, unsent_.data(), unsent_.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) break;
    if (count < 0) return failed("the program takes nothing more");
    unsent_.erase(0, static_cast<std::size_t>(count));
  }
  std::vector<std::string> lines;
  std::array<char, 65'536> buffer{};
  for (std::size_t got = 0; reads && got < limits_.turn_max;) {
    const ssize_t count = ::read(output_, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return lines;
    if (count < 0) return failed("the program's output");
    // What it said before it ended is lost with it: whoever asked is told that nothing is known.
    if (count == 0) return Error{ErrorCode::unavailable, "the program ended"};
    got += static_cast<std::size_t>(count);
    partial_.append(buffer.data(), static_cast<std::size_t>(count));
    std::size_t from = 0;
    for (std::size_t end = 0; (end = partial_.find('\n', from)) != std::string::npos;
         from = end + 1) {
      lines.push_back(partial_.substr(from, end - from));
    }
    partial_.erase(0, from);
    if (partial_.size() > limits_.line_max) {
      return Error{ErrorCode::invalid, "the program said a line that is too long"};
    }
  }
  return lines;
}

}  // namespace settle::child
