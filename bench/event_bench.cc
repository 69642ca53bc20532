// What one event costs a partition, with few groups and with a million: the two must not differ by
// more than the memory they miss.
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "bench/fixture.h"

namespace settle::bench {
namespace {

std::string group_name(std::int64_t n) {
  return "group-" + std::to_string(n);
}

Partition partition_of_groups(std::int64_t count) {
  Partition partition({}, {.unanswered_max = 1U << 30U}, {});
  Reconfigured configured{.revision = "r-bench", .authority = Authority::observe, .specs = {}};
  configured.specs.reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    configured.specs.push_back(std::make_shared<const GroupSpec>(spec(group_name(i))));
  }
  partition.advance(configured, start);
  benchmark::DoNotOptimize(partition.finish_turn(start));
  return partition;
}

// advance() alone: routing by name, the merge into memory, the dirty mark.
void apply_event(benchmark::State& state) {
  const std::int64_t groups = state.range(0);
  Partition partition = partition_of_groups(groups);
  std::vector<Event> events;
  for (int i = 0; i < 1 << 16; ++i) {
    // A stride that visits the groups in no order that a cache could guess.
    const std::string group = group_name((static_cast<std::int64_t>(i) * 7'919) % groups);
    events.emplace_back(Arrived{sample(group, i, start + Duration{i}), Ticket{}});
  }
  std::size_t next = 0;
  for (auto _ : state) {
    partition.advance(events[next], start + Duration{1 << 16});
    next = (next + 1) % events.size();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(apply_event)->Arg(10'000)->Arg(1'000'000)->Unit(benchmark::kNanosecond);

}  // namespace
}  // namespace settle::bench
