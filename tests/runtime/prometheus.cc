#include "tests/runtime/prometheus.h"

#include <fstream>
#include <iterator>

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/runtime/daemon.h"

namespace settle {
namespace {

constexpr const char* program = "/usr/bin/prometheus";
constexpr const char* tool = "/usr/bin/promtool";

/// What it says of where it listens, once it does; its port is the system's to choose.
std::string address_in(const std::string& log) {
  constexpr std::string_view before = "msg=\"Listening on\" address=";
  const std::size_t found = log.find(before);
  if (found == std::string::npos) return {};
  const std::size_t from = found + before.size();
  return log.substr(from, log.find_first_of(" \n", from) - from);
}

}  // namespace

bool Prometheus::is_installed() {
  return has_program(program) && has_program(tool);
}

Prometheus::Prometheus(std::string folder, const std::string& samples)
    : folder_(std::move(folder)) {
  std::ofstream(folder_ + "/samples.om") << samples << "# EOF\n";
  std::ofstream(folder_ + "/prometheus.yml") << "global: {}\n";
  const std::string store = folder_ + "/tsdb";
  const Ended filled = run_program(std::string(tool) + " tsdb create-blocks-from openmetrics " +
                                   folder_ + "/samples.om " + store);
  if (filled.code != 0) return;
  const std::string config = "--config.file=" + folder_ + "/prometheus.yml";
  const std::string path = "--storage.tsdb.path=" + store;
  const std::string output = folder_ + "/prometheus.log";
  process_ = ::fork();
  if (process_ == 0) {
    const int log_file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(log_file, STDOUT_FILENO);
    ::dup2(log_file, STDERR_FILENO);
    ::execl(program, program, config.c_str(), path.c_str(), "--storage.tsdb.retention.time=100y",
            "--web.listen-address=127.0.0.1:0", static_cast<char*>(nullptr));
    ::_exit(127);
  }
  const bool is_ready = eventually(
      [this] { return log().find("ready to receive web requests") != std::string::npos; });
  const std::string address = is_ready ? address_in(log()) : std::string();
  if (!address.empty()) url_ = "http://" + address;
}

Prometheus::~Prometheus() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
}

std::string Prometheus::log() const {
  std::ifstream in(folder_ + "/prometheus.log");
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace settle
