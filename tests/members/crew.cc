#include "tests/members/crew.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/places.h"

namespace settle::cluster {
namespace fs = std::filesystem;

Crew::Crew(CrewOptions options)
    : options_(options),
      ensemble_(3, static_cast<int>(options.tick.count())),
      processes_(options.members, -1) {
  std::string pattern = (fs::temp_directory_path() / "settle-members-XXXXXX").string();
  folder_ = ::mkdtemp(pattern.data());
  proxies_.resize(options.members);
  for (auto& of_member : proxies_) {
    for (const std::string& server : ensemble_.servers()) {
      of_member.push_back(std::make_unique<Proxy>(std::stoi(server.substr(server.find(':') + 1))));
    }
  }
}

Crew::~Crew() {
  for (std::size_t member = 0; member < processes_.size(); ++member) kill(member);
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void Crew::start(std::size_t member) {
  std::string servers;
  for (const auto& proxy : proxies_[member]) {
    servers += (servers.empty() ? "" : ",") + ("127.0.0.1:" + std::to_string(proxy->port()));
  }
  const std::vector<std::string> words{binary_folder() + "/tests/settle_member",
                                       servers,
                                       name(member),
                                       folder_ + "/log",
                                       std::to_string(options_.session.count()),
                                       std::to_string(options_.tick.count()),
                                       std::to_string(options_.partitions),
                                       std::to_string(options_.groups)};
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::execv(argv.front(), argv.data());
    ::_exit(127);
  }
  processes_[member] = child;
}

void Crew::kill(std::size_t member) {
  if (processes_[member] <= 0) return;
  ::kill(processes_[member], SIGKILL);
  int status = 0;
  ::waitpid(processes_[member], &status, 0);
  processes_[member] = -1;
}

void Crew::drain(std::size_t member) {
  if (processes_[member] <= 0) return;
  ::kill(processes_[member], SIGTERM);
  ::kill(processes_[member], SIGCONT);  // If it was stopped.
  int status = 0;
  ::waitpid(processes_[member], &status, 0);
  processes_[member] = -1;
}

void Crew::pause(std::size_t member) {
  if (processes_[member] > 0) ::kill(processes_[member], SIGSTOP);
}

void Crew::resume(std::size_t member) {
  if (processes_[member] > 0) ::kill(processes_[member], SIGCONT);
}

void Crew::hold(std::size_t member, bool requests, bool answers) {
  for (const auto& proxy : proxies_[member]) {
    proxy->hold_requests(requests);
    proxy->hold_answers(answers);
  }
}

void Crew::cut(std::size_t member) {
  for (const auto& proxy : proxies_[member]) proxy->cut();
}

std::vector<Line> Crew::lines() const {
  std::ifstream in(folder_ + "/log");
  std::stringstream text;
  text << in.rdbuf();
  return lines_of(text.str());
}

std::vector<Line> Crew::newest(const std::string& kind) const {
  std::vector<Line> found(options_.partitions);
  for (const Line& line : lines()) {
    if (line.kind == kind) found[line.partition] = line;
  }
  return found;
}

std::vector<std::string> Crew::contradictions() const {
  return cluster::contradictions(lines(), call_time(options_.session));
}

bool Crew::is_alive_since(std::int64_t from, bool acting) const {
  const auto all_after = [&](const char* kind) {
    for (const Line& line : newest(kind)) {
      if (line.at <= from) return false;
    }
    return true;
  };
  return all_after("committed") && (!acting || all_after("act"));
}

std::size_t Crew::busiest() const {
  std::vector<int> counts(options_.members, 0);
  for (const Line& line : newest("committed")) {
    for (std::size_t member = 0; member < options_.members; ++member) {
      counts[member] += line.name == name(member) ? 1 : 0;
    }
  }
  return static_cast<std::size_t>(std::max_element(counts.begin(), counts.end()) - counts.begin());
}

std::int64_t Crew::now() {
  timespec at{};
  ::clock_gettime(CLOCK_BOOTTIME, &at);
  return at.tv_sec * 1'000'000'000 + at.tv_nsec;
}

void Crew::wait(std::chrono::milliseconds length) {
  ::poll(nullptr, 0, static_cast<int>(length.count()));
}

bool Crew::waits_until(std::chrono::milliseconds most, const std::function<bool()>& condition) {
  const std::int64_t until = now() + std::chrono::nanoseconds(most).count();
  while (!condition()) {
    if (now() > until) return false;
    wait(std::chrono::milliseconds(20));
  }
  return true;
}

}  // namespace settle::cluster
