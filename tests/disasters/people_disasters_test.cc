// Class F: people, configuration and several controllers.
#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>
#include <sys/wait.h>

#include "config/config.h"
#include "reconcilers/ledger.h"
#include "tests/disasters/stage.h"
#include "tests/places.h"

namespace settle {
namespace {

using namespace std::chrono_literals;

Compiled compiled(const std::string& lines) {
  return compile({{"g.yaml", "groups:\n  g:\n" + lines}});
}

bool is_refused(const std::string& lines) {
  return compiled(lines).has_errors();
}

TEST(Disasters, D35_UnknownAndRetiredKeysAreErrorsAndNothingOfTheFileIsUsed) {
  for (const std::string line :
       {"power_peg: on", "capacity: { min: 1, max: 5, maximum: 9 }", "mode: 7",
        "guards: { terminations: { max: 5% } }", "capcity: { max: 5 }"}) {
    const Compiled result = compiled("    " + line + "\n");
    EXPECT_TRUE(result.has_errors()) << line;
    EXPECT_TRUE(result.specs.empty()) << line;
  }
}

TEST(Disasters, D58_AnOperatorWhoAsksForFarTooLittleGetsTheFloorSlowlyAndCanStop) {
  Stage stage({a_group("web", {30, 200}, 100)});
  stage.has("web", 100);
  stage.runs(2min);
  stage.tells("web", HoldOrder{20, stage.now + 24h, false, "operator", "a typing error"});
  stage.runs(1h);
  EXPECT_EQ(stage.desired("web"), 30);
  EXPECT_GE(stage.truth("web").ready, 100 - 7 * 3) << "at the rate of the budget";
  EXPECT_LE(stage.most_within(IntentKind::terminate, 10min), 3);
  const Time stopped = stage.now;
  const auto left = static_cast<Capacity>(stage.truth("web").ready);
  stage.tells("web", HoldOrder{left, stage.now + 24h, false, "operator", "on second thoughts"});
  stage.runs(1h);
  EXPECT_EQ(stage.count(IntentKind::terminate, stopped + 1s), 0);
  stage.tells("web", HoldOrder{0, stage.now + 48h, false, "operator", ""});
  stage.runs(47h);
  EXPECT_EQ(stage.truth("web").ready, 30) << "never below min, whoever asks";
}

TEST(Disasters, D59_ACommandWithoutItsTargetIsWrongUsageAndSendsNothing) {
  const std::string program = binary_folder() + "/settlectl";
  ASSERT_TRUE(std::ifstream(program).good());
  for (const char* command :
       {"pause", "pause --reason r", "resume", "set-desired", "set-desired web",
        "set-desired --reason r 5", "converge", "pause ''  --reason r", "pausee web"}) {
    const std::string line =
        program + " --socket /nonexistent/settled.sock " + command + " >/dev/null 2>&1";
    const int status = std::system(line.c_str());
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 64) << command;
  }
}

TEST(Disasters, D61_ABlankFieldIsAnErrorOrTheDocumentedDefaultAndDestroysNothing) {
  const Compiled plain = compiled("    capacity: { min: 2, max: 5 }\n");
  ASSERT_EQ(plain.specs.size(), 1U) << render(plain.findings, {});
  for (const std::string key : {"about", "cloud", "launch", "policies", "schedules", "health",
                                "guards", "steadiness", "time_zone", "termination_order",
                                "drain_timeout", "observe_every", "lateness", "warm_up"}) {
    for (const std::string blank : {"", " ~", " ''", " null"}) {
      const Compiled result =
          compiled("    capacity: { min: 2, max: 5 }\n    " + key + ":" + blank + "\n");
      if (result.has_errors()) continue;
      ASSERT_EQ(result.specs.size(), 1U);
      EXPECT_EQ(result.specs[0].limits, plain.specs[0].limits) << key << blank;
      EXPECT_EQ(result.specs[0].guards, plain.specs[0].guards) << key << blank;
      EXPECT_EQ(result.specs[0].health, plain.specs[0].health) << key << blank;
      EXPECT_TRUE(result.specs[0].schedules.empty()) << key << blank;
    }
  }
  for (const std::string blank : {"", " ~", " ''"}) {
    EXPECT_TRUE(is_refused("    capacity: { min: 2, max:" + blank + " }\n")) << blank;
  }
  EXPECT_TRUE(is_refused("    cloud: simulated\n")) << "a group without a max is no group";
}

interlock::Batch safe_batch() {
  interlock::Batch batch;
  batch.now = interlock::Time{1'795'435'200s};
  batch.view.at = batch.now;
  batch.view.is_complete = true;
  for (const char* id : {"a", "b", "c", "d", "e"}) {
    batch.view.members.push_back({id, true, true, false, false});
  }
  batch.rules.min = 1;
  batch.rules.desired = 5;
  batch.rules.rate = {2, 0, false, 0, 600s};
  batch.targets = {{"a", true, true}};
  return batch;
}

TEST(Disasters, D63_TheInterlockRefusesEveryKindOfUnsafePlan) {
  using interlock::Batch;
  ASSERT_EQ(interlock::vet(safe_batch(), {}).permits.size(), 1U);
  const std::vector<std::pair<interlock::Refusal, std::function<void(Batch&)>>> corpus = {
      {interlock::Refusal::target_empty,
       [](Batch& b) {
         b.targets.push_back({"", true, true});
       }},
      {interlock::Refusal::target_empty,
       [](Batch& b) {
         b.targets = {{"", true, false}};
       }},
      {interlock::Refusal::target_repeated, [](Batch& b) { b.targets.push_back(b.targets[0]); }},
      {interlock::Refusal::target_unseen, [](Batch& b) { b.targets[0].id = "*"; }},
      {interlock::Refusal::target_unseen, [](Batch& b) { b.view.members.clear(); }},
      {interlock::Refusal::target_not_ours, [](Batch& b) { b.view.members[0].is_ours = false; }},
      {interlock::Refusal::target_protected,
       [](Batch& b) { b.view.members[0].is_protected = true; }},
      {interlock::Refusal::view_incomplete, [](Batch& b) { b.view.is_complete = false; }},
      {interlock::Refusal::view_stale, [](Batch& b) { b.view.at -= 91s; }},
      {interlock::Refusal::view_stale, [](Batch& b) { b.view.at += 1s; }},
      {interlock::Refusal::view_stale, [](Batch& b) { b.view.wrote_at = b.view.at + 1ms; }},
      {interlock::Refusal::below_min, [](Batch& b) { b.rules.min = 5; }},
      {interlock::Refusal::rate_exceeded,
       [](Batch& b) {
         b.targets = {{"a", true, true}, {"b", true, true}, {"c", true, true}};
       }},
      {interlock::Refusal::rate_exceeded, [](Batch& b) { b.rules.rate.amount = 0; }},
  };
  for (std::size_t i = 0; i < corpus.size(); ++i) {
    Batch batch = safe_batch();
    corpus[i].second(batch);
    const interlock::Verdict verdict = interlock::vet(batch, {});
    EXPECT_EQ(verdict.refusal, corpus[i].first) << i << ": " << name(verdict.refusal);
    EXPECT_TRUE(verdict.permits.empty()) << "nothing of the batch leaves";
  }
}

TEST(Disasters, D64_ThreeZonesInOneRoundLoseNoMoreThanOneBudgetTogether) {
  GroupSpec spec = a_group("net", {3, 60}, 30);
  spec.zones = {"a", "b", "c"};
  Stage stage({spec});
  stage.has("net", 30, "v1", {"a", "b", "c"});
  stage.runs(2min);
  for (const InstanceId& id : stage.existing("net")) {
    stage.tells("net", InstanceOrder{id, InstanceVerb::replace, "maintenance", ""});
  }
  stage.tells("net", HoldOrder{12, stage.now + 4h, false, "maintenance", ""});
  stage.runs(1h);
  EXPECT_LE(stage.most_within(IntentKind::terminate, 10min), 3);
  EXPECT_GE(stage.truth("net").ready, 12);
}

TEST(Disasters, D65_TwoInstallationsOfEqualNamesShareNoTokenAndTouchOnlyTheirOwn) {
  for (std::uint64_t n = 1; n < 100; ++n) {
    EXPECT_NE(token_of("one", {"web"}, n, IntentKind::launch),
              token_of("two", {"web"}, n, IntentKind::launch));
  }
  Stage stage({a_group("web", {0, 10}, 2)});
  stage.has("web", 4);
  Chance chance(1);
  const InstanceId master = stage.cloud().create({}, stage.now, chance);
  const InstanceId neighbour = stage.cloud().create({"web2"}, stage.now, chance);
  stage.tells("web", HealthClaim{master, HealthStatus::unhealthy, "probe", ""});
  stage.tells("web", InstanceOrder{neighbour, InstanceVerb::replace, "operator", ""});
  stage.runs(2h);
  EXPECT_EQ(stage.truth("web").existing, 2);
  for (const Stage::Sent& one : stage.sent) {
    EXPECT_THAT(one.intent.instance.value, testing::StartsWith("web-0"));
  }
}

TEST(Disasters, D68_WhoIsBusyIsNoVictimHoweverFewAreWanted) {
  Stage stage({a_group("ci", {0, 20}, 10)});
  stage.has("ci", 10);
  std::vector<InstanceId> busy = stage.existing("ci");
  busy.resize(8);
  stage.listing = [&busy](Observed& observed) {
    for (Instance& instance : observed.observation->instances) {
      instance.is_protected = std::find(busy.begin(), busy.end(), instance.id) != busy.end();
    }
  };
  stage.runs(2min);
  stage.tells("ci", HoldOrder{2, stage.now + 48h, false, "operator", ""});
  stage.runs(24h);
  EXPECT_EQ(stage.truth("ci").existing, 8);
  EXPECT_TRUE(stage.says("ci", Reason::instance_protected));
}

TEST(Disasters, D69_OneThatBecomesBusyWhileItDrainsIsNotTerminated) {
  GroupSpec spec = a_group("ci", {0, 10}, 3);
  spec.drain_timeout = 5min;
  Stage stage({spec});
  stage.has("ci", 3);
  stage.runs(2min);
  stage.tells("ci", HoldOrder{2, stage.now + 24h, false, "operator", ""});
  stage.runs(1min);
  ASSERT_EQ(stage.count(IntentKind::drain), 1) << "it is taken out of service first";
  const InstanceId victim = stage.sent.back().intent.instance;
  stage.listing = [&victim](Observed& observed) {
    for (Instance& one : observed.observation->instances) {
      if (one.id == victim) one.is_protected = true;
    }
  };
  stage.runs(1h);
  EXPECT_EQ(stage.count(IntentKind::terminate), 0);
  EXPECT_EQ(stage.truth("ci").existing, 3);
}

}  // namespace
}  // namespace settle
