// The marks that every server of ours bears from birth, in Nova's tags and metadata. Pure.
//
// Nova lists by tags and not by metadata, and a tag has at most 60 characters without commas and
// slashes. So the tags say whose a server is; a name that does not fit stands in its tag as a hash
// and in the metadata in full, and counts only where the two agree.
// Source: Compute API Reference, "Server tags" and "Server metadata".
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "reconcilers/units.h"

namespace settle::nova {

enum class Mark : unsigned char { cluster, group, intent };

/// "settle:group=web"; "settle:group~" and 32 hexadecimal digits for a name that does not fit.
[[nodiscard]] std::string tag_of(Mark mark, std::string_view text);
/// "settle:group": the key of the metadata that holds it in full.
[[nodiscard]] std::string_view key_of(Mark mark);

inline constexpr std::string_view key_launch = "settle:launch";
inline constexpr std::string_view key_epoch = "settle:epoch";
/// Tags that come and go.
inline constexpr std::string_view tag_draining = "settle:draining";
inline constexpr std::string_view tag_protected = "settle:protected";

struct Marks {
  std::string cluster;  // Empty, as the others, where it is not borne or borne twice.
  GroupId group;
  std::string token;
  std::string launch_hash;
  bool is_draining = false;
  bool is_protected = false;
};
[[nodiscard]] Marks read_marks(const std::vector<std::string>& tags,
                               const std::map<std::string, std::string>& metadata);

}  // namespace settle::nova
