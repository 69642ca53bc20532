// What a reader of checkpoints may know already of a partition, and has from elsewhere than
// ZooKeeper: bodies, which count only where the manifest there names them by hash; and which
// checkpoint was the newest, so that an older one is not taken for it. Being wrong about a body
// costs time and nothing else. Where it was kept is not known here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/cluster/manifest.h"
#include "daemon/zookeeper/types.h"

namespace settle::cluster {

/// A partition's nodes, as they were made once: a copy of them that is put back is still the same,
/// and those that a migration made are others, whose commits are counted anew.
struct TreeMark {
  std::int64_t made_by = 0;  // The transaction that made the node above the chunks,
  std::int64_t made_ms = 0;  // and when that was.
  friend bool operator==(const TreeMark&, const TreeMark&) = default;
};
[[nodiscard]] TreeMark tree_mark(const zk::Stat& chunks);

/// A checkpoint that is known to have been stored.
struct CheckpointMark {
  TreeMark tree;
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  friend bool operator==(const CheckpointMark&, const CheckpointMark&) = default;
};

using KnownBodies = std::vector<std::pair<BodyPlace, std::string>>;

struct Recollection {
  std::optional<CheckpointMark> newest;
  KnownBodies bodies;
};

/// What came to be known: the manifest that holds now, and bodies that were written or read.
struct CheckpointNews {
  std::uint32_t partition = 0;
  TreeMark tree;
  Manifest manifest;
  KnownBodies bodies;
};

/// Why a checkpoint that was found must not be gone on from: it is older than the one that is
/// known. What is damaged is not judged here.
[[nodiscard]] std::optional<Error> regression(std::uint32_t partition, const CheckpointMark& known,
                                              const CheckpointMark& found);

/// The recalled bodies that the generation counts, each with the bytes that the manifest says.
[[nodiscard]] KnownBodies believable(KnownBodies recalled, const Generation& generation);

}  // namespace settle::cluster
