#include "daemon/cluster/recollection.h"

#include <algorithm>

#include <fmt/format.h>

namespace settle::cluster {
namespace {

bool counts(const Generation& generation, const BodyPlace& place) {
  if (generation.base == place) return true;
  const auto& changes = generation.changes;
  return std::find(changes.begin(), changes.end(), place) != changes.end();
}

}  // namespace

TreeMark tree_mark(const zk::Stat& chunks) {
  return {chunks.czxid, chunks.created_ms};
}

std::optional<Error> regression(std::uint32_t partition, const CheckpointMark& known,
                                const CheckpointMark& found) {
  if (known.tree != found.tree) return std::nullopt;
  if (found.sequence < known.sequence) {
    return Error{ErrorCode::conflict,
                 fmt::format("the checkpoint of partition {} is number {} in ZooKeeper, and {} was "
                             "stored: the ensemble was put back from an older copy; nothing is "
                             "committed onto it",
                             partition, found.sequence, known.sequence)};
  }
  if (found.epoch >= known.epoch) return std::nullopt;
  return Error{ErrorCode::conflict,
               fmt::format("the checkpoint of partition {} is of epoch {} in ZooKeeper, and one of "
                           "epoch {} was stored: the ensemble was put back from an older copy; "
                           "nothing is committed onto it",
                           partition, found.epoch, known.epoch)};
}

KnownBodies believable(KnownBodies recalled, const Generation& generation) {
  std::erase_if(recalled, [&](const auto& known) {
    const auto& [place, bytes] = known;
    return !counts(generation, place) || place_of(place.sequence, bytes) != place;
  });
  return recalled;
}

}  // namespace settle::cluster
