// Records in ZooKeeper: what comes back, and what is refused.
#include "daemon/cluster/records.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "daemon/cluster/layout.h"
#include "daemon/cluster/sealed.h"
#include "tests/laws.h"

namespace settle::cluster {
namespace {

TEST(Records, ComeBackAsTheyWereWritten) {
  const ClusterMeta meta{"c-7", 256, "murmur2", 1};
  EXPECT_EQ(*decode_meta(encode(meta)), meta);
  const MemberRecord member{"i-1", "m-1", "10.0.0.1:8470", "a",   "0.1.0", 3,   Presence::draining,
                            1,     1,     "r-1",           "n-1", true,    true};
  EXPECT_EQ(*decode_member(encode(member)), member);
  const RevisionRecord revision{3, "r-2", "r-1", "n1"};
  EXPECT_EQ(*decode_revision(encode(revision)), revision);
  const OwnershipRecord ownership{7, "n1", "i-1", 4, false, false};
  EXPECT_EQ(*decode_ownership(encode(ownership)), ownership);
  EXPECT_EQ(*decode_ownership(encode(OwnershipRecord{})), OwnershipRecord{});
}

TEST(Records, OfAnAssignmentComeBackForAnyOwners) {
  EXPECT_TRUE(rc::check([] {
    AssignmentRecord assignment{*rc::gen::arbitrary<std::uint64_t>(), 3, {}};
    const auto count = evenly<std::size_t>(0, 300);
    for (std::size_t at = 0; at < count; ++at) {
      const auto member = evenly(0, 20);
      assignment.owners.push_back(member == 0 ? "" : "n" + std::to_string(member));
    }
    RC_ASSERT(*decode_assignment(encode(assignment)) == assignment);
  }));
}

TEST(Records, OfAnAssignmentOfAThousandPartitionsAreSmall) {
  AssignmentRecord assignment;
  for (int at = 0; at < 1'024; ++at) assignment.owners.push_back("n" + std::to_string(at % 20));
  EXPECT_LT(encode(assignment).size(), 8U * 1024U);
}

TEST(Records, WithAFlippedBitOrCutShortAreRefused) {
  const std::string bytes = encode(OwnershipRecord{7, "n1", "i-1", 4, false, false});
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    EXPECT_FALSE(decode_ownership(damaged)) << at;
    EXPECT_FALSE(decode_ownership(std::string_view(bytes).substr(0, at))) << at;
  }
}

TEST(Layout, NamesPartitionsByThreeDigitsAndMore) {
  EXPECT_EQ(layout::own(7), "/p/007/own");
  EXPECT_EQ(layout::chunks(1'023), "/p/1023/s");
}

TEST(Records, AreRefusedInOneSentence) {
  const auto refused = decode_member("");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "the membership in ZooKeeper is cut short");
}

TEST(Records, OfANewerFormatAreLeftToNewerNodes) {
  std::string bytes = encode(OwnershipRecord{});
  bytes.resize(bytes.size() - 8);
  bytes.front() = static_cast<char>(format_max + 1);
  const std::uint64_t seal = seal_of(bytes);
  for (std::size_t at = 0; at < 8; ++at) bytes += static_cast<char>(seal >> (8 * at) & 0xffU);
  const auto refused = decode_ownership(bytes);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_NE(refused.error().message.find("newer than this version's"), std::string::npos);
}

}  // namespace
}  // namespace settle::cluster
