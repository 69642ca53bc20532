#include "daemon/cluster/member/memory.h"

#include <cstdio>
#include <fstream>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/log.h"

namespace settle::cluster {
namespace {

constexpr const char* heading = "settle-member 1";

}  // namespace

Result<Memory> Memory::open(const std::string& path) {
  Result<FileLock> lock = FileLock::take(path + ".lock");
  if (!lock) return lock.error();
  Memory memory(path, std::move(*lock));
  const Status read = memory.read();
  if (!read) return read.error();
  return memory;
}

Status Memory::read() {
  std::ifstream in(path_);
  if (!in) return std::monostate{};
  std::string line;
  std::string word;
  const bool is_ours =
      std::getline(in, line) && line == heading && in >> word >> cluster_ && word == "cluster";
  if (!is_ours) {
    return Error{ErrorCode::conflict,
                 fmt::format("{} is not what a member keeps of its cluster; remove it if this node "
                             "is to join as a new one",
                             path_)};
  }
  std::uint32_t partition = 0;
  std::uint64_t epoch = 0;
  while (in >> partition >> epoch) epochs_[partition] = epoch;
  return std::monostate{};
}

std::uint64_t Memory::floor(std::uint32_t partition) const {
  const auto found = epochs_.find(partition);
  return found == epochs_.end() ? 0 : found->second;
}

void Memory::note_cluster(const std::string& cluster) {
  if (cluster_ == cluster) return;
  cluster_ = cluster;
  epochs_.clear();
  write();
}

void Memory::note(std::uint32_t partition, std::uint64_t epoch) {
  std::uint64_t& known = epochs_[partition];
  if (epoch <= known) return;
  known = epoch;
  write();
}

// Replaced whole, so that a crash leaves the old file or the new one.
void Memory::write() const {
  const std::string fresh = path_ + ".new";
  std::ofstream out(fresh, std::ios::trunc);
  out << heading << "\ncluster " << cluster_ << "\n";
  for (const auto& [partition, epoch] : epochs_) out << partition << " " << epoch << "\n";
  out.close();
  if (out && std::rename(fresh.c_str(), path_.c_str()) == 0) return;
  log(LogLevel::warning, "cluster-memory-not-written-skipping", {{"path", path_}});
}

}  // namespace settle::cluster
