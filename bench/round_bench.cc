// What one round costs: decide and plan, no sentences, no output. Beside it a yardstick of plain
// work in the same run, since machines differ and shared ones are noisy: quote ratios to it.
#include <algorithm>
#include <cstdint>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/fixture.h"
#include "reconcilers/converge.h"

namespace settle::bench {
namespace {

RoundContext named_context() {
  RoundContext context;
  context.cluster = "bench";
  return context;
}
const RoundContext context = named_context();

/// A thousand numbers in no order, sorted.
void yardstick(benchmark::State& state) {
  std::vector<std::uint64_t> numbers(1'000);
  std::uint64_t seed = 1;
  for (std::uint64_t& number : numbers) {
    seed = seed * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    number = seed >> 11U;
  }
  for (auto _ : state) {
    std::vector<std::uint64_t> sorted = numbers;
    std::sort(sorted.begin(), sorted.end());
    benchmark::DoNotOptimize(sorted.data());
  }
}
BENCHMARK(yardstick)->Unit(benchmark::kMicrosecond);

/// A group that has as many as it wants, seen so often that its owner is warm.
struct Steady {
  explicit Steady(int instances) : group(spec("web")), seen(fleet(instances, start)) {
    group.initial = instances;
    memory.desired = instances;
    for (int look = 0; look < 3; ++look) round();
  }
  /// The signal is heard again, the cloud is seen again, and all is as it was.
  Round round() {
    now += Duration{15'000};
    seen.at = now;
    SampleClaim claim{"load", {ReadingKind::value, Decimal(100)}, {}};
    (void)merge(group, memory, {group.id, {now, "/bench", "1"}, std::move(claim)}, now);
    return converge(group, memory, seen, now, context);
  }

  GroupSpec group;
  GroupState memory;
  Observation seen;
  Time now = start;
};

void steady_round(benchmark::State& state) {
  Steady steady(static_cast<int>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(steady.round());
  state.SetComplexityN(state.range(0));
}
BENCHMARK(steady_round)->Arg(10)->Arg(100)->Arg(1'000)->Unit(benchmark::kMicrosecond)->Complexity();

/// A round that changes something: a tenth more is wanted, and its launches are opened.
void growing_round(benchmark::State& state) {
  const auto instances = static_cast<int>(state.range(0));
  Steady steady(instances);
  steady.group.guards.launches = {Decimal(10'000), false, 1, Duration{60'000}};
  SampleClaim claim{"load", {ReadingKind::value, Decimal(110)}, {}};
  steady.now += Duration{1};
  (void)merge(steady.group, steady.memory, {steady.group.id, {steady.now, "/bench", "2"}, claim},
              steady.now);
  for (auto _ : state) {
    GroupState memory = steady.memory;
    benchmark::DoNotOptimize(converge(steady.group, memory, steady.seen, steady.now, context));
  }
}
BENCHMARK(growing_round)->Arg(10)->Arg(100)->Arg(1'000)->Unit(benchmark::kMicrosecond);

/// A day of rounds every 15 s: what the engine's part of simulating a group costs.
void group_day(benchmark::State& state) {
  for (auto _ : state) {
    Steady steady(10);
    for (int round = 0; round < 5'760; ++round) benchmark::DoNotOptimize(steady.round());
  }
}
BENCHMARK(group_day)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace settle::bench
