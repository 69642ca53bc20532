// What a cluster keeps where its records lie in a changelog: its bytes, and what is refused.
#include "daemon/cluster/marks.h"

#include <gtest/gtest.h>

namespace settle::cluster {
namespace {

TEST(Marks, ComeBackAsTheyWereAndSayWhereTheyLieIfTheyDoNot) {
  const ChangelogMark mark{3, 9, 1, 40, {{"log/0", 7}}};
  EXPECT_EQ(*decode_mark(encode(mark)), mark);
  const ChangelogRow row{3, "state"};
  EXPECT_EQ(*decode_row(encode(row)), row);
  EXPECT_EQ(decode_mark("short").error().message, "the changelog's mark in ZooKeeper is cut short");
  std::string damaged = encode(row);
  damaged[3] ^= 1;
  EXPECT_EQ(decode_row(damaged).error().message,
            "the record in the changelog is damaged: its hash is of other bytes");
}

}  // namespace
}  // namespace settle::cluster
