// What several daemons keep in ZooKeeper about each other, and its bytes: a format version, the
// message, and a hash over both. Knows no path and no connection.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/cluster/placement/placement.h"

namespace settle::cluster {

/// Formats of records and checkpoints that this version reads and writes.
inline constexpr std::uint32_t format_min = 1;
inline constexpr std::uint32_t format_max = 1;

/// Of a tree that is being made out of another store: no member joins it.
inline constexpr std::uint32_t unfinished_layout = 0;

struct ClusterMeta {
  std::string cluster;  // Made at creation; part of every token.
  std::uint32_t partitions = 0;
  std::string hash{"murmur2"};  // As daemon/partition/router.h.
  std::uint32_t layout = 1;
  std::string changelog{};  // Kafka's topic that holds the groups' records; empty: they are here.
  friend bool operator==(const ClusterMeta&, const ClusterMeta&) = default;
};

struct MemberRecord {
  std::string incarnation;  // By chance, one for each start of the process.
  std::string machine;      // Machine and state folder: what one lock keeps to one process.
  std::string address;      // Where the others reach its API; empty: nowhere.
  std::string zone;
  std::string version;
  std::uint32_t weight = 1;
  Presence presence = Presence::serving;
  std::uint32_t reads_from = format_min;
  std::uint32_t reads_to = format_max;
  std::string revision;     // Of the configuration that it decides by; empty: none yet.
  std::string nonce;        // By chance, another with each connection; empty: it draws none.
  bool is_cloned = false;   // Another process writes under this incarnation: both are to end.
  bool is_cut_off = false;  // None of its clouds answers it.
  friend bool operator==(const MemberRecord&, const MemberRecord&) = default;
};

struct AssignmentRecord {
  std::uint64_t generation = 0;
  std::uint64_t controller_epoch = 0;
  Owners owners;
  friend bool operator==(const AssignmentRecord&, const AssignmentRecord&) = default;
};

/// The groups' files that all members are to decide by.
struct RevisionRecord {
  std::uint64_t number = 0;  // In the order in which they were set, from one; 0: none yet.
  std::string name;
  std::string base;    // The name of the one before; empty: the first.
  std::string member;  // Who set it.
  friend bool operator==(const RevisionRecord&, const RevisionRecord&) = default;
};

/// Who owns a partition. `epoch` grows with each change of owner and is the fencing token.
struct OwnershipRecord {
  std::uint64_t epoch = 0;
  std::string owner;
  std::string incarnation;
  std::uint64_t standing = 0;
  bool is_released = true;
  /// Released, and nothing that any owner sent can be under way: its own calls have ended, and its
  /// quarantine was over.
  bool is_quiet = true;
  friend bool operator==(const OwnershipRecord&, const OwnershipRecord&) = default;
};

[[nodiscard]] std::string encode(const ClusterMeta& meta);
[[nodiscard]] std::string encode(const MemberRecord& member);
/// REQUIRES: less than 65,535 different owners.
[[nodiscard]] std::string encode(const AssignmentRecord& assignment);
[[nodiscard]] std::string encode(const OwnershipRecord& ownership);
[[nodiscard]] std::string encode(const RevisionRecord& revision);

[[nodiscard]] Result<ClusterMeta> decode_meta(std::string_view bytes);
[[nodiscard]] Result<MemberRecord> decode_member(std::string_view bytes);
[[nodiscard]] Result<AssignmentRecord> decode_assignment(std::string_view bytes);
[[nodiscard]] Result<OwnershipRecord> decode_ownership(std::string_view bytes);
[[nodiscard]] Result<RevisionRecord> decode_revision(std::string_view bytes);

}  // namespace settle::cluster
