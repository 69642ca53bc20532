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
  in.clear();  // The next is a word, or the file's end.
  if (!(in >> word >> revision_number_ >> revision_) || word != "revision") revision_number_ = 0;
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
  revision_number_ = 0;
  write();
}

void Memory::note(std::uint32_t partition, std::uint64_t epoch) {
  std::uint64_t& known = epochs_[partition];
  if (epoch <= known) return;
  known = epoch;
  write();
}

void Memory::note_revision(std::uint64_t number, const std::string& revision) {
  if (number == revision_number_ && revision == revision_) return;
  revision_number_ = number;
  revision_ = revision;
  write();
}

// Replaced whole, so that a crash leaves the old file or the new one.
void Memory::write() const {
  const std::string fresh = path_ + ".new";
  std::ofstream out(fresh, std::ios::trunc);
  out << heading << "\ncluster " << cluster_ << "\n";
  for (const auto& [partition, epoch] : epochs_) out << partition << " " << epoch << "\n";
  if (revision_number_ > 0) out << "revision " << revision_number_ << " " << revision_ << "\n";
  out.close();
  if (out && std::rename(fresh.c_str(), path_.c_str()) == 0) return;
  log(LogLevel::warning, "cluster-memory-not-written-skipping", {{"path", path_}});
}

}  // namespace settle::cluster
