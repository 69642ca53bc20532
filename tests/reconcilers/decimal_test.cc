#include "reconcilers/decimal.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "tests/laws.h"

namespace settle {
namespace {

Decimal read(const char* text) {
  const auto value = Decimal::parse(text);
  EXPECT_TRUE(value) << text;
  return value.value_or(Decimal());
}

TEST(Decimal, ReadsPlainAndScientificText) {
  EXPECT_EQ(read("-12"), Decimal(-12));
  EXPECT_EQ(read("0.5"), Decimal::of(5, -1));
  EXPECT_EQ(read("1.2e3"), Decimal(1200));
  EXPECT_EQ(read("1e+06"), Decimal(1'000'000));
  EXPECT_EQ(read("-0"), Decimal());
  EXPECT_EQ(read("0.000"), Decimal());
  EXPECT_EQ(read("100"), Decimal::of(1, 2));
}

TEST(Decimal, RefusesWhatIsNotANumber) {
  for (const char* text : {"", "+1", " 1", "1 ", "inf", "nan", "NaN", ".5", "5.", "1e", "1e+", "-",
                           "--1", "0x10", "1,5", "1e5.0"}) {
    EXPECT_FALSE(Decimal::parse(text)) << text;
  }
  EXPECT_FALSE(Decimal::from_double(std::numeric_limits<double>::quiet_NaN()));
  EXPECT_FALSE(Decimal::from_double(std::numeric_limits<double>::infinity()));
}

TEST(Decimal, RoundsWhatIsLongerThanEighteenDigitsHalfAwayFromZero) {
  EXPECT_EQ(read("1.000000000000000005"), read("1.00000000000000001"));
  EXPECT_EQ(read("-1.000000000000000005"), read("-1.00000000000000001"));
  EXPECT_EQ(read("1.000000000000000004"), Decimal(1));
  EXPECT_EQ(read("9999999999999999999"), read("1e19"));
  EXPECT_EQ(Decimal(std::numeric_limits<std::int64_t>::min()), read("-9223372036854775810"));
}

TEST(Decimal, SaturatesBeyondFourHundredDigits) {
  EXPECT_EQ(read("5e999999999999"), read("1e400"));
  EXPECT_EQ(read("-5e999999999999"), -read("1e400"));
  EXPECT_EQ(read("5e-999999999999"), Decimal());
  EXPECT_EQ(read("1e400") * read("1e400"), read("1e400"));
}

TEST(Decimal, WritesTheShortestPlainText) {
  EXPECT_EQ(read("72.40").text(), "72.4");
  EXPECT_EQ(read("-0.05").text(), "-0.05");
  EXPECT_EQ(read("120").text(), "120");
  EXPECT_EQ(read("1.5e30").text(), "1.5e30");
  EXPECT_EQ(read("2e-30").text(), "2e-30");
}

TEST(Decimal, TakesABinaryNumberAsItIsWritten) {
  EXPECT_EQ(Decimal::from_double(0.1), read("0.1"));
  EXPECT_EQ(Decimal::from_double(72.4), read("72.4"));
  EXPECT_EQ(Decimal::from_double(-0.0), Decimal());
  EXPECT_EQ(Decimal::from_double(1e308), read("1e308"));
}

TEST(Decimal, AddsNumbersThatAreFarApart) {
  EXPECT_EQ(read("1e40") + read("1"), read("1e40"));
  EXPECT_EQ(read("0.1") + read("0.2"), read("0.3"));
  EXPECT_EQ(read("1e17") + read("-1"), read("99999999999999999"));
  EXPECT_EQ(read("-1e-300") + read("1e300"), read("1e300"));
}

TEST(Decimal, ComparesByValue) {
  EXPECT_LT(read("-1e300"), read("-1"));
  EXPECT_LT(read("0.099"), read("0.1"));
  EXPECT_GT(read("10"), read("9.99999"));
  EXPECT_LT(read("-1"), Decimal());
}

TEST(Decimal, DividesTowardZero) {
  EXPECT_EQ(quotient(Decimal(1), Decimal(3)), read("0.333333333333333333"));
  EXPECT_EQ(quotient(Decimal(-2), Decimal(3)), read("-0.666666666666666666"));
  EXPECT_EQ(quotient(Decimal(100), Decimal(8)), read("12.5"));
}

// Source: cases/hpa.json (group_value, group_average), cases/cloud.json (numeric.exactness).
TEST(CeilScaled, GainsNoInstanceFromBinaryRounding) {
  EXPECT_EQ(ceil_scaled(100, Decimal(55), Decimal(50)), 110);
  EXPECT_EQ(ceil_scaled(50, Decimal(77), Decimal(70)), 55);
  EXPECT_EQ(ceil_scaled(90, Decimal(66), Decimal(60)), 99);
  EXPECT_EQ(ceil_scaled(20, read("72.4"), Decimal(55)), 27);
  EXPECT_EQ(ceil_scaled(1, read("8.6"), read("4.4")), 2);
}

TEST(CeilScaled, StaysWithinWhatACapacityCanBe) {
  EXPECT_EQ(ceil_scaled(10, Decimal(-5), Decimal(1)), 0);
  EXPECT_EQ(ceil_scaled(10, Decimal(), Decimal(1)), 0);
  EXPECT_EQ(ceil_scaled(10, read("1e308"), read("1e-90")), capacity_limit);
  EXPECT_EQ(ceil_scaled(10, read("1e-308"), read("1e90")), 1);
}

struct PercentCase {
  const char* id;
  Capacity base;
  const char* percent;
  Capacity change;
};

// Source: cases/cloud.json, adjust.percent and numeric.exactness.
TEST(PercentOf, TruncatesTowardZeroButNeverToNothing) {
  for (const PercentCase& c : {PercentCase{"round-aws-01", 10, "10", 1},
                               {"round-aws-02", 11, "30", 3},
                               {"round-aws-04", 13, "-30", -3},
                               {"round-aws-06", 1, "67", 1},
                               {"round-aws-08", 1000, "-0.667", -6},
                               {"round-aws-10", 3, "25", 1},
                               {"round-aws-11", 3, "-25", -1},
                               {"round-aws-12", 100, "10", 10},
                               {"round-aws-14", 110, "10", 11},
                               {"round-aws-16", 5, "39", 1},
                               {"round-aws-18", 7, "-29", -2},
                               {"round-aws-22", 7, "0", 0},
                               {"round-aws-23", 0, "50", 0},
                               {"float-nomad-05", 50, "10", 5},
                               {"float-nomad-06", 10, "-70", -7},
                               {"senround-05", 10, "-10", -1},
                               {"tiny", 5, "1e-300", 1},
                               {"huge", 5, "1e300", capacity_limit}}) {
    EXPECT_EQ(percent_of(c.base, read(c.percent)), c.change) << c.id;
  }
}

TEST(CompareRatios, IsExactAtTheEdgeOfABand) {
  EXPECT_EQ(compare_ratios(Decimal(110), Decimal(100), Decimal(11), Decimal(10)),
            std::strong_ordering::equal);
  EXPECT_TRUE(compare_ratios(Decimal(1), Decimal(3), read("0.3333333333333334"), Decimal(1)) < 0);
  EXPECT_TRUE(compare_ratios(read("1e300"), Decimal(3), read("-1"), Decimal(1)) > 0);
}

TEST(Decimal, IsNothingOnlyFarBelowWhatIsMeasured) {
  EXPECT_FALSE(Decimal::of(12, -401).is_zero());
  EXPECT_TRUE(Decimal::of(12, -402).is_zero());
}

rc::Gen<Decimal> decimals() {
  return rc::gen::map(rc::gen::pair(rc::gen::arbitrary<std::int64_t>(),
                                    rc::gen::resize(rc::kNominalSize, rc::gen::inRange(-60, 60))),
                      [](const auto& parts) { return Decimal::of(parts.first, parts.second); });
}

RC_GTEST_PROP(Decimal, ReadsBackWhatItWrites, ()) {
  const Decimal value = *decimals();
  RC_ASSERT(Decimal::parse(value.text()) == value);
}

RC_GTEST_PROP(Decimal, ReadsBackBinaryNumbersExactly, ()) {
  const double value = *rc::gen::arbitrary<double>();
  const auto decimal = Decimal::from_double(value);
  RC_PRE(decimal.has_value());
  RC_ASSERT(decimal->approximate() == value);
}

RC_GTEST_PROP(Decimal, AddsAndMultipliesSmallNumbersExactly, ()) {
  const auto a = evenly<std::int64_t>(-1'000'000'000, 1'000'000'000);
  const auto b = evenly<std::int64_t>(-100'000'000, 100'000'000);
  const int shift = evenly(0, 9);
  std::int64_t power = 1;
  for (int i = 0; i < shift; ++i) power *= 10;
  RC_ASSERT(Decimal(a) * Decimal(b) == Decimal(a * b));
  RC_ASSERT(Decimal::of(a, shift) + Decimal(b) == Decimal(a * power + b));
  RC_ASSERT((Decimal(a) <=> Decimal(b)) == (a <=> b));
}

RC_GTEST_PROP(Decimal, AddsInEitherOrder, ()) {
  const Decimal a = *decimals();
  const Decimal b = *decimals();
  RC_ASSERT(a + b == b + a);
  RC_ASSERT(a + (-a) == Decimal());
}

RC_GTEST_PROP(CeilScaled, IsTheLeastNumberThatCoversTheValue, ()) {
  const auto count = evenly<Capacity>(1, 10'000);
  const auto value = evenly<std::int64_t>(1, 100'000);
  const auto target = evenly<std::int64_t>(1, 100'000);
  const Capacity result = ceil_scaled(count, Decimal::of(value, -2), Decimal::of(target, -2));
  RC_ASSERT(std::int64_t{result} * target >= count * value);
  RC_ASSERT((std::int64_t{result} - 1) * target < count * value);
}

}  // namespace
}  // namespace settle
