// Thousands of lives of groups, each from a seed of its own.
#include "tests/reconcilers/group_life.h"

#include <gtest/gtest.h>

namespace settle {
namespace {

TEST(GroupLife, KeepsItsPromisesWhateverHappens) {
  for (std::uint64_t seed = 1; seed <= 1'000; ++seed) {
    const std::string bytes = bytes_of(seed, 600 + seed % 600);
    Draw draw(bytes);
    const auto broken = live(draw);
    ASSERT_FALSE(broken) << *broken << " (seed " << seed << ")";
  }
}

}  // namespace
}  // namespace settle
