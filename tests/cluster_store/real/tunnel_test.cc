// The way to ZooKeeper through stunnel, with the configuration that examples/stunnel shows.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/cluster/layout.h"
#include "tests/cluster_store/real/servers.h"
#include "tests/places.h"

namespace settle::cluster {
namespace {

namespace fs = std::filesystem;

constexpr const char* stunnel = "/usr/bin/stunnel4";

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// A port that was free a moment ago.
int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof(address);
  ::bind(socket, reinterpret_cast<sockaddr*>(&address), size);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(socket);
  return ntohs(address.sin_port);
}

bool listens(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  const bool is_open =
      ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  ::close(socket);
  return is_open;
}

class Tunnel : public testing::Test {
 protected:
  void SetUp() override {
    if (real_server() == nullptr) GTEST_SKIP() << "java or zookeeper.jar is missing";
    if (::access(stunnel, X_OK) != 0) GTEST_SKIP() << "stunnel4 is missing";
    if (std::system("openssl version >/dev/null 2>&1") != 0) GTEST_SKIP() << "openssl is missing";
    std::string name = testing::TempDir() + "settle-tunnel-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    ASSERT_EQ(std::system(certificates().c_str()), 0);
  }
  ~Tunnel() override {
    for (const pid_t process : processes_) {
      ::kill(process, SIGKILL);
      ::waitpid(process, nullptr, 0);
    }
    std::error_code ignored;
    if (!folder_.empty()) fs::remove_all(folder_, ignored);
  }

  /// An authority of our own, and what it vouches for; a stranger has signed its own.
  [[nodiscard]] std::string certificates() const {
    return "cd " + folder_ +
           R"sh( && exec >openssl.log 2>&1 && set -e
      new="openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
      $new -x509 -keyout ca.key -out ca.pem -subj /CN=authority -days 2
      for one in zk1.example.org settled; do
        $new -keyout $one.key -out $one.csr -subj /CN=$one
        echo "subjectAltName=DNS:$one" >$one.ext
        openssl x509 -req -in $one.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
          -extfile $one.ext -out $one.crt
        cat $one.key $one.crt >$one.pem
      done
      $new -x509 -keyout stranger.key -out stranger.crt -subj /CN=settled -days 2
      cat stranger.key stranger.crt >stranger.pem)sh";
  }

  /// Starts stunnel with an example, its places replaced by ours; waits until `port` is open.
  void run(const std::string& example, int port,
           const std::vector<std::pair<std::string, std::string>>& places) {
    std::ifstream file(source_folder() + "/examples/stunnel/" + example);
    std::stringstream all;
    all << file.rdbuf();
    std::string text = all.str();
    for (const auto& [theirs, ours] : places) {
      const std::size_t at = text.find(theirs);
      ASSERT_NE(at, std::string::npos) << theirs << " is not in " << example;
      text.replace(at, theirs.size(), ours);
    }
    const std::string path = folder_ + "/" + std::to_string(port) + ".conf";
    std::ofstream(path) << text;
    const std::string log = path + ".log";
    const pid_t child = ::fork();
    if (child == 0) {
      const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
      ::dup2(out, STDOUT_FILENO);
      ::dup2(out, STDERR_FILENO);
      ::execl(stunnel, stunnel, path.c_str(), static_cast<char*>(nullptr));
      ::_exit(127);
    }
    processes_.push_back(child);
    for (int tries = 0; tries < 400 && !listens(port); ++tries) {
      const timespec pause{0, 25'000'000};
      ::nanosleep(&pause, nullptr);
    }
    ASSERT_TRUE(listens(port)) << log;
  }

  /// Both ends; "127.0.0.1:PORT" of where settled is to connect.
  std::string both_ends(const std::string& certificate, const std::string& expected_host) {
    const int outside = free_port();
    run("zookeeper.conf", outside,
        {{"/etc/stunnel/ca.pem", folder_ + "/ca.pem"},
         {"/etc/stunnel/zk1.pem", folder_ + "/zk1.example.org.pem"},
         {"accept = 2281", "accept = 127.0.0.1:" + std::to_string(outside)},
         {"connect = 127.0.0.1:2181", "connect = " + real_server()->servers().front()}});
    outside_ = "127.0.0.1:" + std::to_string(outside);
    const int inside = free_port();
    run("settled.conf", inside,
        {{"/etc/stunnel/ca.pem", folder_ + "/ca.pem"},
         {"/etc/stunnel/settled.pem", folder_ + "/" + certificate + ".pem"},
         {"accept = 127.0.0.1:21811", "accept = 127.0.0.1:" + std::to_string(inside)},
         {"connect = zk1.example.org:2281", "connect = " + outside_},
         {"checkHost = zk1.example.org", "checkHost = " + expected_host},
         {"accept = 127.0.0.1:21812", "accept = 127.0.0.1:" + std::to_string(free_port())},
         {"connect = zk2.example.org:2281", "connect = 127.0.0.1:1"},
         {"accept = 127.0.0.1:21813", "accept = 127.0.0.1:" + std::to_string(free_port())},
         {"connect = zk3.example.org:2281", "connect = 127.0.0.1:1"}});
    return "127.0.0.1:" + std::to_string(inside);
  }

  std::string folder_;
  std::string outside_;
  std::vector<pid_t> processes_;
};

TEST_F(Tunnel, CarriesAClusterToZookeeperByTls) {
  const std::string inside = both_ends("settled", "zk1.example.org");
  ASSERT_FALSE(HasFailure());
  const auto through = connect({{inside}, fresh_place().name_space}, "settle:secret");
  ASSERT_NE(through, nullptr);
  const auto meta = found(*through, 4);
  ASSERT_TRUE(meta) << meta.error().message;
  EXPECT_TRUE(through->takes_requests_of(512U * 1024U));
  // From outside, ZooKeeper's own words get no answer.
  EXPECT_FALSE(Connection::open({{outside_}, "/settle/test"}, ""));
}

TEST_F(Tunnel, TakesNobodyWithoutACertificateOfOurAuthority) {
  const std::string inside = both_ends("stranger", "zk1.example.org");
  ASSERT_FALSE(HasFailure());
  EXPECT_FALSE(Connection::open({{inside}, "/settle/test"}, ""));
}

TEST_F(Tunnel, GoesToNoServerOfAnotherName) {
  const std::string inside = both_ends("settled", "zk2.example.org");
  ASSERT_FALSE(HasFailure());
  EXPECT_FALSE(Connection::open({{inside}, "/settle/test"}, ""));
}

}  // namespace
}  // namespace settle::cluster
