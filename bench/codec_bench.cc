// What it costs to make bytes of a group's state, and a state of bytes.
#include <benchmark/benchmark.h>

#include "bench/fixture.h"
#include "daemon/codec/binary.h"
#include "daemon/codec/json.h"

namespace settle::bench {
namespace {

GroupState usual_state() {
  const GroupSpec group = spec("web");
  GroupState state;
  RoundContext context;
  context.cluster = "bench";
  for (int i = 0; i < 10; ++i) {
    (void)merge(group, state, {group.id, {start, "/bench", std::to_string(i)}, AdjustClaim{"more"}},
                start);
  }
  (void)merge(group, state, sample("web", 1, start), start);
  (void)converge(group, state, fleet(10, start), start, context);
  return state;
}

void encode_state(benchmark::State& state) {
  const GroupState usual = usual_state();
  std::size_t bytes = 0;
  for (auto _ : state) bytes = encode(usual).size();
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(encode_state);

void decode_state_bytes(benchmark::State& state) {
  const std::string bytes = encode(usual_state());
  for (auto _ : state) benchmark::DoNotOptimize(decode_state(bytes));
}
BENCHMARK(decode_state_bytes);

void parse_one_event(benchmark::State& state) {
  const std::string json = event_json(sample("web", 1, start));
  for (auto _ : state) benchmark::DoNotOptimize(parse_event(json, start));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(parse_one_event);

}  // namespace
}  // namespace settle::bench
