// The name of a memory says all of it: two that differ bear different names.
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "reconcilers/memory.h"
#include "tests/codec/filler.h"

namespace settle {
namespace {

/// A memory made from these draws, and from zeroes when they are used up.
Memory memory_of(const std::vector<std::uint64_t>& draws) {
  Memory memory;
  Filler(false, [&draws, at = std::size_t{0}]() mutable {
    return at < draws.size() ? draws[at++] : std::uint64_t{0};
  }).fill(memory);
  // How far it has been folded and scheduled is no part of what a group was told.
  memory.folded_to = {};
  memory.scheduled_to = {};
  return memory;
}

TEST(Digest, NamesEveryFieldOfAMemory) {
  int compared = 0;
  for (unsigned seed = 1; seed <= 12; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<std::uint64_t> draws(400);
    for (std::uint64_t& draw : draws) draw = random() >> 8U;
    const Memory memory = memory_of(draws);
    const std::string name = digest(memory);
    EXPECT_EQ(name, digest(memory_of(draws)));
    for (std::size_t at = 0; at < draws.size(); ++at) {
      for (const std::uint64_t change : {1U, 4U}) {
        std::vector<std::uint64_t> others = draws;
        others[at] += change;
        const Memory other = memory_of(others);
        if (other == memory) continue;
        ++compared;
        EXPECT_NE(digest(other), name) << "seed " << seed << ", draw " << at << " + " << change;
      }
    }
  }
  EXPECT_GT(compared, 1'000);
}

TEST(Digest, TellsTextsOfOneLengthApart) {
  const auto named = [](const char* signal) {
    Memory memory;
    memory.samples.emplace_back().sample.signal = signal;
    return digest(memory);
  };
  EXPECT_NE(named("cpu"), named("gpu"));
}

}  // namespace
}  // namespace settle
