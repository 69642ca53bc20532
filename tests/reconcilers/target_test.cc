#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "reconcilers/decide.h"
#include "tests/reconcilers/group_world.h"

namespace settle {
namespace {

Steadiness tolerating(const char* out, const char* in) {
  Steadiness steadiness;
  steadiness.out.tolerance = {number(out), true};
  steadiness.in.tolerance = {number(in), true};
  return steadiness;
}

TEST(Target, SaysWhatItMadeOfItsSample) {
  GroupWorld world(20);
  world.policy("keep-cpu-at-55", target("55"));
  world.sample("keep-cpu-at-55", "72.4");
  EXPECT_EQ(world.round(), 27);
  const Voice& voice = world.voice("keep-cpu-at-55");
  EXPECT_TRUE(voice.won);
  EXPECT_EQ(voice.input->value, number("72.4"));
  EXPECT_EQ(voice.input_at, epoch);
  const Facts facts{
      {"target", Decimal(55)}, {"ready", std::int64_t{20}}, {"ratio", number("26.32")}};
  EXPECT_EQ(voice.facts, facts);
  EXPECT_EQ(world.record.desired_from, 20);
  EXPECT_EQ(world.record.desired_to, 27);
}

// The simulator's seed 265: a group went down and up by the same two samples for ever.
TEST(Target, DoesNotShrinkAgainByASampleThatIsOlderThanItsDrains) {
  GroupWorld world(12);
  world.policy("cpu", target("100"));
  world.sample("cpu", "88");  // 12 x 88: eleven are enough.
  EXPECT_EQ(world.round(), 11);
  InstanceMemory drained;
  drained.id = {"i-12"};
  drained.draining_since = world.now + second;
  world.state.instances = {drained};
  world.ready = 11;
  EXPECT_EQ(world.after(5 * second), 11) << "the twelfth had its part in the mean";
  world.sample("cpu", "96");  // Of the eleven: the twelfth is out of it.
  EXPECT_EQ(world.round(), 11);
  world.sample("cpu", "90");
  EXPECT_EQ(world.after(second), 10);
}

struct WholeCase {
  const char* id;
  Capacity desired;
  Capacity ready;
  const char* value;
  const char* target;
  bool is_total;
  Capacity result;
  const char* tolerance = "10";
};

// Source: cases/hpa.json group_value and group_average; cases/cloud.json target.size.
TEST(Target, ProposesAsTheCasesOfOthersHaveIt) {
  const std::vector<WholeCase> cases{{"group_value-003", 5, 5, "12", "20", false, 3},
                                     {"group_value-004", 3, 3, "20.666", "20", false, 3},
                                     {"group_value-005", 3, 1, "8.6", "4.4", false, 2},
                                     {"group_value-006", 5, 5, "8.6", "14.334", false, 3},
                                     {"group_value-007", 3, 3, "8.6", "8.888", false, 3},
                                     {"group_value-008", 3, 3, "8.6", "6.666", false, 4},
                                     {"group_value-010, of a total", 0, 0, "1", "1", true, 1},
                                     {"group_average-002", 5, 5, "6", "2", true, 3},
                                     {"group_average-003", 4, 4, "20.166", "5", true, 4},
                                     {"group_average-004", 3, 3, "8.6", "2.15", true, 4},
                                     {"group_average-006", 3, 3, "8.6", "2.9", true, 3},
                                     {"group_average-011", 4, 4, "8.6", "2.2", true, 4},
                                     {"tt-aws-03", 10, 10, "1500", "100", true, 15},
                                     {"tv-nomad-02", 2, 2, "26", "13", false, 4, "1"},
                                     {"tv-nomad-03", 0, 0, "20", "10", true, 2, "1"},
                                     {"tv-nomad-07", 8, 8, "5.00001", "5", false, 8, "1"},
                                     {"tv-nomad-08", 8, 8, "5.00001", "5", false, 9, "0.0001"},
                                     {"tv-nomad-11", 2, 2, "16", "16", false, 2, "1"},
                                     {"float-nomad-02", 50, 50, "77", "70", false, 55, "0"},
                                     {"float-nomad-03", 90, 90, "66", "60", false, 99, "0"},
                                     {"a zero is a value", 5, 5, "0", "20", true, 0}};
  for (const WholeCase& c : cases) {
    GroupWorld world(c.desired);
    world.ready = c.ready;
    world.policy("t", target(c.target, c.is_total), tolerating(c.tolerance, c.tolerance));
    world.sample("t", c.value);
    EXPECT_EQ(world.round(), c.result) << c.id;
  }
}

// Source: cases/hpa.json tolerance_per_direction; cases/cloud.json target.direction.
TEST(Target, ToleratesEachDirectionByItself) {
  const std::vector<WholeCase> cases{
      {"tolerance_per_direction-001", 35, 35, "3700", "100", true, 37},
      {"tolerance_per_direction-002", 37, 37, "3800", "100", true, 37}};
  for (const WholeCase& c : cases) {
    GroupWorld world(c.desired);
    world.policy("t", target(c.target, c.is_total), tolerating("5", "50"));
    world.sample("t", c.value);
    EXPECT_EQ(world.round(), c.result) << c.id;
  }
  GroupWorld world(5);
  world.policy("t", target("1"), tolerating("1", "1"));
  world.sample("t", "0.99");
  EXPECT_EQ(world.round(), 5);
  EXPECT_EQ(world.voice("t").reason, Reason::within_tolerance);
  EXPECT_EQ(world.voice("t").verdict, Verdict::stays);
}

TEST(Target, HasNoOpinionOfAMeanOverNobody) {
  GroupWorld world(4);
  world.ready = 0;
  world.policy("t", target("50"));
  world.sample("t", "10");
  EXPECT_EQ(world.round(), 4);
  EXPECT_EQ(world.voice("t").verdict, Verdict::silent);
}

TEST(Target, LeavesWarmingInstancesOutOfItsMean) {
  GroupWorld world(4);
  world.spec.warm_up = 2 * minute;
  for (const char* id : {"a", "b", "c", "d"}) {
    InstanceMemory& instance = world.state.instances.emplace_back();
    instance.id = {id};
    instance.active_since = id[0] < 'c' ? epoch - 10 * minute : epoch - minute;
  }
  world.policy("t", target("50"));
  world.sample("t", "100");
  EXPECT_EQ(world.round(), 4) << "two warm ones, twice the target";
  EXPECT_EQ(world.revisit, epoch + minute);
}

TEST(Target, LooksAgainTheMomentTheSampleOfAnInstanceIsTooOld) {
  GroupWorld world(1);
  InstanceMemory& instance = world.state.instances.emplace_back();
  instance.id = {"a"};
  instance.active_since = epoch - 10 * minute;
  world.policy("t", target("50"));
  world.sample("t", "100", "a");
  EXPECT_EQ(world.round(), 2);
  EXPECT_EQ(world.voice("t").reason, Reason::proposed);
  EXPECT_EQ(world.revisit, epoch + 120 * second + Duration{1});
}

struct EachCase {
  const char* id;
  const char* target;
  std::vector<const char*> ready;    // Samples; null for an instance without one.
  std::vector<const char*> unready;  // The same, of instances that are not ready yet.
  Capacity result;
};

// Source: cases/hpa.json, resource_utilization and instance_average. One of 028 and 033 assumes a
// capacity of 100 % for the silent ones; a sample of ours bears no unit, so they are at target.
TEST(Target, CountsInstancesWithoutASampleAsTheCasesHaveIt) {
  const std::vector<EachCase> cases{
      {"resource_utilization-003", "300", {"500", "700"}, {"300"}, 4},
      {"resource_utilization-005", "300", {"400"}, {"500", "700"}, 3},
      {"resource_utilization-013", "500", {"100", "300", "500", "250", "250"}, {}, 3},
      {"resource_utilization-015", "500", {"100", "300", "500"}, {"250", "250"}, 2},
      {"resource_utilization-017", "500", {"100"}, {nullptr, nullptr, nullptr, nullptr}, 1},
      {"resource_utilization-027", "1000", {"1900", nullptr}, {}, 2},
      {"resource_utilization-028", "1000", {"600", nullptr}, {}, 2},
      {"resource_utilization-029", "500", {"450", nullptr}, {"100"}, 3},
      {"resource_utilization-031", "500", {"2000", nullptr}, {"100"}, 4},
      {"resource_utilization-036",
       "0.56",
       {"0.5", "0.5", "0.5", "0.5", "0.5", "0.5", "0.5", "0.5", "0.5", "0.5"},
       {},
       9},
      {"resource_utilization-037",
       "0.55",
       {"0.5", "0.5", "0.5", "0.5", "0.5", "0.5", "0.5", "0.5", "0.5", "0.5"},
       {},
       10},
      {"instance_average-005", "20", {"12", "12", "12", "12", "12"}, {}, 3}};
  for (const EachCase& c : cases) {
    GroupWorld world(static_cast<Capacity>(c.ready.size() + c.unready.size()));
    world.policy("t", target(c.target), tolerating("10", "10"));
    char name = 'a';
    const auto join = [&](const char* value, bool is_ready) {
      InstanceMemory& instance = world.state.instances.emplace_back();
      instance.id = {std::string(1, name)};
      if (is_ready) instance.active_since = epoch - 60 * minute;
      if (value != nullptr) world.sample("t", value, std::string(1, name));
      ++name;
    };
    for (const char* value : c.ready) join(value, true);
    for (const char* value : c.unready) join(value, false);
    EXPECT_EQ(world.round(), c.result) << c.id;
  }
}

TEST(Target, IsARatioOfWhatTheGroupSaysOfItself) {
  GroupWorld world(10);
  TargetPolicy busy = target("0.5");
  busy.metric.over = "workers";
  world.policy("busy", busy);
  world.sample("busy", "90");
  world.sample("workers", "120");  // Three quarters of them are busy.
  EXPECT_EQ(world.round(), 15);
  world.sample("workers", "0");  // Nobody can be half of nobody.
  EXPECT_EQ(world.round(), 15);
  EXPECT_EQ(world.voice("busy").verdict, Verdict::missing);
}

TEST(Target, IsMissingWhereOnlyStrangersSendSamples) {
  GroupWorld world(1);  // Source: cases/hpa.json, resource_utilization-001.
  world.state.instances.emplace_back().id = {"a"};
  world.state.instances[0].active_since = epoch;
  world.policy("t", target("100"));
  world.sample("t", "100", "stranger");
  EXPECT_EQ(world.round(), 1);
  EXPECT_EQ(world.voice("t").verdict, Verdict::missing);
}

}  // namespace
}  // namespace settle
