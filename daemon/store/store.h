// Where partitions commit what they intend, before they act. One interface; SQLite on one machine,
// daemon/cluster/store/ in a cluster.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/partition/event.h"

namespace settle {

/// Blocking, and for one thread at a time: the runtime gives it a thread of its own.
class Store {
 public:
  virtual ~Store() = default;

  /// Begins an epoch for a partition: one more than any before it. From here on, commits under an
  /// earlier epoch are refused as fenced.
  [[nodiscard]] virtual Result<Epoch> claim(std::uint32_t partition) = 0;
  /// Everything committed for a partition, verified. A record that cannot be read is an error that
  /// names it: nothing is skipped.
  [[nodiscard]] virtual Result<std::vector<GroupRecord>> restore(std::uint32_t partition) = 0;
  /// Where the sources go on from what restore() gives: both come from the same commits.
  [[nodiscard]] virtual Result<Offsets> offsets(std::uint32_t partition) = 0;

  /// Several partitions' commits as one durable transaction. On return it is on the disk.
  struct PartitionCommit {
    std::uint32_t partition = 0;
    Commit commit;
  };
  /// One result for each commit, in order.
  [[nodiscard]] virtual std::vector<Stored> commit(const std::vector<PartitionCommit>& commits) = 0;
};

/// What must never change for the life of a store.
struct StoreIdentity {
  std::string cluster;  // Made at creation; part of every token.
  std::uint32_t partitions = 0;
};

struct OpenedStore {
  std::unique_ptr<Store> store;
  StoreIdentity identity;
};

/// Opens or creates a SQLite store (WAL, synchronous=FULL). `new_cluster` names a new one.
/// Refuses a store with another number of partitions, of a newer format, or damaged, in one
/// sentence that says what to do.
[[nodiscard]] Result<OpenedStore> open_sqlite_store(const std::string& path,
                                                    std::uint32_t partitions,
                                                    const std::string& new_cluster);

}  // namespace settle
