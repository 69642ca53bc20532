// A checkpoint's bytes: bodies of group records, and the manifest that says which of them count.
// A generation is a base and the changes since; the one before it is kept, and says the same up to
// where the current one begins, so that a damaged base loses nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"

namespace settle::cluster {

/// Groups' records as bytes, in order of group.
using Rows = std::map<std::string, std::string>;

/// By source, what it is to send next.
using SourceOffsets = std::map<std::string, std::int64_t>;

/// All that a partition has committed, up to some commit.
struct Content {
  Rows rows;
  SourceOffsets offsets;
  friend bool operator==(const Content&, const Content&) = default;
};

struct Change {
  Rows rows;
  std::vector<std::string> gone;
  SourceOffsets offsets;
  friend bool operator==(const Change&, const Change&) = default;
};
/// Later changes win.
void amend(Content& content, const Change& change);
/// The change that makes `content` out of nothing.
[[nodiscard]] Change whole(Content content);

struct Body {
  std::uint32_t partition = 0;
  std::uint64_t sequence = 0;  // Of the commit after which it holds.
  Change change;
  friend bool operator==(const Body&, const Body&) = default;
};

/// Where a body lies, and how its bytes are known again.
struct BodyPlace {
  std::uint64_t sequence = 0;
  std::uint64_t bytes = 0;
  std::uint64_t hash = 0;
  friend bool operator==(const BodyPlace&, const BodyPlace&) = default;
};

struct Generation {
  std::optional<BodyPlace> base;
  std::vector<BodyPlace> changes;
  friend bool operator==(const Generation&, const Generation&) = default;
};

struct Manifest {
  std::uint64_t epoch = 0;     // Of the owner that wrote it.
  std::uint64_t sequence = 0;  // Counts commits.
  Generation current;
  Generation previous;
  friend bool operator==(const Manifest&, const Manifest&) = default;
};

[[nodiscard]] std::string encode(const Body& body);
[[nodiscard]] std::string encode(const Manifest& manifest);
[[nodiscard]] Result<Body> decode_body(std::string_view bytes);
[[nodiscard]] Result<Manifest> decode_manifest(std::string_view bytes);

/// The place of a body with these bytes.
[[nodiscard]] BodyPlace place_of(std::uint64_t sequence, std::string_view bytes);

}  // namespace settle::cluster
