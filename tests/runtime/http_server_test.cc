#include "daemon/runtime/http_server.h"

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/runtime/http_client.h"

namespace settle {
namespace {

using testing::HasSubstr;
using Milliseconds = std::chrono::milliseconds;

/// A server that echoes what it was given, on a free port.
class Echo {
 public:
  explicit Echo(HttpLimits limits = {}) {
    auto listening = HttpServer::listen(
        {"", "127.0.0.1:0"}, limits, [](HttpRequest request, HttpServer::Answer answer) {
          answer([request] {
            return json_response(request.method + " " + request.target + " " + request.body);
          });
        });
    EXPECT_TRUE(listening) << (listening ? "" : listening.error().message);
    server = std::move(*listening);
  }
  std::unique_ptr<HttpServer> server;
};

void check_refused(std::string_view bytes, int status) {
  const Echo echo;
  HttpConnection connection(echo.server->port());
  ASSERT_TRUE(connection.send(bytes));
  const HttpReply reply = connection.receive();
  EXPECT_EQ(reply.status, status) << bytes.substr(0, 200);
  EXPECT_EQ(reply.headers.at("content-type"), "application/problem+json");
  EXPECT_THAT(reply.body, HasSubstr("\"title\""));
  // It is still there for others.
  EXPECT_EQ(HttpConnection(echo.server->port()).request("GET", "/").status, 200);
}

TEST(HttpServer, AnswersSeveralRequestsOnOneConnection) {
  const Echo echo;
  HttpConnection connection(echo.server->port());
  EXPECT_EQ(connection.request("GET", "/a").body, "GET /a ");
  EXPECT_EQ(connection.request("POST", "/b", "hello").body, "POST /b hello");
  EXPECT_EQ(connection.request("GET", "/c").body, "GET /c ");
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  const Echo echo;
  HttpConnection connection(echo.server->port());
  ASSERT_TRUE(
      connection.send("GET /1 HTTP/1.1\r\nHost: localhost\r\n\r\n"
                      "GET /2 HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  EXPECT_EQ(connection.receive().body, "GET /1 ");
  EXPECT_EQ(connection.receive().body, "GET /2 ");
}

TEST(HttpServer, ReadsAChunkedBody) {
  const Echo echo;
  HttpConnection connection(echo.server->port());
  ASSERT_TRUE(
      connection.send("POST / HTTP/1.1\r\nHost: localhost\r\n"
                      "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"));
  EXPECT_EQ(connection.receive().body, "POST / hello");
}

TEST(HttpServer, SaysContinueToWhoeverAsks) {
  const Echo echo;
  HttpConnection connection(echo.server->port());
  ASSERT_TRUE(
      connection.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
                      "Expect: 100-continue\r\n\r\n"));
  EXPECT_EQ(connection.receive().status, 100);
  ASSERT_TRUE(connection.send("hi"));
  EXPECT_EQ(connection.receive().body, "POST / hi");
}

TEST(HttpServer, RefusesWhatIsNotHttp) {
  check_refused("this is not http\r\n\r\n", 400);
}

TEST(HttpServer, RefusesALargeHeader) {
  check_refused("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n",
                431);
}

TEST(HttpServer, RefusesALargeBodyByItsLength) {
  check_refused("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048577\r\n\r\n", 413);
}

TEST(HttpServer, RefusesALargeChunkedBody) {
  std::string bytes = "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
  bytes += "200000\r\n" + std::string(0x200000, 'x') + "\r\n0\r\n\r\n";
  check_refused(bytes, 413);
}

TEST(HttpServer, RefusesTwoWaysToTellALength) {
  check_refused(
      "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
      "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400);
}

TEST(HttpServer, RefusesASecondLength) {
  check_refused(
      "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
      "Content-Length: 5\r\n\r\nhello",
      400);
}

TEST(HttpServer, RefusesANegativeChunk) {
  check_refused(
      "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
      "-5\r\nhello\r\n0\r\n\r\n",
      400);
}

TEST(HttpServer, RefusesABareLineFeed) {
  check_refused("GET / HTTP/1.1\nHost: localhost\n\n\r\n\r\n", 400);
}

TEST(HttpServer, RefusesARequestWithoutAHost) {
  check_refused("GET / HTTP/1.1\r\n\r\n", 400);
}

TEST(HttpServer, TimesOutASlowHeader) {
  HttpLimits limits;
  limits.header_time = Milliseconds(50);
  const Echo echo(limits);
  HttpConnection connection(echo.server->port());
  ASSERT_TRUE(connection.send("GET / HT"));
  EXPECT_EQ(connection.receive().status, 408);
}

TEST(HttpServer, TimesOutASlowBody) {
  HttpLimits limits;
  limits.body_time = Milliseconds(50);
  const Echo echo(limits);
  HttpConnection connection(echo.server->port());
  ASSERT_TRUE(
      connection.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc"));
  EXPECT_EQ(connection.receive().status, 408);
}

TEST(HttpServer, LivesOnWhenABodyIsCutShort) {
  const Echo echo;
  {
    HttpConnection connection(echo.server->port());
    ASSERT_TRUE(
        connection.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc"));
    connection.end_sending();
    EXPECT_NE(connection.receive().status, 200);
  }
  EXPECT_EQ(HttpConnection(echo.server->port()).request("GET", "/").status, 200);
}

TEST(HttpServer, ClosesConnectionsBeyondItsLimit) {
  HttpLimits limits;
  limits.connections_max = 2;
  const Echo echo(limits);
  HttpConnection first(echo.server->port());
  HttpConnection second(echo.server->port());
  EXPECT_EQ(first.request("GET", "/").status, 200);
  EXPECT_EQ(second.request("GET", "/").status, 200);
  HttpConnection third(echo.server->port());
  EXPECT_EQ(third.request("GET", "/").status, 0);
  EXPECT_EQ(first.request("GET", "/").status, 200);
}

TEST(HttpServer, GivesUpOnAnAnswerThatDoesNotCome) {
  std::mutex mutex;
  std::vector<HttpServer::Answer> kept;
  HttpLimits limits;
  limits.answer_time = Milliseconds(50);
  auto server =
      HttpServer::listen({"", "127.0.0.1:0"}, limits, [&](HttpRequest, HttpServer::Answer answer) {
        const std::lock_guard lock(mutex);
        kept.push_back(std::move(answer));
      });
  ASSERT_TRUE(server);
  HttpConnection connection((*server)->port());
  EXPECT_EQ(connection.request("GET", "/").status, 504);
  (*server)->stop();
  const std::lock_guard lock(mutex);
  kept.clear();
}

TEST(HttpServer, LetsGoOfEverythingWhenItStops) {
  // Whatever a connection is doing when the server ends, it ends with it.
  auto witness = std::make_shared<int>(0);
  std::vector<HttpServer::Answer> kept;
  {
    auto server = HttpServer::listen({"", "127.0.0.1:0"}, {},
                                     [witness, &kept](HttpRequest, HttpServer::Answer answer) {
                                       kept.push_back(std::move(answer));
                                     });
    ASSERT_TRUE(server);
    const HttpConnection idle((*server)->port());
    const HttpConnection reading((*server)->port());
    ASSERT_TRUE(reading.send("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"));
    const HttpConnection waiting((*server)->port());
    ASSERT_TRUE(waiting.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while ((*server)->under_way() == 0 && std::chrono::steady_clock::now() < until) {
      std::this_thread::yield();
    }
    EXPECT_EQ((*server)->under_way(), 1U);
  }
  kept.clear();
  EXPECT_EQ(witness.use_count(), 1);
}

TEST(HttpServer, RefusesToListenBeyondLoopback) {
  for (const char* address : {"0.0.0.0:0", "192.0.2.1:0", "[::]:0"}) {
    const auto server = HttpServer::listen({"", address}, {}, nullptr);
    ASSERT_FALSE(server) << address;
    EXPECT_THAT(server.error().message, HasSubstr("TLS")) << address;
  }
  EXPECT_FALSE(HttpServer::listen({"", "127.0.0.1"}, {}, nullptr));
  EXPECT_FALSE(HttpServer::listen({"", "127.0.0.1:99999"}, {}, nullptr));
}

class Socket : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "settle-http.XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    path_ = folder_ + "/admin.sock";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] Result<std::unique_ptr<HttpServer>> listen() const {
    return HttpServer::listen({path_, ""}, {}, [](HttpRequest request, HttpServer::Answer answer) {
      answer([request] { return json_response(request.owner + (request.is_tcp ? " tcp" : "")); });
    });
  }
  std::string folder_;
  std::string path_;
};

TEST_F(Socket, KnowsWhoIsAtTheOtherEnd) {
  const auto server = listen();
  ASSERT_TRUE(server);
  const std::string owner = HttpConnection(path_).request("GET", "/").body;
  EXPECT_FALSE(owner.empty());
  EXPECT_NE(owner, "http");
  if (::getuid() == 0) {
    EXPECT_EQ(owner, "root");
  }
}

TEST_F(Socket, IsOpenToItsGroupAlone) {
  const auto server = listen();
  ASSERT_TRUE(server);
  struct stat found {};
  ASSERT_EQ(::stat(path_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0660U);
}

TEST_F(Socket, IsNotTakenFromALivingDaemonAndIsFromADeadOne) {
  {
    const auto server = listen();
    ASSERT_TRUE(server);
    const auto second = listen();
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::conflict);
  }
  EXPECT_FALSE(std::filesystem::exists(path_));
  // A daemon that was killed leaves its socket behind.
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path_.copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  ::close(descriptor);
  EXPECT_TRUE(listen());
}

}  // namespace
}  // namespace settle
