// settlectl store and doctor's look at ZooKeeper, as people run them: beside a real daemon, and
// against a real server.
#include <csignal>
#include <fstream>
#include <memory>
#include <string>

#include <gmock/gmock.h>

#include "tests/places.h"
#include "tests/runtime/daemon.h"
#include "tests/zookeeper/ensemble.h"

namespace settle {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string& settlectl() {
  static const std::string path = binary_folder() + "/settlectl";
  return path;
}

class StoreCommand : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_program(settlectl())) GTEST_SKIP() << "settlectl is not built";
    place_.write_config(
        "version: 1\ngroups: { web: { capacity: { min: 1, max: 2 } }, api: { capacity: { min: 2, "
        "max: 2 } } }\n");
    ASSERT_TRUE(place_.start()) << place_.log();
  }
  [[nodiscard]] std::string file(const std::string& name) const {
    return "sqlite:" + place_.folder() + "/" + name;
  }
  void stop() {
    place_.signal(SIGTERM);
    ASSERT_EQ(place_.wait(), 0);
  }
  static Ended store(const std::string& words) {
    return run_program(settlectl() + " store " + words);
  }
  /// Once the daemon has committed what it decides about.
  [[nodiscard]] bool holds_its_groups() const {
    return eventually([&] {
      return store("status " + file("settle.db")).said.find("groups       2") != std::string::npos;
    });
  }
  /// "digest" as status and verify show it.
  static std::string digest_of(const Ended& ended) {
    const std::size_t at = ended.said.find("digest");
    return at == std::string::npos ? "none" : ended.said.substr(at, 29);
  }

  Daemon place_;
};

TEST_F(StoreCommand, LooksAtAndCopiesAStoreThatADaemonWorksWith) {
  EXPECT_TRUE(holds_its_groups());
  const Ended status = store("status " + file("settle.db"));
  EXPECT_EQ(status.code, 0) << status.said;
  EXPECT_THAT(status.said,
              AllOf(HasSubstr("partitions   4"), HasSubstr("owners       another process")));
  const Ended backup = store("backup " + file("settle.db") + " " + file("copy.db"));
  EXPECT_EQ(backup.code, 0) << backup.said;
  EXPECT_THAT(backup.said, AllOf(HasSubstr("copied the cluster"), HasSubstr("2 groups"),
                                 HasSubstr("read back with the same digest")));
  EXPECT_EQ(store("verify " + file("copy.db")).code, 0);
  const Ended again = store("backup " + file("settle.db") + " " + file("copy.db"));
  EXPECT_EQ(again.code, 5);
  EXPECT_THAT(again.said, HasSubstr("nothing is overwritten"));
}

TEST_F(StoreCommand, MovesNothingFromUnderADaemon) {
  const Ended moved = store("migrate " + file("settle.db") + " " + file("new.db"));
  EXPECT_EQ(moved.code, 5);
  EXPECT_THAT(moved.said, HasSubstr("another process holds"));
}

TEST_F(StoreCommand, SaysWhatIsDamagedAndExitsWithThree) {
  ASSERT_TRUE(holds_its_groups());
  stop();
  ASSERT_EQ(
      run_program("python3 -c \"import sqlite3; d=sqlite3.connect('" + place_.folder() +
                  "/settle.db'); d.execute('UPDATE groups SET hash = hash + 1'); d.commit()\"")
          .code,
      0);
  const Ended verified = store("verify " + file("settle.db"));
  EXPECT_EQ(verified.code, 3);
  EXPECT_THAT(verified.said, HasSubstr("does not have the hash that was written with it"));
  EXPECT_EQ(store("verify " + file("nowhere.db")).code, 1);
  EXPECT_EQ(store("verify /somewhere").code, 1);
}

TEST_F(StoreCommand, MovesAStoreToZookeeperAndBack) {
  if (!zk::Ensemble::is_available()) GTEST_SKIP() << "java or zookeeper.jar is missing";
  ASSERT_TRUE(holds_its_groups());
  stop();
  const zk::Ensemble ensemble(1);
  std::ofstream(place_.folder() + "/credentials") << "settle:secret\n";
  const std::string credentials = " --credentials " + place_.folder() + "/credentials";
  const std::string tree = "zookeeper://" + ensemble.servers().front() + "/settle/prod";
  const Ended there = store("migrate " + file("settle.db") + " " + tree + credentials);
  EXPECT_EQ(there.code, 0) << there.said;
  EXPECT_THAT(there.said, AllOf(HasSubstr("moved the cluster"), HasSubstr("2 groups")));
  const Ended status = store("status " + tree + credentials);
  EXPECT_THAT(status.said, AllOf(HasSubstr("partitions   4"), HasSubstr("owners       nobody")));
  EXPECT_EQ(digest_of(status), digest_of(store("status " + file("settle.db"))));
  EXPECT_EQ(store("migrate " + file("settle.db") + " " + tree + credentials).code, 5);
  const Ended stranger = store("status " + tree);
  EXPECT_EQ(stranger.code, 1);
  EXPECT_THAT(stranger.said, HasSubstr("it was made with other credentials"));

  const Ended back = store("migrate " + tree + " " + file("back.db") + credentials);
  EXPECT_EQ(back.code, 0) << back.said;
  EXPECT_EQ(digest_of(store("status " + file("back.db"))), digest_of(status));
  ASSERT_EQ(
      run_program("mv " + place_.folder() + "/back.db " + place_.folder() + "/settle.db").code, 0);
  EXPECT_TRUE(place_.start()) << place_.log();
}

TEST_F(StoreCommand, DoctorExaminesTheEnsemble) {
  if (!zk::Ensemble::is_available()) GTEST_SKIP() << "java or zookeeper.jar is missing";
  zk::Ensemble ensemble(1);
  const std::string server = ensemble.servers().front();
  const auto doctor = [&](const std::string& more) {
    return run_program(settlectl() + " doctor --address unix:" + place_.socket() +
                       " --ensemble zookeeper://" + server + "/settle/prod" + more);
  };
  const Ended well = doctor("");
  EXPECT_EQ(well.code, 0) << well.said;
  EXPECT_THAT(well.said,
              AllOf(HasSubstr("is standalone (3."), HasSubstr("1 of 1 servers serve, by itself"),
                    HasSubstr("takes requests of 512 KiB"), HasSubstr("stays on this machine"),
                    HasSubstr("no cluster at /settle/prod yet")));
  ASSERT_EQ(store("backup " + file("settle.db") + " zookeeper://" + server + "/settle/prod").code,
            0);
  EXPECT_THAT(doctor("").said, HasSubstr("anyone who reaches a server may change /settle/prod"));
  ensemble.kill(0);
  const Ended ill = doctor("");
  EXPECT_EQ(ill.code, 1);
  EXPECT_THAT(ill.said, AllOf(HasSubstr(server + " does not answer"), HasSubstr("no quorum")));
}

}  // namespace
}  // namespace settle
