#include "reconcilers/ledger.h"

#include <gtest/gtest.h>

namespace settle {
namespace {

// A successor of another version repeats what was committed, under the same token.
TEST(Token, IsTheSameInEveryVersion) {
  EXPECT_EQ(token_of("cluster", {"web"}, 1, IntentKind::launch), "j7oi6hei2o7wpaxvyyx2umfnwb");
  EXPECT_EQ(token_of("", {"web"}, 1'000'000'007, IntentKind::terminate),
            "tpla3wlunnnaibfc6xgnrdv4cd");
}

}  // namespace
}  // namespace settle
