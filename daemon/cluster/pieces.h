// How the bytes of a body lie in ZooKeeper: in nodes below the partition's chunks, whose names say
// after which commit they hold, of a base or a change, and which part: "000000000012-b-0".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/cluster/manifest.h"
#include "daemon/zookeeper/types.h"

namespace settle::cluster {

/// So much goes into one node; ZooKeeper takes a megabyte, and is slow with it.
inline constexpr std::size_t piece_bytes = std::size_t{60} * 1024;

/// What a node's name says, if it is one of ours.
struct PieceName {
  std::uint64_t sequence = 0;
  bool is_base = false;
  std::size_t number = 0;
};
[[nodiscard]] std::optional<PieceName> read_piece_name(std::string_view name);

/// What the names of a body's pieces begin with.
[[nodiscard]] std::string piece_stem(std::uint64_t sequence, bool is_base);
/// The nodes of a body, by name below the partition's chunks.
[[nodiscard]] std::vector<std::string> piece_names(const BodyPlace& place, bool is_base);
/// Of all bodies of the generation.
void add_names(const Generation& generation, std::vector<std::string>& names);

/// The nodes that hold `bytes`, as they are to be written. Of a write that failed half-way some may
/// lie there already: `strays`.
void add_pieces(std::uint32_t partition, const BodyPlace& place, bool is_base,
                const std::string& bytes, const std::vector<std::string>& strays,
                zk::Transaction& writes);

}  // namespace settle::cluster
