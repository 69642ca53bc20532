// From a group's name to its slot. Open addressing over eight bytes an entry, so that a lookup
// among a million groups touches one cache line here and one name there. Rebuilt as a whole when
// the configuration changes; by an event only the keys of alarms are added.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace settle {

class GroupIndex {
 public:
  static constexpr std::uint32_t none = UINT32_MAX;

  /// Makes room for `groups` entries and forgets what there was.
  void reset(std::size_t groups) {
    std::size_t size = 16;
    while (size < groups * 2) size *= 2;
    entries_.assign(size, Entry{});
    count_ = 0;
  }

  /// Whether another entry wants more room than there is. One whose slot bears another name by now
  /// takes room until the next reset().
  [[nodiscard]] bool is_full() const { return (count_ + 1) * 2 > entries_.size(); }

  /// REQUIRES: no more entries than reset() made room for; no name twice.
  void add(std::string_view name, std::uint32_t slot) {
    const std::uint32_t hash = hash_of(name);
    std::size_t at = hash & (entries_.size() - 1);
    while (entries_[at].slot != none) at = (at + 1) & (entries_.size() - 1);
    entries_[at] = {hash, slot};
    ++count_;
  }

  /// `name_at` gives the name of a slot.
  template <typename NameAt>
  [[nodiscard]] std::uint32_t find(std::string_view name, const NameAt& name_at) const {
    if (entries_.empty()) return none;
    const std::uint32_t hash = hash_of(name);
    for (std::size_t at = hash & (entries_.size() - 1); entries_[at].slot != none;
         at = (at + 1) & (entries_.size() - 1)) {
      if (entries_[at].hash == hash && name_at(entries_[at].slot) == name) return entries_[at].slot;
    }
    return none;
  }

 private:
  struct Entry {
    std::uint32_t hash = 0;
    std::uint32_t slot = none;
  };
  static std::uint32_t hash_of(std::string_view name) {
    return static_cast<std::uint32_t>(std::hash<std::string_view>{}(name));
  }

  std::vector<Entry> entries_;
  std::size_t count_ = 0;
};

}  // namespace settle
