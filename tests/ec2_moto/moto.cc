#include "tests/ec2_moto/moto.h"

#include <csignal>
#include <string>

#include <fcntl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/http/raw_server.h"
#include "tests/places.h"

namespace settle::ec2 {
namespace {

std::string program() {
  return source_folder() + "/build/moto/bin/moto_server";
}

std::string request(const std::string& line) {
  return line + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
}

}  // namespace

bool Moto::is_available() {
  return ::access(program().c_str(), X_OK) == 0;
}

Moto::Moto() {
  // Free a moment ago.
  port_ = http::RawServer([](const std::string&) { return http::RawReply{}; }).port();
  const std::string path = program();
  const std::string port = std::to_string(port_);
  process_ = ::fork();
  if (process_ == 0) {
    const int nowhere = ::open("/dev/null", O_WRONLY);
    ::dup2(nowhere, STDOUT_FILENO);
    ::dup2(nowhere, STDERR_FILENO);
    ::execl(path.c_str(), path.c_str(), "-H", "127.0.0.1", "-p", port.c_str(),
            static_cast<char*>(nullptr));
    ::_exit(127);
  }
  for (int tries = 0; tries < 1'200 && !is_serving(); ++tries) {
    const timespec pause{0, 50'000'000};
    ::nanosleep(&pause, nullptr);
  }
}

Moto::~Moto() {
  ::kill(process_, SIGKILL);
  int status = 0;
  ::waitpid(process_, &status, 0);
}

bool Moto::is_serving() const {
  return http::exchange(port_, request("GET /moto-api/")).rfind("HTTP/1.1 200", 0) == 0;
}

void Moto::reset() const {
  (void)http::exchange(port_, request("POST /moto-api/reset"));
}

}  // namespace settle::ec2
