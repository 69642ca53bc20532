// What one round costs: decide and plan, no sentences, no output.
#include <benchmark/benchmark.h>

#include "bench/fixture.h"
#include "reconcilers/converge.h"

namespace settle::bench {
namespace {

void steady_round(benchmark::State& state) {
  const auto instances = static_cast<int>(state.range(0));
  const GroupSpec group = spec("web");
  GroupState memory;
  memory.desired = instances;
  const RoundContext context{.cluster = "bench", .revision = "r", .engine = "e", .tzdata = "t"};
  Time now = start;
  const Observation seen = fleet(instances, now);
  (void)merge(group, memory, sample("web", 10, now), now);
  for (auto _ : state) {
    benchmark::DoNotOptimize(converge(group, memory, seen, now, context));
  }
  state.SetComplexityN(state.range(0));
}
BENCHMARK(steady_round)->Arg(10)->Arg(100)->Arg(1'000)->Unit(benchmark::kMicrosecond)->Complexity();

}  // namespace
}  // namespace settle::bench
