#include "daemon/base/encoding.h"

#include <gtest/gtest.h>

namespace settle {
namespace {

// The vectors of RFC 4648, section 10.
TEST(Encoding, WritesBase64AsTheStandardHasIt) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xff\xfe\xfd"), "//79");
}

TEST(Encoding, LeavesLettersDigitsAndFourMarksAsTheyAre) {
  EXPECT_EQ(percent_encoded("azAZ09-._~"), "azAZ09-._~");
  EXPECT_EQ(percent_encoded("a b/c=,\xff"), "a%20b%2Fc%3D%2C%FF");
  EXPECT_EQ(percent_encoded("\xc3\xa9*+"), "%C3%A9%2A%2B");
}

}  // namespace
}  // namespace settle
