// A cluster's changelog: a compacted topic of Kafka with as many partitions as the cluster has, and
// in each the newest record of every group. Reads a partition back, and writes to it as its only
// writer: whoever takes it over fences the one before.
//
// Knows nothing of ZooKeeper, nor of what a record says. Blocking; one call at a time, but write(),
// which may be called for several partitions at once.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/cluster/manifest.h"
#include "daemon/cluster/marks.h"
#include "daemon/kafka/consumer.h"
#include "daemon/kafka/transactions.h"

namespace settle::cluster {

struct ChangelogOptions {
  kafka::Access access;
  std::string topic;
  std::uint32_t partitions = 0;
  std::chrono::milliseconds patience{15'000};
};

class Changelog {
 public:
  /// Refuses a topic that has another number of partitions, or that deletes what is old.
  [[nodiscard]] static Result<std::unique_ptr<Changelog>> open(ChangelogOptions options);
  ~Changelog();
  Changelog(const Changelog&) = delete;
  Changelog& operator=(const Changelog&) = delete;

  [[nodiscard]] const std::string& topic() const { return options_.topic; }

  /// From here on nobody else writes to it, until somebody else says the same.
  [[nodiscard]] Status take(std::uint32_t partition);
  void leave(std::uint32_t partition);

  struct Found {
    Rows rows;               // By group, the newest.
    std::int64_t begin = 0;  // The first offset that is there,
    std::int64_t end = 0;    // and the one behind the last.
  };
  [[nodiscard]] Result<Found> read(std::uint32_t partition);

  /// Rows without bytes are gone. Returns the offset behind the last. `fenced`: it is taken.
  /// REQUIRES: rows; take().
  [[nodiscard]] Result<std::int64_t> write(std::uint32_t partition,
                                           const std::vector<kafka::Row>& rows);

 private:
  explicit Changelog(ChangelogOptions options) : options_(std::move(options)) {}
  [[nodiscard]] Status look_at_topic();
  void wait_for_records(std::chrono::milliseconds most);

  const ChangelogOptions options_;
  std::mutex mutex_;
  std::condition_variable ready_;
  bool is_ready_ = false;  // Guarded by mutex_, as are the writers, but not what they do.
  std::map<std::uint32_t, std::shared_ptr<kafka::Transactions>> writers_;
  std::unique_ptr<kafka::Consumer> reader_;
};

/// Whether nothing that was committed is missing of what was found.
[[nodiscard]] Status holds_all_of(const ChangelogMark& mark, const Changelog::Found& found,
                                  std::uint32_t partition);

}  // namespace settle::cluster
