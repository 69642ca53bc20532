#include "daemon/telemetry/metrics.h"

#include <cstdlib>
#include <string>

#include <gmock/gmock.h>
#include <stdio.h>

namespace settle {
namespace {

using testing::HasSubstr;
using testing::Not;

GroupGauges web() {
  GroupGauges group;
  group.group = "web";
  group.ready = 20;
  group.building = 7;
  group.has_desired = true;
  group.desired = 27;
  group.min = 20;
  group.max = 80;
  group.proposals = {{"keep-cpu", 27}};
  group.converged_at_seconds = 1'790'000'000;
  return group;
}

/// Everything that can be counted has been.
std::string full_page() {
  Metrics metrics("1.2.3");
  metrics.count_events("http", 3);
  metrics.count_dropped("http", "LateOrRepeated");
  metrics.count_decision("web", true);
  metrics.count_withheld("web", "Frozen", "freeze/weekend");
  metrics.count_action("launch", "done");
  metrics.count_journaled(5);
  metrics.observe_store("commit", 0.004);
  metrics.observe_answer(0.006);
  metrics.observe_move("takeover", 0.3);
  metrics.observe_move("handover", 0.9);
  DaemonGauges daemon;
  daemon.is_cluster = true;
  daemon.partitions_owned = 256;
  daemon.last_commit_seconds = 1'790'000'000;
  return metrics.page(daemon, {web()});
}

TEST(Metrics, CountsAndShows) {
  const std::string page = full_page();
  for (const char* line : {
           R"(settle_build_info{version="1.2.3"} 1)",
           R"(settle_events_received_total{source="http"} 3)",
           R"(settle_decisions_total{group="web",outcome="changed"} 1)",
           R"(settle_not_scaled_total{group="web",reason="Frozen"} 1)",
           R"(settle_guard_blocks_total{group="web",guard="freeze/weekend"} 1)",
           R"(settle_actions_total{action="launch",outcome="done"} 1)",
           R"(settle_group_instances{group="web",state="ready"} 20)",
           R"(settle_group_desired_instances{group="web"} 27)",
           R"(settle_group_proposed_instances{group="web",policy="keep-cpu"} 27)",
           "settle_partitions_owned 256",
           "settle_config_last_reload_successful 1",
       }) {
    EXPECT_THAT(page, HasSubstr(line));
  }
}

TEST(Metrics, ShowsNoDesiredCapacityWhereNoneIsKnown) {
  const Metrics metrics("1");
  GroupGauges group = web();
  group.has_desired = false;
  EXPECT_THAT(metrics.page({}, {group}), Not(HasSubstr("settle_group_desired_instances")));
}

TEST(Metrics, ShowsAgesAndWhatIsLeftOfBudgets) {
  const Metrics metrics("1");
  GroupGauges group = web();
  group.mode = "only-up";
  group.observed_at_seconds = 1'790'000'000;
  group.levels = {{"daily launches", 7}};
  std::string page = metrics.page({}, {group});
  EXPECT_THAT(page, HasSubstr(R"(settle_group_mode{group="web",mode="only-up"} 1)"));
  EXPECT_THAT(page, HasSubstr(R"(settle_guard_remaining{group="web",guard="daily launches"} 7)"));
  EXPECT_THAT(page, HasSubstr("settle_group_last_observation_timestamp_seconds"));
  EXPECT_THAT(page, Not(HasSubstr("settle_group_oldest_intent_timestamp_seconds")));
  group.oldest_intent_seconds = 1'790'000'001;
  page = metrics.page({}, {group});
  EXPECT_THAT(page, HasSubstr("settle_group_oldest_intent_timestamp_seconds"));
}

TEST(Metrics, AGaugeGoesWithItsGroup) {
  const Metrics metrics("1");
  EXPECT_THAT(metrics.page({}, {web()}), HasSubstr("group=\"web\""));
  EXPECT_THAT(metrics.page({}, {}), Not(HasSubstr("group=\"web\"")));
}

TEST(Metrics, LeavesOutGroupsBeyondItsLimitAndSaysSo) {
  const Metrics metrics("1");
  const std::vector<GroupGauges> groups(metric_groups_max + 3, web());
  EXPECT_THAT(metrics.page({}, groups), HasSubstr("settle_groups_unlisted 3"));
}

TEST(Metrics, PassPromtool) {
  if (std::system("command -v promtool >/dev/null 2>&1") != 0) {
    GTEST_SKIP() << "promtool is not installed";
  }
  FILE* promtool = ::popen("promtool check metrics", "w");
  ASSERT_NE(promtool, nullptr);
  const std::string page = full_page();
  EXPECT_EQ(::fwrite(page.data(), 1, page.size(), promtool), page.size());
  EXPECT_EQ(::pclose(promtool), 0);
}

}  // namespace
}  // namespace settle
