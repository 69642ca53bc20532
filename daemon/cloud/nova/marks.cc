#include "daemon/cloud/nova/marks.h"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace settle::nova {
namespace {

constexpr std::size_t tag_max = 60;

bool is_plain(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '.' || letter == '_' || letter == '-';
}

std::string hash_of(std::string_view text) {
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

/// What the one tag of this mark says; empty if there is none, or more than one.
std::string read_mark(Mark mark, const std::vector<std::string>& tags,
                      const std::map<std::string, std::string>& metadata) {
  const std::string_view key = key_of(mark);
  const auto is_of_mark = [key](const std::string& tag) {
    return tag.size() > key.size() && tag.rfind(key, 0) == 0 &&
           (tag[key.size()] == '=' || tag[key.size()] == '~');
  };
  if (std::count_if(tags.begin(), tags.end(), is_of_mark) != 1) return {};
  const std::string& tag = *std::find_if(tags.begin(), tags.end(), is_of_mark);
  if (tag[key.size()] == '=') return tag.substr(key.size() + 1);
  const auto full = metadata.find(std::string(key));
  if (full == metadata.end() || tag_of(mark, full->second) != tag) return {};
  return full->second;
}

}  // namespace

std::string_view key_of(Mark mark) {
  switch (mark) {
    case Mark::cluster:
      return "settle:cluster";
    case Mark::group:
      return "settle:group";
    case Mark::intent:
      break;
  }
  return "settle:intent";
}

std::string tag_of(Mark mark, std::string_view text) {
  const std::string_view key = key_of(mark);
  const bool fits =
      key.size() + 1 + text.size() <= tag_max && std::all_of(text.begin(), text.end(), is_plain);
  return fits ? fmt::format("{}={}", key, text) : fmt::format("{}~{}", key, hash_of(text));
}

Marks read_marks(const std::vector<std::string>& tags,
                 const std::map<std::string, std::string>& metadata) {
  const auto bears = [&tags](std::string_view tag) {
    return std::find(tags.begin(), tags.end(), tag) != tags.end();
  };
  Marks marks;
  marks.cluster = read_mark(Mark::cluster, tags, metadata);
  marks.group.value = read_mark(Mark::group, tags, metadata);
  marks.token = read_mark(Mark::intent, tags, metadata);
  const auto launch = metadata.find(std::string(key_launch));
  if (launch != metadata.end()) marks.launch_hash = launch->second;
  marks.is_draining = bears(tag_draining);
  marks.is_protected = bears(tag_protected);
  return marks;
}

}  // namespace settle::nova
