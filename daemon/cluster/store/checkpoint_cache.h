// Checkpoints as this machine last wrote or read them, in a SQLite file, so that a restart fetches
// from ZooKeeper only what it has missed. It proves nothing: a body counts where the manifest in
// ZooKeeper names its hash. A file that is damaged, another's, old or cannot be written costs time,
// which is said once in the log and in view(): it is removed, and done without until the next
// start.
//
//   keep() is not waited for: a thread of the cache's own writes, and drops what comes faster
//   partitions that nothing was heard of for `keep_days` are forgotten, and the longest unheard of
//   before that where bodies take more than `bytes_max`
//   after a crash of the machine it may be older than ZooKeeper, or gone
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "daemon/cluster/recollection.h"
#include "daemon/zookeeper/event_thread.h"

namespace settle::cluster {

class CheckpointFile;

struct CheckpointCacheOptions {
  std::string path;
  std::function<std::int64_t()> wall_ms;
  std::int64_t bytes_max = std::int64_t{256} << 20;  // Of bodies, in the file.
  std::size_t waiting_max = std::size_t{32} << 20;   // Bytes of bodies that are not written yet.
  std::int64_t keep_days = 7;
};

/// Safe from any thread.
class CheckpointCache {
 public:
  /// Never fails: see above.
  explicit CheckpointCache(CheckpointCacheOptions options);
  /// Writes what is waiting.
  ~CheckpointCache();
  CheckpointCache(const CheckpointCache&) = delete;
  CheckpointCache& operator=(const CheckpointCache&) = delete;

  /// With everything that was kept before. Blocks for as long as a disk does.
  [[nodiscard]] Recollection recall(std::uint32_t partition);
  void keep(CheckpointNews news);

  struct View {
    bool is_given_up = false;
    std::uint64_t recalled_bytes = 0;  // Of bodies that were given.
    std::uint64_t kept_bytes = 0;      // That were written.
  };
  [[nodiscard]] View view() const;

 private:
  void write_waiting();
  void shrink();
  void give_up(const Error& error);

  const CheckpointCacheOptions options_;
  std::atomic<bool> is_given_up_{false};
  std::atomic<std::uint64_t> recalled_bytes_{0};
  std::atomic<std::uint64_t> kept_bytes_{0};
  std::mutex mutex_;
  std::vector<CheckpointNews> waiting_;   // Guarded by mutex_.
  std::size_t waiting_bytes_ = 0;         // Guarded by mutex_.
  std::unique_ptr<CheckpointFile> file_;  // On the thread; null once it is given up.
  zk::EventThread thread_;                // Last: it ends before what it uses.
};

}  // namespace settle::cluster
