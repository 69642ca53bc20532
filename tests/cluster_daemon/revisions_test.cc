// The groups' files of several daemons: whose they are, who may change them, and who is behind.
#include "tests/cluster_daemon/fixture.h"

namespace settle {
namespace {

using testing::HasSubstr;

class RevisionsOfDaemons : public ClusterDaemon {
 protected:
  /// What `n` says of its cluster comes to hold all of this.
  static bool says(const FleetOfDaemons& fleet, int n, const std::vector<std::string>& parts) {
    return eventually(
        [&] {
          const std::string body = fleet.ask(n, "GET", "/v1/members").body;
          return std::all_of(parts.begin(), parts.end(), [&](const std::string& part) {
            return body.find(part) != std::string::npos;
          });
        },
        patience);
  }
  static std::string said(const FleetOfDaemons& fleet, int n) {
    return fleet.ask(n, "GET", "/v1/members").body;
  }
  static std::string log_says(const FleetOfDaemons& fleet, int n, const std::string& text) {
    (void)eventually([&] { return fleet.log(n).find(text) != std::string::npos; }, patience);
    return fleet.log(n);
  }
};

TEST_F(RevisionsOfDaemons, AreOneThatAMemberMovesOnAndTheOthersSeeThatTheyAreBehind) {
  FleetOfDaemons fleet(*ensemble_);
  begin(fleet, 2);
  ASSERT_TRUE(says(fleet, 0, {R"("revisions":1)", R"("revision":{"number":1,)"})) << said(fleet, 0);
  fleet.change_groups("# changed\n");
  fleet.signal(0, SIGHUP);
  EXPECT_TRUE(says(fleet, 1, {R"("revisions":2)", R"("number":2,)", R"("by":"n0")"}))
      << said(fleet, 1);
  EXPECT_THAT(fleet.ask(1, "GET", "/metrics").body, HasSubstr("settle_cluster_revisions 2"));
  EXPECT_THAT(fleet.ask(1, "GET", "/metrics").body, HasSubstr("settle_cluster_revision_number 2"));
  EXPECT_THAT(log_says(fleet, 1, "the-cluster-decides-by-another-revision"),
              HasSubstr("the-cluster-decides-by-another-revision"));
  fleet.signal(1, SIGHUP);
  EXPECT_TRUE(says(fleet, 0, {R"("revisions":1)", R"("number":2,)"})) << said(fleet, 0);
}

TEST_F(RevisionsOfDaemons, AreNotUndoneByAMemberThatMissedAChange) {
  FleetOfDaemons fleet(*ensemble_);
  fleet.change_groups_of(1, "");  // A copy of its own, of the same text.
  begin(fleet, 2);
  fleet.change_groups("# changed\n");
  fleet.signal(0, SIGHUP);
  ASSERT_TRUE(says(fleet, 1, {R"("number":2,)"})) << said(fleet, 1);
  fleet.change_groups_of(1, "# changed otherwise\n");
  fleet.signal(1, SIGHUP);
  EXPECT_THAT(log_says(fleet, 1, "configuration-refused"), HasSubstr("were not made from it"));
  EXPECT_THAT(fleet.ask(1, "GET", "/v1/status").body, HasSubstr("were not made from it"));
  EXPECT_TRUE(says(fleet, 1, {R"("revisions":2)", R"("number":2,)"})) << said(fleet, 1);
}

TEST_F(RevisionsOfDaemons, OfAMemberThatWasAwayAreTakenUpAtItsRestartAsFarAsTheyAreNew) {
  FleetOfDaemons fleet(*ensemble_);
  fleet.change_groups_of(1, "");
  begin(fleet, 2);
  fleet.signal(1, SIGKILL);
  ASSERT_EQ(fleet.wait(1), -SIGKILL);
  fleet.change_groups("# changed\n");
  fleet.signal(0, SIGHUP);
  ASSERT_TRUE(says(fleet, 0, {R"("number":2,)"})) << said(fleet, 0);
  // With what it decided by before it goes on, behind; with something else it does not start.
  fleet.start(1);
  EXPECT_TRUE(says(fleet, 0, {R"("revisions":2)"})) << said(fleet, 0);
  fleet.signal(1, SIGKILL);
  ASSERT_EQ(fleet.wait(1), -SIGKILL);
  fleet.change_groups_of(1, "# changed otherwise\n");
  fleet.start(1);
  EXPECT_EQ(fleet.wait(1), 5) << fleet.log(1);
  EXPECT_THAT(fleet.log(1), HasSubstr("the cluster decides by revision r-"));
  EXPECT_TRUE(says(fleet, 0, {R"("number":2,)"})) << said(fleet, 0);
}

TEST_F(RevisionsOfDaemons, AreMadeThoseOfAMemberThatIsToldToForceThem) {
  FleetOfDaemons fleet(*ensemble_);
  fleet.change_groups_of(1, "");
  begin(fleet, 2);
  fleet.signal(1, SIGTERM);
  ASSERT_EQ(fleet.wait(1), 0);
  fleet.change_groups("# changed\n");
  fleet.signal(0, SIGHUP);
  ASSERT_TRUE(says(fleet, 0, {R"("number":2,)"})) << said(fleet, 0);
  fleet.change_groups_of(1, "# changed otherwise\n");
  fleet.start(1);
  ASSERT_EQ(fleet.wait(1), 5) << fleet.log(1);
  // The same files, forced: they are the cluster's from now on, and the other is behind.
  fleet.pass({"--force-revision"});
  fleet.start(1);
  EXPECT_TRUE(says(fleet, 0, {R"("revisions":2)", R"("number":3,)", R"("by":"n1")"}))
      << said(fleet, 0);
  EXPECT_THAT(log_says(fleet, 0, "the-cluster-decides-by-another-revision"),
              HasSubstr("the-cluster-decides-by-another-revision"));
  // What the other had made without knowing of it is refused, also there.
  fleet.change_groups("# changed once more\n");
  fleet.signal(0, SIGHUP);
  EXPECT_THAT(log_says(fleet, 0, "configuration-refused"), HasSubstr("were not made from it"));
  EXPECT_TRUE(says(fleet, 1, {R"("number":3,)", R"("by":"n1")"})) << said(fleet, 1);
}

}  // namespace
}  // namespace settle
