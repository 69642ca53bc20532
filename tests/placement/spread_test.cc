// The laws of spreading partitions over members.
#include "daemon/cluster/placement/spread.h"

#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/laws.h"

namespace settle::cluster {
namespace {

constexpr std::size_t no_limit = 1'000'000;

std::vector<Candidate> members(std::size_t count) {
  std::vector<Candidate> found;
  for (std::size_t at = 0; at < count; ++at) found.push_back({"n" + std::to_string(at), 1, true});
  return found;
}

std::map<std::string, std::size_t> loads(const Owners& owners) {
  std::map<std::string, std::size_t> found;
  for (const std::string& owner : owners) ++found[owner];
  return found;
}

/// How far apart the fullest and the emptiest of `candidates` are.
std::size_t slope(const Owners& owners, const std::vector<Candidate>& candidates) {
  const auto found = loads(owners);
  std::size_t least = owners.size();
  std::size_t most = 0;
  for (const Candidate& candidate : candidates) {
    const auto at = found.find(candidate.id);
    const std::size_t load = at == found.end() ? 0 : at->second;
    least = std::min(least, load);
    most = std::max(most, load);
  }
  return most - least;
}

std::size_t drawn_partitions() {
  return evenly<std::size_t>(1, 300);
}

TEST(Spread, IsTheSameEverywhere) {
  EXPECT_EQ(affinity("n1", 7), affinity("n1", 7));
  EXPECT_NE(affinity("n1", 7), affinity("n1", 8));
  EXPECT_NE(affinity("n1", 7), affinity("n2", 7));
  const Owners owners = spread(Owners(8), members(3), 0);
  EXPECT_EQ(owners, (Owners{"n1", "n1", "n0", "n0", "n2", "n2", "n2", "n1"}));
}

TEST(Spread, OfNobodyLeavesEverythingWithoutAnOwner) {
  EXPECT_EQ(spread(Owners{"gone", ""}, {}, no_limit), Owners(2));
}

TEST(Spread, BalancesWithinOne) {
  EXPECT_TRUE(rc::check([] {
    const auto candidates = members(evenly<std::size_t>(1, 12));
    const Owners owners = spread(Owners(drawn_partitions()), candidates, no_limit);
    RC_ASSERT(slope(owners, candidates) <= 1U);
    RC_ASSERT(std::count(owners.begin(), owners.end(), "") == 0);
  }));
}

TEST(Spread, KeepsEachLoadWithinTheFloorAndTheCeilingOfItsWeight) {
  EXPECT_TRUE(rc::check([] {
    auto candidates = members(evenly<std::size_t>(1, 8));
    std::uint64_t weights = 0;
    for (Candidate& candidate : candidates) {
      candidate.weight = evenly<std::uint32_t>(1, 9);
      weights += candidate.weight;
    }
    Owners owners(drawn_partitions());
    // From anywhere: each partition begins with an owner by chance, or with none.
    for (std::string& owner : owners) {
      const auto at = evenly<std::size_t>(0, candidates.size() + 1);
      if (at < candidates.size()) owner = candidates[at].id;
    }
    owners = spread(owners, candidates, no_limit);
    const auto found = loads(owners);
    for (const Candidate& candidate : candidates) {
      const auto at = found.find(candidate.id);
      const std::size_t load = at == found.end() ? 0 : at->second;
      RC_ASSERT(load >= owners.size() * candidate.weight / weights);
      RC_ASSERT(load <= (owners.size() * candidate.weight + weights - 1) / weights);
    }
  }));
}

TEST(Spread, DoesNotDependOnTheOrderOfItsCandidates) {
  EXPECT_TRUE(rc::check([] {
    auto candidates = members(evenly<std::size_t>(1, 8));
    const Owners before = spread(Owners(drawn_partitions()), candidates, no_limit);
    candidates.pop_back();
    candidates.push_back({"late", 2, true});
    const std::size_t moves = evenly<std::size_t>(0, 20);
    const Owners one = spread(before, candidates, moves);
    std::reverse(candidates.begin(), candidates.end());
    RC_ASSERT(spread(before, candidates, moves) == one);
  }));
}

TEST(Spread, MovesNothingButWhatALostMemberHad) {
  EXPECT_TRUE(rc::check([] {
    auto candidates = members(evenly<std::size_t>(2, 10));
    const Owners before = spread(Owners(drawn_partitions()), candidates, no_limit);
    const auto lost = evenly<std::size_t>(0, candidates.size());
    const std::string gone = candidates[lost].id;
    candidates.erase(candidates.begin() + static_cast<std::ptrdiff_t>(lost));
    const Owners after = spread(before, candidates, no_limit);
    for (std::size_t at = 0; at < before.size(); ++at) {
      if (before[at] != gone) RC_ASSERT(after[at] == before[at]);
    }
    RC_ASSERT(slope(after, candidates) <= 1U);
  }));
}

TEST(Spread, MovesToAMemberThatJoinedItsShareAndNothingElse) {
  EXPECT_TRUE(rc::check([] {
    auto candidates = members(evenly<std::size_t>(1, 10));
    const Owners before = spread(Owners(drawn_partitions()), candidates, no_limit);
    candidates.push_back({"new", 1, true});
    const Owners after = spread(before, candidates, no_limit);
    std::size_t moved = 0;
    for (std::size_t at = 0; at < before.size(); ++at) {
      if (after[at] == before[at]) continue;
      RC_ASSERT(after[at] == "new");
      ++moved;
    }
    RC_ASSERT(moved <= (before.size() + candidates.size() - 1) / candidates.size());
    RC_ASSERT(slope(after, candidates) <= 1U);
  }));
}

TEST(Spread, MovesNoMoreThanItMay) {
  EXPECT_TRUE(rc::check([] {
    auto candidates = members(3);
    const Owners before = spread(Owners(drawn_partitions()), candidates, no_limit);
    candidates.push_back({"new", 5, true});
    const std::size_t most = evenly<std::size_t>(0, 50);
    RC_ASSERT(moves_between(before, spread(before, candidates, most)) <= most);
  }));
}

TEST(Spread, IsAtRestOnceItHasSpread) {
  EXPECT_TRUE(rc::check([] {
    auto candidates = members(evenly<std::size_t>(1, 8));
    for (Candidate& candidate : candidates) {
      candidate.weight = evenly<std::uint32_t>(1, 5);
      candidate.takes_more = *rc::gen::arbitrary<bool>();
    }
    const Owners once = spread(Owners(drawn_partitions()), candidates, no_limit);
    RC_ASSERT(spread(once, candidates, no_limit) == once);
  }));
}

TEST(Spread, GivesNothingToOneWhoTakesNoMore) {
  auto candidates = members(3);
  candidates[1].takes_more = false;
  const Owners owners = spread(Owners{"n1", "", "", "", "", "", ""}, candidates, no_limit);
  EXPECT_EQ(loads(owners)["n1"], 1U);
  EXPECT_EQ(loads(owners)[""], 0U);
}

TEST(Spread, GivesToOneWhoTakesNoMoreIfNobodyElseIsThere) {
  const Owners owners = spread(Owners(4), {{"n1", 1, false}, {"away", 1, true, true}}, no_limit);
  EXPECT_EQ(loads(owners)["n1"], 4U);
}

}  // namespace
}  // namespace settle::cluster
