#include "daemon/cluster/pieces.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "daemon/cluster/layout.h"

namespace settle::cluster {

std::string piece_stem(std::uint64_t sequence, bool is_base) {
  return fmt::format("{:012}-{}-", sequence, is_base ? 'b' : 'd');
}

std::optional<PieceName> read_piece_name(std::string_view name) {
  const std::size_t dash = name.find('-');
  if (dash == std::string_view::npos || name.size() < dash + 4 || name[dash + 2] != '-') return {};
  PieceName found;
  found.is_base = name[dash + 1] == 'b';
  const auto whole = [&](std::string_view digits, auto& value) {
    return std::from_chars(digits.data(), digits.data() + digits.size(), value).ec == std::errc{};
  };
  const bool is_one =
      whole(name.substr(0, dash), found.sequence) && whole(name.substr(dash + 3), found.number);
  return is_one ? std::optional(found) : std::nullopt;
}

std::vector<std::string> piece_names(const BodyPlace& place, bool is_base) {
  const std::string prefix = piece_stem(place.sequence, is_base);
  std::vector<std::string> names;
  for (std::size_t at = 0; at * piece_bytes < place.bytes; ++at) {
    names.push_back(prefix + std::to_string(at));
  }
  return names;
}

void add_names(const Generation& generation, std::vector<std::string>& names) {
  if (generation.base) {
    for (std::string& name : piece_names(*generation.base, true)) names.push_back(std::move(name));
  }
  for (const BodyPlace& change : generation.changes) {
    for (std::string& name : piece_names(change, false)) names.push_back(std::move(name));
  }
}

void add_pieces(std::uint32_t partition, const BodyPlace& place, bool is_base,
                const std::string& bytes, const std::vector<std::string>& strays,
                zk::Transaction& writes) {
  std::size_t at = 0;
  for (const std::string& name : piece_names(place, is_base)) {
    const std::string path = layout::chunks(partition) + "/" + name;
    const std::string piece = bytes.substr(at, piece_bytes);
    if (std::find(strays.begin(), strays.end(), name) != strays.end()) {
      writes.emplace_back(zk::SetOp{path, piece, zk::any_version});
    } else {
      writes.emplace_back(zk::CreateOp{path, piece, zk::CreateMode::persistent});
    }
    at += piece_bytes;
  }
}

}  // namespace settle::cluster
