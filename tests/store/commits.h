// What tests of stores commit, and what they look for afterwards.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/store/store.h"

namespace settle {

inline constexpr std::uint32_t partitions = 4;

inline GroupState state_of(std::uint64_t round) {
  GroupState state;
  state.round = round;
  state.desired = 3;
  return state;
}

inline Commit commit_of(Epoch epoch,
                        const std::vector<std::pair<std::string, std::uint64_t>>& rounds,
                        const std::vector<std::string>& forgotten = {}) {
  Commit commit;
  commit.epoch = epoch;
  for (const auto& [group, round] : rounds) commit.dirty.push_back({{group}, state_of(round)});
  for (const std::string& group : forgotten) commit.forgotten.push_back({group});
  return commit;
}

inline void expect_rounds(Store& store, std::uint32_t partition,
                          const std::vector<std::pair<std::string, std::uint64_t>>& rounds) {
  const auto records = store.restore(partition);
  ASSERT_TRUE(records) << records.error().message;
  ASSERT_EQ(records->size(), rounds.size());
  for (std::size_t i = 0; i < rounds.size(); ++i) {
    EXPECT_EQ((*records)[i].group.value, rounds[i].first);
    EXPECT_EQ((*records)[i].state, state_of(rounds[i].second));
  }
}

inline Offsets offsets_of(Store& store, std::uint32_t partition) {
  const auto offsets = store.offsets(partition);
  EXPECT_TRUE(offsets) << (offsets ? "" : offsets.error().message);
  return offsets ? *offsets : Offsets{};
}

}  // namespace settle
