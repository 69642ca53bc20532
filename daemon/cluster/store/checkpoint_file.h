// The file of daemon/cluster/store/checkpoint_cache.h: its tables, what is in them, and how much of
// it stays. For one thread at a time. An error says that the file is of no use any more.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/cluster/recollection.h"
#include "daemon/sqlite/database.h"

namespace settle::cluster {

class CheckpointFile {
 public:
  [[nodiscard]] static Result<std::unique_ptr<CheckpointFile>> open(const std::string& path);
  /// With all that SQLite keeps beside it.
  static void remove(const std::string& path);

  /// Rows whose hash is of other bytes are not given.
  [[nodiscard]] Result<Recollection> recall(std::uint32_t partition);
  /// As one transaction: bodies are added, and those that the manifest does not count are gone.
  /// Returns how many bytes it wrote.
  [[nodiscard]] Result<std::uint64_t> keep(const std::vector<CheckpointNews>& news,
                                           std::int64_t now_ms);
  /// Forgets partitions that were last heard of before then, and the longest unheard of until all
  /// bodies together take no more than so many bytes.
  [[nodiscard]] Status shrink(std::int64_t before_ms, std::int64_t bytes_max);

 private:
  explicit CheckpointFile(sqlite::Database database) : database_(std::move(database)) {}
  [[nodiscard]] Status prepare();
  [[nodiscard]] Result<std::uint64_t> keep_one(const CheckpointNews& news, std::int64_t now_ms);
  [[nodiscard]] Status forget(std::uint32_t partition);
  [[nodiscard]] Result<std::optional<CheckpointMark>> newest(std::uint32_t partition);

  sqlite::Database database_;
  sqlite::Statement seat_;
  sqlite::Statement sit_;
  sqlite::Statement bodies_;
  sqlite::Statement add_;
  sqlite::Statement prune_;
  sqlite::Statement leave_seat_;
  sqlite::Statement clear_bodies_;
  sqlite::Statement oldest_;
  sqlite::Statement total_;
};

}  // namespace settle::cluster
