// settled as a program: its commands, its exit codes, and what it tells systemd.
#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <gmock/gmock.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/places.h"
#include "tests/runtime/daemon.h"

namespace settle {
namespace {

using testing::HasSubstr;

const std::string settled = binary_folder() + "/settled";
const std::string unit = source_folder() + "/config/settled.service";

class Program : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_program(settled)) GTEST_SKIP() << "settled is not built";
  }
  Daemon place_;  // For its folder.
};

TEST_F(Program, SaysItsVersion) {
  const Ended ended = run_program(settled + " version");
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.said, HasSubstr("settled "));
}

TEST_F(Program, KnowsWrongUsage) {
  EXPECT_EQ(run_program(settled).code, 64);
  EXPECT_EQ(run_program(settled + " fly").code, 64);
  EXPECT_EQ(run_program(settled + " --help").code, 0);
}

TEST_F(Program, ChecksAllErrorsAtOnce) {
  std::ofstream(place_.folder() + "/bad.yaml")
      << "version: 1\ngroups:\n  web:\n    capacty: { min: 1 }\n    capacity: { min: 9, max: 3 }\n"
         "    time_zone: Mars/Olympus\n";
  const Ended ended = run_program(settled + " check " + place_.folder() + "/bad.yaml");
  EXPECT_EQ(ended.code, 3) << ended.said;
  EXPECT_THAT(ended.said, HasSubstr("capacty"));
  EXPECT_THAT(ended.said, HasSubstr("Mars/Olympus"));
  EXPECT_EQ(run_program(settled + " check " + place_.folder() + "/none.yaml").code, 3);
}

TEST_F(Program, MissesAGroupsFileThatIsNamedAndNotAPatternWithoutMatch) {
  const std::string main = place_.folder() + "/main.yaml";
  const auto check = [&](const char* groups) {
    std::ofstream(main) << "version: 1\nstore: \"sqlite:./s.db\"\ngroups: " << groups << "\n";
    return run_program(settled + " check " + main);
  };
  const Ended missing = check("none.yaml");
  EXPECT_EQ(missing.code, 3) << missing.said;
  EXPECT_THAT(missing.said, HasSubstr("none.yaml"));
  EXPECT_EQ(check("groups.d/*.yaml").code, 0);
}

TEST_F(Program, FindsNothingWrongWithTheConfigurationItComesWith) {
  const Ended ended = run_program(settled + " check " + source_folder() + "/config/settled.yaml");
  EXPECT_EQ(ended.code, 0) << ended.said;
}

TEST_F(Program, DevEndsByItselfAndTellsWhatWasDecided) {
  const Ended ended = run_program(settled + " dev --seed 3 --speed 3600 --for 3h --dir " +
                                  place_.folder() + "/dev");
  EXPECT_EQ(ended.code, 0) << ended.said;
  EXPECT_THAT(ended.said, HasSubstr("shop"));
  EXPECT_THAT(ended.said, HasSubstr("TERMINATIONS"));
  EXPECT_EQ(::access((place_.folder() + "/dev/journal.db").c_str(), R_OK), 0);
}

/// The other end of NOTIFY_SOCKET.
class Systemd {
 public:
  explicit Systemd(const std::string& path) : path_(path) {
    descriptor_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(::bind(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~Systemd() {
    ::unsetenv("NOTIFY_SOCKET");
    ::close(descriptor_);
  }
  Systemd(const Systemd&) = delete;
  Systemd& operator=(const Systemd&) = delete;

  /// Whether it is told this, among other things, in time.
  bool hears(const std::string& word) {
    while (true) {
      pollfd waiting{descriptor_, POLLIN, 0};
      if (::poll(&waiting, 1, 20'000) <= 0) return false;
      std::array<char, 4'096> space{};
      const ssize_t got = ::recv(descriptor_, space.data(), space.size(), 0);
      if (got <= 0) return false;
      const std::string said(space.data(), static_cast<std::size_t>(got));
      if (said.find(word) != std::string::npos) return true;
    }
  }

 private:
  std::string path_;
  int descriptor_ = -1;
};

TEST_F(Program, TellsSystemdHowItIs) {
  Systemd systemd(place_.folder() + "/notify");
  place_.write_config("version: 1\ngroups: { web: { capacity: { min: 1, max: 2 } } }\n");
  ASSERT_TRUE(place_.start()) << place_.log();
  EXPECT_TRUE(systemd.hears("READY=1"));
  EXPECT_TRUE(systemd.hears("WATCHDOG=1"));
  place_.signal(SIGHUP);
  EXPECT_TRUE(systemd.hears("RELOADING=1"));
  EXPECT_TRUE(systemd.hears("READY=1"));
  place_.signal(SIGTERM);
  EXPECT_TRUE(systemd.hears("STOPPING=1"));
  EXPECT_EQ(place_.wait(), 0);
}

class Unit : public testing::Test {
 protected:
  void SetUp() override {
    if (run_program("command -v systemd-analyze").code != 0) GTEST_SKIP() << "no systemd-analyze";
  }
};

TEST_F(Unit, IsHardened) {
  const Ended ended = run_program("systemd-analyze security --offline=true --threshold=20 " + unit);
  EXPECT_EQ(ended.code, 0) << ended.said;
}

TEST_F(Unit, IsWhatSystemdTakes) {
  const Daemon place;
  std::ifstream in(unit);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  // The program is not installed where the tests run.
  for (std::size_t at = 0; (at = text.find("/usr/bin/settled")) != std::string::npos;) {
    text.replace(at, 16, "/bin/true");
  }
  std::ofstream(place.folder() + "/settled.service") << text;
  const Ended ended = run_program("systemd-analyze verify " + place.folder() + "/settled.service");
  EXPECT_EQ(ended.code, 0) << ended.said;
}

}  // namespace
}  // namespace settle
