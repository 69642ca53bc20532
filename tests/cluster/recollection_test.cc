// What is recalled of checkpoints: which of it counts, and whether what is found is older.
#include "daemon/cluster/recollection.h"

#include <gmock/gmock.h>

namespace settle::cluster {
namespace {

using testing::HasSubstr;

TEST(Recollections, KnowAnOlderCheckpointByItsNumberAndByItsEpoch) {
  const CheckpointMark known{{5, 77}, 3, 40};
  EXPECT_FALSE(regression(1, known, {{5, 77}, 3, 40}));
  EXPECT_FALSE(regression(1, known, {{5, 77}, 4, 41}));
  const auto earlier = regression(1, known, {{5, 77}, 3, 39});
  ASSERT_TRUE(earlier);
  EXPECT_EQ(earlier->code, ErrorCode::conflict);
  EXPECT_THAT(earlier->message, HasSubstr("is number 39 in ZooKeeper, and 40 was stored"));
  // A copy that somebody went on from, further than what is known here.
  const auto before = regression(1, known, {{5, 77}, 2, 90});
  ASSERT_TRUE(before);
  EXPECT_THAT(before->message, HasSubstr("is of epoch 2 in ZooKeeper, and one of epoch 3"));
}

TEST(Recollections, SayNothingOfNodesThatWereMadeAnew) {
  const CheckpointMark known{{5, 77}, 3, 40};
  EXPECT_FALSE(regression(1, known, {{5, 78}, 3, 1}));
  EXPECT_FALSE(regression(1, known, {{6, 77}, 0, 0}));
}

TEST(Recollections, CountWhereTheManifestNamesTheirHash) {
  const BodyPlace base = place_of(4, "base");
  const BodyPlace change = place_of(5, "change");
  const Generation generation{base, {change}};
  const KnownBodies found = believable({{base, "base"},
                                        {change, "chance"},
                                        {place_of(5, "chance"), "chance"},
                                        {place_of(6, "change"), "change"}},
                                       generation);
  EXPECT_EQ(found, (KnownBodies{{base, "base"}}));
}

}  // namespace
}  // namespace settle::cluster
