// What a member remembers on its own disk, so that an ensemble that was wiped, or put back from an
// older copy, is not taken for the one it knows: the cluster's name, and the largest epoch of each
// partition that it has owned; and the revision of the groups' files that it decided by, so that it
// knows what its present files were made from. One process at a time: the file comes with a lock.
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

  [[nodiscard]] std::uint64_t revision_number() const { return revision_number_; }  // 0: none.
  [[nodiscard]] const std::string& revision() const { return revision_; }

  void note_cluster(const std::string& cluster);
  void note(std::uint32_t partition, std::uint64_t epoch);
  void note_revision(std::uint64_t number, const std::string& revision);

 private:
  Memory(std::string path, FileLock lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  [[nodiscard]] Status read();
  void write() const;

  std::string path_;
  FileLock lock_;
  std::string cluster_;
  std::map<std::uint32_t, std::uint64_t> epochs_;
  std::uint64_t revision_number_ = 0;
  std::string revision_;
};

}  // namespace settle::cluster
