// What a cluster keeps where its groups' records lie in a changelog, and its bytes: the records
// themselves, and the mark in ZooKeeper that says how far they hold.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/cluster/manifest.h"

namespace settle::cluster {

/// One group, as a commit left it.
struct ChangelogRow {
  std::uint64_t epoch = 0;  // Of the owner that wrote it.
  std::string state;
  friend bool operator==(const ChangelogRow&, const ChangelogRow&) = default;
};

/// One partition. What the changelog holds behind `end` was on its way into a commit: it is no
/// harm, since what the sources send again changes nothing twice, and nothing of it was acted on.
struct ChangelogMark {
  std::uint64_t epoch = 0;     // Of the owner that wrote it.
  std::uint64_t sequence = 0;  // Counts commits.
  std::int64_t begin = 0;      // The first offset: if it moves, records were deleted.
  std::int64_t end = 0;        // Behind the last record that was committed.
  SourceOffsets offsets;
  friend bool operator==(const ChangelogMark&, const ChangelogMark&) = default;
};

[[nodiscard]] std::string encode(const ChangelogRow& row);
[[nodiscard]] std::string encode(const ChangelogMark& mark);
[[nodiscard]] Result<ChangelogRow> decode_row(std::string_view bytes);
[[nodiscard]] Result<ChangelogMark> decode_mark(std::string_view bytes);

}  // namespace settle::cluster
