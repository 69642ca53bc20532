// A server whose certificate nobody vouches for.
#include <chrono>
#include <ctime>
#include <future>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "daemon/http/outbound.h"
#include "tests/servers/child.h"

namespace settle::http {
namespace {
using namespace std::chrono_literals;

constexpr const char* openssl = "/usr/bin/openssl";

void waits_for(const std::string& what, int port) {
  const auto until = std::chrono::steady_clock::now() + 30s;
  while (!servers::is_open(port)) {
    ASSERT_LT(std::chrono::steady_clock::now(), until) << what;
    const timespec pause = {0, 5'000'000};
    ::nanosleep(&pause, nullptr);
  }
}

TEST(Outbound, ACertificateThatNobodyVouchesForMeansUnsent) {
  if (::access(openssl, X_OK) != 0) GTEST_SKIP() << "openssl is not installed";
  const std::string folder = servers::new_folder("certificate");
  const std::string key = folder + "/key";
  const std::string certificate = folder + "/certificate";
  servers::Child maker({openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key,
                        "-out", certificate, "-days", "1", "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=DNS:localhost"},
                       folder + "/log");
  ASSERT_EQ(maker.wait(), 0);
  const int port = servers::free_ports(1).front();
  const servers::Child server({openssl, "s_server", "-accept", "127.0.0.1:" + std::to_string(port),
                               "-cert", certificate, "-key", key, "-www"},
                              folder + "/log");
  waits_for("the server", port);
  Call call;
  call.operation = "Test";
  call.url = "https://localhost:" + std::to_string(port) + "/";
  call.deadline = 10s;
  Outbound out({});
  std::promise<Answer> promise;
  out.start(std::move(call), [&](Answer answer) { promise.set_value(std::move(answer)); });
  const Answer answer = promise.get_future().get();
  EXPECT_EQ(answer.end, End::unsent) << answer.status;
  EXPECT_NE(answer.why.find("certificate"), std::string::npos) << answer.why;
}

}  // namespace
}  // namespace settle::http
