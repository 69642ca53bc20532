// What a durable commit costs, by how many groups share it.
#include <cstdlib>
#include <filesystem>

#include <benchmark/benchmark.h>

#include "bench/fixture.h"
#include "daemon/store/store.h"

namespace settle::bench {
namespace {

void commit_groups(benchmark::State& state) {
  char place[] = "/tmp/settle-bench.XXXXXX";
  if (mkdtemp(place) == nullptr) return state.SkipWithError("no temporary folder");
  {
    auto opened = open_sqlite_store(std::string(place) + "/settle.db", 1, "bench");
    if (!opened) return state.SkipWithError(opened.error().message.c_str());
    const auto epoch = opened->store->claim(0);
    if (!epoch) return state.SkipWithError(epoch.error().message.c_str());
    std::uint64_t batch = 0;
    for (auto _ : state) {
      Commit commit{.epoch = *epoch, .batch = ++batch, .dirty = {}, .forgotten = {}};
      for (std::int64_t i = 0; i < state.range(0); ++i) {
        commit.dirty.push_back({GroupId{"group-" + std::to_string(i)}, GroupState{}});
      }
      if (opened->store->commit({{0, std::move(commit)}}).front() != Stored::stored) {
        state.SkipWithError("not stored");
        break;
      }
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  std::filesystem::remove_all(place);
}
BENCHMARK(commit_groups)
    ->Arg(1)
    ->Arg(100)
    ->Arg(1'000)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace settle::bench
