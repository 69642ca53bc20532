#include "reconcilers/memory.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "reconcilers/decide.h"
#include "tests/laws.h"
#include "tests/reconcilers/group_world.h"

namespace settle {
namespace {

Metric metric(const char* name) {
  Metric result;
  result.signal = name;
  return result;
}

/// Three webhooks that do not commute, and limits that a schedule moves.
GroupSpec webhook_group() {
  GroupSpec spec;
  spec.id = {"web"};
  spec.limits = {1, 40};
  spec.initial = 10;
  spec.policies = {{"add-3", WebhookPolicy{add(3)}, {}},
                   {"double", WebhookPolicy{percent("100")}, {}},
                   {"remove-2", WebhookPolicy{add(-2)}, {}}};
  const LocalTime from = spec.zone.local(epoch - 4 * minute);
  const LocalTime until = spec.zone.local(epoch + 3 * minute);
  spec.schedules = {{"calm", ScheduledLimits{DatedWindow{from, until}, 5, 20}}};
  return spec;
}

Signal signal(Time at, const std::string& id, Claim claim) {
  return {{"web"}, {at, "test", id}, std::move(claim)};
}
Signal adjust(Time at, const std::string& id, const std::string& policy) {
  return signal(at, id, AdjustClaim{policy});
}
Signal sample(Time at, const std::string& id, const char* value) {
  return signal(at, id, SampleClaim{"cpu", {ReadingKind::value, *Decimal::parse(value)}, {}});
}
Signal health(Time at, const std::string& id, HealthStatus status) {
  return signal(at, id, HealthClaim{{"i-1"}, status, "probe", ""});
}

GroupState remember(const GroupSpec& spec, const std::vector<Signal>& signals, Time now) {
  GroupState state;
  for (const Signal& one : signals) static_cast<void>(merge(spec, state, one, now));
  return state;
}

TEST(Merge, CountsAnEventOnce) {
  const GroupSpec spec = webhook_group();
  GroupState state;
  EXPECT_EQ(merge(spec, state, adjust(epoch, "a", "add-3"), epoch), Merge::merged);
  EXPECT_EQ(merge(spec, state, adjust(epoch, "a", "add-3"), epoch), Merge::repeated);
  EXPECT_EQ(merge(spec, state, adjust(epoch + second, "a", "double"), epoch), Merge::repeated);
  EXPECT_EQ(rest_number(spec, state, 10), 13);
}

TEST(Merge, TellsLateFromFutureFromUnknown) {
  const GroupSpec spec = webhook_group();
  GroupState state;
  const GroupState before = state;
  EXPECT_EQ(merge(spec, state, adjust(epoch, "a", "add-3"), epoch + spec.lateness + Duration{1}),
            Merge::late_or_repeated);
  EXPECT_EQ(merge(spec, state, adjust(epoch + future_max + Duration{1}, "a", "add-3"), epoch),
            Merge::from_the_future);
  EXPECT_EQ(merge(spec, state, adjust(epoch, "a", "nobody"), epoch), Merge::unknown_policy);
  EXPECT_EQ(state, before);
  EXPECT_EQ(merge(spec, state, adjust(epoch, "a", "add-3"), epoch + spec.lateness), Merge::merged);
  EXPECT_EQ(merge(spec, state, adjust(epoch + future_max, "b", "add-3"), epoch), Merge::merged);
}

TEST(Merge, StaysLateAfterItsEventHasBeenFoldedEvenWhenTheClockFallsBack) {
  const GroupSpec spec = webhook_group();
  GroupState state;
  EXPECT_EQ(merge(spec, state, adjust(epoch, "a", "add-3"), epoch), Merge::merged);
  compact(spec, state, epoch + 20 * minute);
  EXPECT_TRUE(state.memory.firings.empty());
  EXPECT_EQ(merge(spec, state, adjust(epoch, "a", "add-3"), epoch), Merge::late_or_repeated);
  EXPECT_EQ(rest_number(spec, state, 10), 13);
}

TEST(Merge, CountsALateFiringOfALogAtTheBoundaryOfWhatIsFolded) {
  const GroupSpec spec = webhook_group();
  GroupState state;
  EXPECT_EQ(merge(spec, state, adjust(epoch, "a", "add-3"), epoch), Merge::merged);
  compact(spec, state, epoch + 20 * minute);
  const Time boundary = state.memory.folded_to;
  EXPECT_EQ(merge_logged(spec, state, adjust(epoch - minute, "b", "add-3"), epoch + 20 * minute),
            Merge::merged);
  ASSERT_EQ(state.memory.firings.size(), 1U);
  EXPECT_EQ(state.memory.firings[0].stamp.at, boundary);
  EXPECT_EQ(rest_number(spec, state, 10), 16);
  EXPECT_EQ(merge_logged(spec, state, adjust(epoch + 22 * minute, "c", "double"), epoch),
            Merge::from_the_future);
}

TEST(Merge, PushesBackRatherThanForget) {
  const GroupSpec spec = webhook_group();
  GroupState state;
  for (std::size_t i = 0; i < firings_max; ++i) {
    ASSERT_EQ(merge(spec, state, adjust(epoch, std::to_string(i), "add-3"), epoch), Merge::merged);
  }
  EXPECT_EQ(merge(spec, state, adjust(epoch, "more", "add-3"), epoch), Merge::full);
  EXPECT_EQ(merge(spec, state, adjust(epoch, "17", "add-3"), epoch), Merge::repeated);
}

TEST(Merge, KeepsTheLatestSampleWhateverTheOrder) {
  const GroupSpec spec = webhook_group();
  GroupState state;
  EXPECT_EQ(merge(spec, state, sample(epoch + second, "b", "2"), epoch), Merge::merged);
  EXPECT_EQ(merge(spec, state, sample(epoch, "a", "1"), epoch), Merge::repeated);
  ASSERT_EQ(state.memory.samples.size(), 1U);
  EXPECT_EQ(state.memory.samples[0].sample.reading.value, Decimal(2));
}

TEST(Merge, RemembersWhatCannotBeANumberAsInvalidAndNeverAsANumber) {
  GroupSpec spec = webhook_group();
  spec.policies.push_back({"queue", TargetPolicy{metric("cpu"), Decimal(1)}, {}});
  for (const char* value : {"1e308", "-1e308", "1e18", "-1"}) {
    GroupState state;
    EXPECT_EQ(merge(spec, state, sample(epoch, "a", "5"), epoch), Merge::merged);
    EXPECT_EQ(merge(spec, state, sample(epoch + second, "b", value), epoch), Merge::invalid);
    EXPECT_EQ(merge(spec, state, sample(epoch + second, "b", value), epoch), Merge::repeated);
    EXPECT_EQ(state.memory.samples[0].sample.reading, (Reading{ReadingKind::invalid, {}})) << value;
  }
  GroupState state;
  EXPECT_EQ(merge(spec, state, sample(epoch, "a", "0"), epoch), Merge::merged);
  std::get<TargetPolicy>(spec.policies.back().kind).metric.may_be_negative = true;
  EXPECT_EQ(merge(spec, state, sample(epoch + second, "b", "-1"), epoch), Merge::merged);
  for (const char* value : {"1e18", "-1e18"}) {
    GroupState other;
    EXPECT_EQ(merge(spec, other, sample(epoch, "a", value), epoch), Merge::invalid) << value;
  }
}

TEST(Merge, LetsAHoldLastAsTheNumberToRestAt) {
  const GroupSpec spec = webhook_group();
  GroupState state;
  const HoldOrder order{17, epoch + minute, false, "ann", "launch day"};
  EXPECT_EQ(merge(spec, state, signal(epoch, "h", order), epoch), Merge::merged);
  EXPECT_EQ(merge(spec, state, signal(epoch, "h", order), epoch), Merge::repeated);
  EXPECT_EQ(rest_number(spec, state, 10), 17);
  EXPECT_EQ(state.memory.hold->order, order);
  const HoldOrder impossible{-1, epoch + minute, false, "ann", ""};
  EXPECT_EQ(merge(spec, state, signal(epoch, "i", impossible), epoch), Merge::invalid);
}

TEST(Merge, FindsWhereAnUnhealthyRunBeganWhateverTheOrder) {
  const GroupSpec spec = webhook_group();
  const std::vector<Signal> reports{health(epoch, "a", HealthStatus::unhealthy),
                                    health(epoch + 2 * minute, "b", HealthStatus::healthy),
                                    health(epoch + 4 * minute, "c", HealthStatus::unhealthy),
                                    health(epoch + 6 * minute, "d", HealthStatus::unhealthy)};
  std::vector<std::size_t> order{0, 1, 2, 3};
  do {
    std::vector<Signal> arrived;
    for (const std::size_t index : order) arrived.push_back(reports[index]);
    const GroupState state = remember(spec, arrived, epoch + 6 * minute);
    EXPECT_EQ(state.memory.health[0].unhealthy_since, epoch + 4 * minute);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(RestNumber, FoldsByEventTimeEachStepWithinTheLimitsOfItsMoment) {
  const GroupSpec spec = webhook_group();
  // 10 doubled is 20, at the window's max; +3 stays there; after the window +3 is 23.
  const GroupState state =
      remember(spec,
               {adjust(epoch + 5 * minute, "c", "add-3"), adjust(epoch, "b", "add-3"),
                adjust(epoch - minute, "a", "double")},
               epoch + 5 * minute);
  EXPECT_EQ(rest_number(spec, state, 10), 23);
}

TEST(RestNumber, IsNotMovedByAWebhookBesideATargetPolicy) {
  GroupSpec spec = webhook_group();
  spec.policies.push_back({"queue", TargetPolicy{metric("q"), Decimal(1)}, {}});
  const GroupState state = remember(spec, {adjust(epoch, "a", "double")}, epoch);
  EXPECT_EQ(rest_number(spec, state, 10), 10);
}

TEST(Compact, WaitsForABaseBeforeItFolds) {
  GroupSpec spec = webhook_group();
  spec.initial.reset();
  GroupState state = remember(spec, {adjust(epoch, "a", "add-3")}, epoch);
  compact(spec, state, epoch + 20 * minute);
  EXPECT_EQ(state.memory.firings.size(), 1U);
  state.initial = 12;
  compact(spec, state, epoch + 20 * minute);
  EXPECT_TRUE(state.memory.firings.empty());
  EXPECT_EQ(state.memory.base, 15);
}

TEST(Compact, ForgetsSamplesOfInstancesOnceTheyAreStale) {
  GroupSpec spec = webhook_group();
  spec.policies.push_back({"cpu", TargetPolicy{Metric{}, Decimal(1)}, {}});
  GroupState state =
      remember(spec,
               {sample(epoch, "a", "1"),
                signal(epoch, "b", SampleClaim{"cpu", {ReadingKind::value, Decimal(1)}, {"i-1"}}),
                signal(epoch, "c", SampleClaim{"unread", {ReadingKind::value, Decimal(1)}, {}})},
               epoch);
  compact(spec, state, epoch + spec.lateness);
  EXPECT_EQ(state.memory.samples.size(), 3U);
  compact(spec, state, epoch + spec.lateness + Duration{1});
  ASSERT_EQ(state.memory.samples.size(), 1U);
  EXPECT_EQ(state.memory.samples[0].sample.signal, "cpu");
}

TEST(Compact, KeepsWhatARatioIsDividedBy) {
  GroupSpec spec = webhook_group();
  TargetPolicy ratio;
  ratio.target = Decimal(1);
  ratio.metric.over = "asked";
  spec.policies.push_back({"used", ratio, {}});
  GroupState state = remember(
      spec, {signal(epoch, "a", SampleClaim{"asked", {ReadingKind::value, Decimal(1)}, {}})},
      epoch);
  compact(spec, state, epoch + spec.lateness + Duration{1});
  EXPECT_EQ(state.memory.samples.size(), 1U);
}

TEST(Compact, KeepsASignalForAsLongAsTheMetricThatWaitsLongestForIt) {
  GroupSpec spec = webhook_group();
  TargetPolicy load;
  load.target = Decimal(1);
  for (const Duration stale_after : {Duration{3'600'000}, Duration{7'200'000}, Duration{60'000}}) {
    NamedMetric named;
    named.name = std::to_string(stale_after.count());
    named.metric.signal = "requests";
    named.metric.stale_after = stale_after;
    named.target = Decimal(10);
    load.metrics.push_back(named);
  }
  spec.policies.push_back({"load", load, {}});
  GroupState state = remember(
      spec, {signal(epoch, "a", SampleClaim{"requests", {ReadingKind::value, Decimal(1)}, {"i"}})},
      epoch);
  compact(spec, state, epoch + Duration{7'200'000});
  EXPECT_EQ(state.memory.samples.size(), 1U);
  compact(spec, state, epoch + Duration{7'200'001});
  EXPECT_TRUE(state.memory.samples.empty());
}

TEST(Digest, NamesWhatAGroupWasTold) {
  const GroupSpec spec = webhook_group();
  GroupState state = remember(spec, {adjust(epoch, "a", "double")}, epoch);
  const std::string name = digest(state.memory);
  EXPECT_EQ(name.size(), 32U);
  state.memory.scheduled_to = epoch;
  EXPECT_EQ(digest(state.memory), name);
  static_cast<void>(merge(spec, state, sample(epoch, "b", "1"), epoch));
  EXPECT_NE(digest(state.memory), name);
}

// ---- Laws ---------------------------------------------------------------------------------

/// Of a claim that ends by itself: some moments around the epoch, or none.
std::optional<Time> any_end() {
  const int minutes = evenly(-2, 3);
  if (minutes == -2) return std::nullopt;
  return epoch + minutes * minute;
}

Claim any_claim() {
  const std::vector<std::string> policies{"add-3", "double", "remove-2", "nobody"};
  const std::vector<std::string> names{"cpu", "queue", "other"};
  const std::vector<std::string> ids{"", "i-1", "i-2"};
  switch (evenly(0, 7)) {
    case 0:
    case 1:
      return AdjustClaim{*rc::gen::elementOf(policies)};
    case 2: {
      const auto kind = static_cast<ReadingKind>(evenly(0, 4));
      return SampleClaim{*rc::gen::elementOf(names),
                         {kind, Decimal::of(evenly(-3, 9), evenly(-2, 20))},
                         {*rc::gen::elementOf(ids)}};
    }
    case 3:
      return AlarmClaim{*rc::gen::elementOf(names),
                        static_cast<AlarmState>(evenly(0, 3)),
                        {},
                        *rc::gen::elementOf(ids),
                        any_end()};
    case 4:
      return HealthClaim{{*rc::gen::elementOf(ids)},
                         static_cast<HealthStatus>(evenly(0, 3)),
                         "probe",
                         "",
                         any_end()};
    case 5:
      return PauseOrder{*rc::gen::arbitrary<bool>(), "ann", ""};
    default:
      return HoldOrder{evenly(-1, 50), epoch, *rc::gen::arbitrary<bool>(), "ann", ""};
  }
}

/// `spread` seconds of event time before the epoch.
std::vector<Signal> any_signals(int spread) {
  const int count = evenly(0, 14);
  std::vector<Signal> signals;
  for (int i = 0; i < count; ++i) {
    signals.push_back(
        signal(epoch - evenly(0, spread) * second, std::to_string(evenly(0, 9)), any_claim()));
  }
  return signals;
}

std::vector<Signal> shuffled(std::vector<Signal> signals) {
  for (std::size_t i = signals.size(); i > 1; --i) {
    std::swap(signals[i - 1], signals[evenly<std::size_t>(0, i)]);
  }
  return signals;
}

GroupSpec any_group() {
  GroupSpec spec = webhook_group();
  if (*rc::gen::arbitrary<bool>()) {
    spec.policies.insert(spec.policies.begin(), {"cpu", TargetPolicy{Metric{}, Decimal(50)}, {}});
  }
  return spec;
}

TEST(Memory, IsTheSameForEveryOrderAndRepetition) {
  int late = 0;
  EXPECT_TRUE(rc::check([&] {
    const GroupSpec spec = any_group();
    const auto signals = any_signals(1'200);  // Some are late.
    auto again = signals;
    again.insert(again.end(), signals.begin(), signals.end());
    again = shuffled(std::move(again));
    const bool has_late = std::any_of(signals.begin(), signals.end(), [&](const Signal& one) {
      return one.stamp.at < epoch - spec.lateness;
    });
    if (has_late) ++late;
    GroupState a = remember(spec, signals, epoch);
    GroupState b = remember(spec, again, epoch);
    RC_ASSERT(a == b);
    compact(spec, a, epoch + 10 * minute);
    compact(spec, b, epoch + 10 * minute);
    RC_ASSERT(a == b);
    RC_ASSERT(digest(a.memory) == digest(b.memory));
    RC_ASSERT(rest_number(spec, a, 10) == rest_number(spec, b, 10));
  }));
  EXPECT_GE(late, 45) << "lists of signals of which some are late";
}

TEST(Memory, DoesNotDependOnWhenItIsCompacted) {
  int telling = 0;
  EXPECT_TRUE(rc::check([&] {
    GroupSpec spec = any_group();
    GroupState known;
    if (*rc::gen::arbitrary<bool>()) known.instances.emplace_back().id = {"i-1"};
    struct Arrival {
      Time at;
      Signal signal;
    };
    std::vector<Arrival> arrivals;
    std::vector<Signal> signals = any_signals(2'400);
    int next_id = 0;
    for (Signal& one : signals) {
      one.stamp.id = std::to_string(next_id++);
      const auto delay = [&] { return evenly(0, 900) * second; };
      arrivals.push_back({one.stamp.at + delay(), one});
      if (*rc::gen::arbitrary<bool>()) arrivals.push_back({one.stamp.at + 2 * delay(), one});
    }
    const Time end = epoch + evenly(0, 1'800) * second;
    std::stable_sort(arrivals.begin(), arrivals.end(),
                     [](const Arrival& a, const Arrival& b) { return a.at < b.at; });
    std::stable_sort(signals.begin(), signals.end(),
                     [](const Signal& a, const Signal& b) { return a.stamp < b.stamp; });

    GroupState once = known;
    for (const Signal& one : signals) static_cast<void>(merge(spec, once, one, one.stamp.at));
    GroupState often = known;
    bool was_folded = false;
    for (const Arrival& arrival : arrivals) {
      was_folded = was_folded || often.memory.folded_to > epoch - 2'400 * second;
      if (*rc::gen::arbitrary<bool>()) compact(spec, often, arrival.at);
      static_cast<void>(merge(spec, often, arrival.signal, arrival.at));
    }
    const Time last = std::max(end, arrivals.empty() ? end : arrivals.back().at);
    compact(spec, once, last);
    compact(spec, often, last);
    RC_ASSERT(once == often);
    if (was_folded) ++telling;
  }));
  EXPECT_GE(telling, 30) << "memories that were folded in between";
}

/// Reports of one instance, crowded into few minutes, in an order of arrival that is not theirs.
TEST(Memory, FindsTheStartOfARunWhateverTheOrderAndCompaction) {
  int telling = 0;
  EXPECT_TRUE(rc::check([&] {
    const GroupSpec spec = webhook_group();
    GroupState known;
    known.instances.emplace_back().id = {"i-1"};
    struct Arrival {
      Time at;
      Signal signal;
    };
    std::vector<Arrival> arrivals;
    const int count = evenly(1, 12);
    for (int i = 0; i < count; ++i) {
      const Time at = epoch + evenly(0, 40) * 9 * second;
      const auto status = *rc::gen::element(HealthStatus::unhealthy, HealthStatus::unhealthy,
                                            HealthStatus::unhealthy, HealthStatus::healthy);
      arrivals.push_back({at + evenly(0, 900) * second, health(at, std::to_string(i), status)});
    }
    const auto by_arrival = [](const Arrival& a, const Arrival& b) { return a.at < b.at; };
    const auto by_stamp = [](const Arrival& a, const Arrival& b) {
      return a.signal.stamp < b.signal.stamp;
    };
    GroupState late = known;
    std::stable_sort(arrivals.begin(), arrivals.end(), by_arrival);
    for (const Arrival& arrival : arrivals) {
      if (*rc::gen::arbitrary<bool>()) compact(spec, late, arrival.at);
      static_cast<void>(merge(spec, late, arrival.signal, arrival.at));
    }
    const Time end = arrivals.back().at;
    GroupState prompt = known;
    std::stable_sort(arrivals.begin(), arrivals.end(), by_stamp);
    std::optional<Time> began;  // As somebody would find it who kept every report.
    Time last_healthy{};
    for (const Arrival& arrival : arrivals) {
      const Time at = arrival.signal.stamp.at;
      static_cast<void>(merge(spec, prompt, arrival.signal, at));
      const bool is_healthy =
          std::get<HealthClaim>(arrival.signal.claim).status == HealthStatus::healthy;
      if (is_healthy) {
        began.reset();
        last_healthy = at;
      } else if (!began && at > last_healthy) {
        began = at;
      }
    }
    compact(spec, late, end);
    compact(spec, prompt, end);
    RC_ASSERT(late == prompt);
    const auto since = late.memory.health[0].unhealthy_since;
    if (began && since) {
      RC_ASSERT(*since >= *began);
      RC_ASSERT(*since - *began < minute);
      ++telling;
    }
  }));
  EXPECT_GE(telling, 45) << "runs whose beginning is known";
}

}  // namespace
}  // namespace settle
