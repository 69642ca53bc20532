#include "daemon/partition/router.h"

#include <string>

#include <gtest/gtest.h>

namespace settle {
namespace {

TEST(Router, HashesAsKafkaDoes) {
  // Source: org.apache.kafka.common.utils.UtilsTest.testMurmur2.
  EXPECT_EQ(static_cast<std::int32_t>(murmur2("21")), -973932308);
  EXPECT_EQ(static_cast<std::int32_t>(murmur2("foobar")), -790332482);
  EXPECT_EQ(static_cast<std::int32_t>(murmur2("a-little-bit-long-string")), -985981536);
  EXPECT_EQ(static_cast<std::int32_t>(murmur2("a-little-bit-longer-string")), -1486304829);
  EXPECT_EQ(static_cast<std::int32_t>(murmur2("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8")),
            -58897971);
  EXPECT_EQ(static_cast<std::int32_t>(murmur2("abc")), 479470107);
}

TEST(Router, SpreadsGroupsOverEveryPartition) {
  std::vector<int> groups(16, 0);
  for (int n = 0; n < 1600; ++n) ++groups[partition_of("group-" + std::to_string(n), 16)];
  for (const int count : groups) EXPECT_GT(count, 50);
}

}  // namespace
}  // namespace settle
