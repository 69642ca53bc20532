// The frame of whatever this room keeps in ZooKeeper: one byte of format, the message, eight bytes
// of XXH3 over both. Private to the room.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/result.h"

namespace settle::cluster {

[[nodiscard]] std::string sealed(std::string_view message);
/// The message, or why it cannot be had: `conflict` if a newer version wrote it, else `invalid`.
/// `what` names the record: "membership".
[[nodiscard]] Result<std::string_view> unsealed(std::string_view bytes, std::string_view what);

/// Of a chunk of a checkpoint, or of a manifest.
[[nodiscard]] std::uint64_t seal_of(std::string_view bytes);

}  // namespace settle::cluster
