// How long it takes to restore every partition of a cluster from three servers of ZooKeeper, with
// nothing known of them, and with copies of their checkpoints on this machine.
//
//   restore_bench --groups 20000 --partitions 256 --runs 5
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "daemon/cluster/foundation.h"
#include "daemon/cluster/store/connection.h"
#include "daemon/cluster/store/waiting.h"
#include "daemon/cluster/store/zookeeper_store.h"
#include "tests/zookeeper/ensemble.h"

namespace settle::cluster {
namespace {

struct Options {
  std::uint32_t groups = 20'000;
  std::uint32_t partitions = 256;
  int runs = 5;
};

double seconds(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// A group with some history, of about 400 bytes.
GroupState state_of(std::uint64_t number) {
  GroupState state;
  state.round = number;
  state.desired = 3;
  state.memory.firings.resize(1);
  state.memory.firings.front().origin = std::string(300, 'o');
  return state;
}

bool found(Connection& connection, std::uint32_t partitions) {
  auto& executor = connection.client().executor();
  std::unique_ptr<Foundation> foundation;
  const bool is_laid = answer_of<bool>(executor, [&](auto done) {
    foundation = std::make_unique<Foundation>(connection.client(),
                                              ClusterMeta{"bench", partitions, "murmur2", 1});
    foundation->lay([done](const Result<ClusterMeta>& meta) { done(meta.has_value()); });
  });
  return answer_of<bool>(executor, [&](auto done) {
    foundation.reset();
    done(is_laid);
  });
}

bool fill(ZookeeperStore& store, const Options& options) {
  for (std::uint32_t partition = 0; partition < options.partitions; ++partition) {
    const auto epoch = store.claim(partition);
    if (!epoch) return false;
    Commit commit;
    commit.epoch = *epoch;
    for (std::uint32_t group = partition; group < options.groups; group += options.partitions) {
      commit.dirty.push_back({{fmt::format("group-{:05}", group)}, state_of(group)});
    }
    if (store.commit({{partition, commit}}).front() != Stored::stored) return false;
    // And some that came later, one at a time.
    for (int change = 0; change < 5 && !commit.dirty.empty(); ++change) {
      commit.dirty.resize(1);
      if (store.commit({{partition, commit}}).front() != Stored::stored) return false;
    }
  }
  return true;
}

/// As a daemon that begins does it: another store, and perhaps what was kept before.
double restore_all(Connection& connection, const Options& options, const std::string& cache) {
  std::shared_ptr<CheckpointCache> copies;
  std::size_t groups = 0;
  const double took = seconds([&] {
    if (!cache.empty()) {
      copies = std::make_shared<CheckpointCache>(CheckpointCacheOptions{cache, [] { return 1; }});
    }
    ZookeeperStore store(connection.client(), "n", "again", copies);
    for (std::uint32_t partition = 0; partition < options.partitions; ++partition) {
      const auto records = store.restore(partition);
      if (records) groups += records->size();
    }
  });
  if (groups != options.groups) fmt::print("restored {} groups only\n", groups);
  return took;
}

int measure(const Options& options) {
  const std::string folder = (std::filesystem::temp_directory_path() / "settle-restore").string();
  std::filesystem::create_directories(folder);
  zk::Ensemble ensemble(3, 2'000, 512);
  auto connection = Connection::open({ensemble.servers(), "/settle/bench"}, "");
  if (!ensemble.is_serving() || !connection || !found(**connection, options.partitions)) return 1;
  const std::string cache = folder + "/copies";
  {
    ZookeeperStore store(
        (*connection)->client(), "n", "first",
        std::make_shared<CheckpointCache>(CheckpointCacheOptions{cache, [] { return 1; }}));
    if (!fill(store, options)) return 1;
  }
  fmt::print("{} groups in {} partitions; file of copies {} bytes\n", options.groups,
             options.partitions, std::filesystem::file_size(cache));
  for (int run = 0; run < options.runs; ++run) {
    const double cold = restore_all(**connection, options, "");
    const double warm = restore_all(**connection, options, cache);
    fmt::print("from ZooKeeper {:.3f} s, with copies {:.3f} s\n", cold, warm);
  }
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace settle::cluster

int main(int count, char** words) {
  CLI::App app{"Restores a cluster's partitions, with and without copies of their checkpoints"};
  settle::cluster::Options options;
  app.add_option("--groups", options.groups);
  app.add_option("--partitions", options.partitions);
  app.add_option("--runs", options.runs);
  CLI11_PARSE(app, count, words);
  if (!settle::zk::Ensemble::is_available()) {
    fmt::print("java or Debian's zookeeper is not here\n");
    return 77;
  }
  return settle::cluster::measure(options);
}
