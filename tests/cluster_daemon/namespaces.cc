#include "tests/cluster_daemon/namespaces.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/runtime/daemon.h"

namespace settle {
namespace {

/// A process that does nothing, in a network of its own; -1 if that cannot be.
pid_t start_holder() {
  int ready[2];
  if (::pipe2(ready, O_CLOEXEC) != 0) return -1;
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const char word = ::unshare(CLONE_NEWNET) == 0 ? 'y' : 'n';
    (void)!::write(ready[1], &word, 1);
    ::close_range(3, ~0U, 0);
    while (true) ::pause();
  }
  char word = 'n';
  (void)!::read(ready[0], &word, 1);
  ::close(ready[0]);
  ::close(ready[1]);
  if (word == 'y') return child;
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  return -1;
}

}  // namespace

Namespaces::Namespaces(int members) {
  original_ = ::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (::unshare(CLONE_NEWNET) != 0) {
    trouble_ = std::string("unshare: ") + std::strerror(errno);
    return;
  }
  trouble_ = run("ip link set lo up");
  for (int n = 0; n < members && trouble_.empty(); ++n) trouble_ = join(n);
}

Namespaces::~Namespaces() {
  for (const pid_t holder : holders_) {
    ::kill(holder, SIGKILL);
    ::waitpid(holder, nullptr, 0);
  }
  (void)::setns(original_, CLONE_NEWNET);
  ::close(original_);
}

std::string Namespaces::gateway(int n) {
  return fmt::format("10.77.{}.1", n);
}

std::string Namespaces::device(int n) {
  return fmt::format("v{}", n);
}

std::string Namespaces::run(const std::string& command) {
  const Ended ended = run_program(command);
  return ended.code == 0 ? std::string() : command + ": " + ended.said;
}

std::string Namespaces::run_inside(int n, const std::string& command) const {
  return run(fmt::format("nsenter -t {} -n sh -c '{}'", holder(n), command));
}

std::string Namespaces::join(int n) {
  const pid_t holder = start_holder();
  if (holder < 0) return "a process cannot have a network of its own";
  holders_.push_back(holder);
  const std::string here = run(fmt::format(
      "ip link add {0} type veth peer name e netns {1} && ip addr add {2}/30 dev {0} && "
      "ip link set {0} up",
      device(n), holder, gateway(n)));
  if (!here.empty()) return here;
  return run_inside(n, fmt::format("ip link set lo up && ip addr add 10.77.{}.2/30 dev e && "
                                   "ip link set e up",
                                   n));
}

}  // namespace settle
