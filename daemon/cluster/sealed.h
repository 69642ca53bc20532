// The frame of whatever this room keeps elsewhere: one byte of format, the message, eight bytes
// of XXH3 over both. Private to the room.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/result.h"

namespace settle::cluster {

[[nodiscard]] std::string sealed(std::string_view message);
/// The message, or why it cannot be had: `conflict` if a newer version wrote it, else `invalid`.
/// `what` names the record and its place: "membership in ZooKeeper".
[[nodiscard]] Result<std::string_view> unsealed(std::string_view bytes, std::string_view what);
/// Its frame is sound, and what is in it is not.
[[nodiscard]] Error unreadable(std::string_view what, std::string_view why);

/// The same, into a message of Protocol Buffers.
template <typename Message>
[[nodiscard]] Status parse_sealed(std::string_view bytes, std::string_view what, Message& message) {
  const Result<std::string_view> inner = unsealed(bytes, what);
  if (!inner) return inner.error();
  if (message.ParseFromArray(inner->data(), static_cast<int>(inner->size()))) {
    return std::monostate();
  }
  return unreadable(what, "its hash agrees, and it is no message");
}

/// Of a chunk of a checkpoint, or of a manifest.
[[nodiscard]] std::uint64_t seal_of(std::string_view bytes);

}  // namespace settle::cluster
