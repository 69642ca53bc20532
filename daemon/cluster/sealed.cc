#include "daemon/cluster/sealed.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include "daemon/cluster/records.h"

namespace settle::cluster {
namespace {
constexpr std::size_t hash_bytes = 8;
}  // namespace

std::uint64_t seal_of(std::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

std::string sealed(std::string_view message) {
  std::string bytes;
  bytes.reserve(message.size() + 1 + hash_bytes);
  bytes += static_cast<char>(format_max);
  bytes += message;
  const std::uint64_t hash = seal_of(bytes);
  for (std::size_t at = 0; at < hash_bytes; ++at) {
    bytes += static_cast<char>(hash >> (8 * at) & 0xffU);
  }
  return bytes;
}

Error unreadable(std::string_view what, std::string_view why) {
  return {ErrorCode::invalid, fmt::format("the {} cannot be read: {}", what, why)};
}

Result<std::string_view> unsealed(std::string_view bytes, std::string_view what) {
  const auto refused = [&](std::string_view why, ErrorCode code = ErrorCode::invalid) {
    return Error{code, fmt::format("the {} {}", what, why)};
  };
  if (bytes.size() < 1 + hash_bytes) return refused("is cut short");
  const std::string_view body = bytes.substr(0, bytes.size() - hash_bytes);
  const std::string_view tail = bytes.substr(body.size());
  std::uint64_t hash = 0;
  for (std::size_t at = 0; at < hash_bytes; ++at) {
    hash |= std::uint64_t{static_cast<unsigned char>(tail[at])} << (8 * at);
  }
  if (hash != seal_of(body)) return refused("is damaged: its hash is of other bytes");
  const auto format = static_cast<unsigned char>(body.front());
  if (format > format_max) {
    return refused(
        fmt::format("has format {}, newer than this version's {}: use the version that wrote it, "
                    "or a later one",
                    format, format_max),
        ErrorCode::conflict);
  }
  if (format < format_min) return refused(fmt::format("has format {}, which there is not", format));
  return body.substr(1);
}

}  // namespace settle::cluster
