// What a member remembers on its own disk, so that an ensemble that was wiped, or put back from an
// older copy, is not taken for the one it knows: the cluster's name, and the largest epoch of each
// partition that it has owned. One process at a time: the file comes with a lock.
//
// Losing the last writes is no harm: what it remembers is then older, and refuses less.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "daemon/base/file_lock.h"
#include "daemon/base/result.h"

namespace settle::cluster {

class Memory {
 public:
  /// Locks `path`.lock or fails with `conflict`; reads what is there, nothing if there is no file.
  [[nodiscard]] static Result<Memory> open(const std::string& path);

  [[nodiscard]] const std::string& cluster() const { return cluster_; }  // Empty: none yet.
  [[nodiscard]] std::uint64_t floor(std::uint32_t partition) const;

  void note_cluster(const std::string& cluster);
  void note(std::uint32_t partition, std::uint64_t epoch);

 private:
  Memory(std::string path, FileLock lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  [[nodiscard]] Status read();
  void write() const;

  std::string path_;
  FileLock lock_;
  std::string cluster_;
  std::map<std::uint32_t, std::uint64_t> epochs_;
};

}  // namespace settle::cluster
