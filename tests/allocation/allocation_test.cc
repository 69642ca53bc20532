// What arrives and changes nothing takes no memory: every allocation of this program is counted.
#include <cstdlib>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/partition/partition.h"

namespace {
std::size_t allocations = 0;

void* counted(std::size_t size) {
  ++allocations;
  if (void* const place = std::malloc(size == 0 ? 1 : size)) return place;
  throw std::bad_alloc();
}
}  // namespace

void* operator new(std::size_t size) {
  return counted(size);
}
void* operator new[](std::size_t size) {
  return counted(size);
}
void operator delete(void* place) noexcept {
  std::free(place);
}
void operator delete[](void* place) noexcept {
  std::free(place);
}
void operator delete(void* place, std::size_t) noexcept {
  std::free(place);
}
void operator delete[](void* place, std::size_t) noexcept {
  std::free(place);
}

namespace settle {
namespace {

constexpr Time now{Duration{1'795'435'200'000}};
// Longer than what a string holds within itself.
const std::string long_name = "a-name-that-is-longer-than-any-small-string";

GroupSpec group() {
  GroupSpec spec;
  spec.id = {"group-" + long_name};
  spec.limits = {1, 50};
  spec.initial = 5;
  TargetPolicy target;
  target.metric.signal = "signal-" + long_name;
  target.target = Decimal(50);
  spec.policies = {
      {"cpu-" + long_name, target, {}},
      {"more-" + long_name, WebhookPolicy{{Adjustment::Kind::change, Decimal(1), 0}}, {}}};
  return spec;
}

std::vector<Claim> claims() {
  const InstanceId instance{"instance-" + long_name};
  const std::string signal = "signal-" + long_name;
  return {SampleClaim{signal, {ReadingKind::value, Decimal(40)}, {}},
          SampleClaim{signal, {ReadingKind::no_data, {}}, instance},
          SampleClaim{signal, {ReadingKind::value, Decimal(-1)}, {"other-" + long_name}},
          AdjustClaim{"more-" + long_name},
          AlarmClaim{"alarm-" + long_name, AlarmState::firing, Decimal(3)},
          HealthClaim{instance, HealthStatus::unhealthy, "probe-" + long_name, long_name},
          HealthClaim{instance, HealthStatus::healthy, "other-" + long_name, long_name},
          PauseOrder{false, "owner-" + long_name, long_name},
          HoldOrder{3, now + Duration{60'000}, false, "owner-" + long_name, long_name}};
}

std::vector<Signal> signals() {
  std::vector<Signal> signals;
  int id = 0;
  for (Claim& claim : claims()) {
    signals.push_back({group().id,
                       {now, "source-" + long_name, long_name + std::to_string(++id)},
                       std::move(claim)});
  }
  return signals;
}

TEST(Allocation, MergingWhatIsKnownAllocatesNothing) {
  const GroupSpec spec = group();
  GroupState state;
  for (const Signal& signal : signals()) (void)merge(spec, state, signal, now);
  for (Signal& signal : signals()) {
    const std::size_t before = allocations;
    const Merge merged = merge(spec, state, signal, now);
    EXPECT_EQ(allocations, before) << signal.claim.index();
    EXPECT_EQ(merged, Merge::repeated) << signal.claim.index();
  }
}

TEST(Allocation, RefusingWhatIsLateOrUnknownAllocatesNothing) {
  const GroupSpec spec = group();
  GroupState state;
  for (Signal& signal : signals()) {
    for (const Duration apart : {-spec.lateness - Duration{1}, future_max + Duration{1}}) {
      signal.stamp.at = now + apart;
      const std::size_t before = allocations;
      EXPECT_NE(merge(spec, state, signal, now), Merge::merged);
      EXPECT_EQ(allocations, before) << signal.claim.index();
    }
  }
  const Signal unknown{spec.id, {now, "s", "1"}, AdjustClaim{"nobody-" + long_name}};
  const std::size_t before = allocations;
  EXPECT_EQ(merge(spec, state, unknown, now), Merge::unknown_policy);
  EXPECT_EQ(allocations, before);
}

TEST(Allocation, AnEventThatChangesNothingTakesNoMemoryOnItsWayThroughAPartition) {
  Partition partition({}, {}, {});
  partition.advance(
      Reconfigured{"r-1", Authority::act, {std::make_shared<const GroupSpec>(group())}}, now);
  for (Signal& signal : signals()) partition.advance(Arrived{std::move(signal), Ticket{}}, now);
  // What it asks for on the way to rest is done: looks, the commit and the journal.
  for (int turn = 0; turn < 10; ++turn) {
    for (Effect& effect : partition.finish_turn(now)) {
      if (const auto* commit = std::get_if<Commit>(&effect)) {
        partition.advance(Committed{commit->batch, Stored::stored}, now);
      } else if (const auto* journal = std::get_if<Journal>(&effect)) {
        partition.advance(Journaled{journal->batch, true}, now);
      }
    }
  }
  std::vector<Event> again;
  for (Signal& signal : signals()) again.emplace_back(Arrived{std::move(signal), Ticket{}});
  for (Event& event : again) {
    const std::size_t before = allocations;
    partition.advance(std::move(event), now);
    const std::vector<Effect> effects = partition.finish_turn(now);
    EXPECT_EQ(allocations, before);
    EXPECT_TRUE(effects.empty());
  }
}

}  // namespace
}  // namespace settle
