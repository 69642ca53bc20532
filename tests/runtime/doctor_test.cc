// settlectl doctor against the real daemon: well, ill and absent.
#include <csignal>
#include <fstream>
#include <string>

#include <gmock/gmock.h>

#include "tests/places.h"
#include "tests/runtime/daemon.h"

namespace settle {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Doctor : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_program(settlectl)) GTEST_SKIP() << "settlectl is not built";
    place_.write_config("version: 1\ngroups: { web: { capacity: { min: 1, max: 2 } } }\n");
    ASSERT_TRUE(place_.start()) << place_.log();
  }
  [[nodiscard]] Ended doctor(const std::string& options = "") const {
    return run_program(settlectl + " doctor --address unix:" + place_.socket() + " " + options);
  }

  const std::string settlectl = binary_folder() + "/settlectl";
  Daemon place_;
};

TEST_F(Doctor, FindsNothingWrongWithADaemonThatIsWell) {
  const Ended ended = doctor();
  EXPECT_EQ(ended.code, 0) << ended.said;
  EXPECT_THAT(ended.said, AllOf(HasSubstr("is ready: 1 groups on"), HasSubstr("✓ journal"),
                                HasSubstr("✓ clock"), Not(HasSubstr("✗"))));
}

TEST_F(Doctor, NamesTheReloadThatWasNotTaken) {
  place_.write_config("version: 1\ngroups: { web: { capacity: { min: 3, max: 2 } } }\n");
  place_.signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return doctor().code == 1; })) << doctor().said;
  EXPECT_THAT(doctor().said, HasSubstr("✗ reload   the last reload was not taken"));
}

TEST_F(Doctor, FindsAPausedGroup) {
  ASSERT_EQ(place_.ask("POST", "/v1/groups/web/pause", R"({"reason": "move"})").status, 200);
  EXPECT_THAT(doctor().said, HasSubstr("1 of 1 are paused: web"));
  EXPECT_EQ(doctor().code, 0);
}

TEST_F(Doctor, NamesAGroupWhoseSignalIsMissing) {
  place_.write_config(
      "version: 1\ngroups: { web: { capacity: { min: 1, max: 2 },"
      " policies: { cpu: { type: target, target: 50 } } } }\n");
  place_.signal(SIGHUP);
  EXPECT_TRUE(eventually([&] {
    return doctor().said.find("1 of 1 miss a signal, and do not shrink without it: web (cpu)") !=
           std::string::npos;
  })) << doctor().said;
  EXPECT_THAT(doctor().said,
              AllOf(HasSubstr("settlectl explain web"), Not(HasSubstr("needs anybody"))));
  EXPECT_EQ(doctor().code, 0);
}

TEST_F(Doctor, NamesASourceThatFails) {
  Daemon place;
  place.write_config("version: 1\ngroups: { web: { capacity: { min: 1, max: 2 } } }\n");
  std::ofstream(place.folder() + "/settled.yaml", std::ios::app)
      << "sources: { spool: { type: file, path: \"" << place.folder() << "\" } }\n";
  ASSERT_TRUE(place.start()) << place.log();
  const std::string command = settlectl + " doctor --address unix:" + place.socket();
  EXPECT_TRUE(eventually([&] { return run_program(command).code == 1; }))
      << run_program(command).said;
  EXPECT_THAT(run_program(command).said, HasSubstr("✗ sources  spool fails: "));
}

TEST_F(Doctor, ExaminesTheConfigurationItIsGiven) {
  const Ended ended = doctor("--config " + source_folder() + "/config/settled.yaml");
  EXPECT_THAT(ended.said, HasSubstr("config/settled.yaml is valid"));
  EXPECT_EQ(doctor("--config /nowhere.yaml").code, 1);
}

TEST_F(Doctor, IsFoundByAWordThatIsNearlyIt) {
  const Ended ended = run_program(settlectl + " docter");
  EXPECT_EQ(ended.code, 64);
  EXPECT_THAT(ended.said, HasSubstr("no command \"docter\": did you mean \"doctor\"?"));
}

TEST_F(Doctor, SaysThatNobodyAnswersAndExitsWithFour) {
  place_.signal(SIGTERM);
  ASSERT_EQ(place_.wait(), 0);
  const Ended ended = doctor();
  EXPECT_EQ(ended.code, 4);
  EXPECT_THAT(ended.said, HasSubstr("nobody answers at"));
}

}  // namespace
}  // namespace settle
