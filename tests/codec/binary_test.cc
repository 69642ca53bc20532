#include "daemon/codec/binary.h"

#include <string>
#include <tuple>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/codec/filler.h"

namespace settle {
namespace {

Result<GroupState> decode(const GroupState& /*of*/, std::string_view bytes) {
  return decode_state(bytes);
}
Result<DecisionRecord> decode(const DecisionRecord& /*of*/, std::string_view bytes) {
  return decode_record(bytes);
}
Result<Observation> decode(const Observation& /*of*/, std::string_view bytes) {
  return decode_observation(bytes);
}
Result<RoundContext> decode(const RoundContext& /*of*/, std::string_view bytes) {
  return decode_context(bytes);
}
Result<Signal> decode(const Signal& /*of*/, std::string_view bytes) {
  return decode_signal(bytes);
}

Result<ActionEntry> decode(const ActionEntry& /*of*/, std::string_view bytes) {
  return decode_action(bytes);
}

// ActionEntry alone has no equality of its own.
bool same(const ActionEntry& a, const ActionEntry& b) {
  return std::tie(a.group, a.at, a.token, a.op, a.instance, a.outcome, a.why, a.epoch) ==
         std::tie(b.group, b.at, b.token, b.op, b.instance, b.outcome, b.why, b.epoch);
}
template <typename T>
bool same(const T& a, const T& b) {
  return a == b;
}

template <typename T>
class Binary : public testing::Test {};
using Stored =
    testing::Types<GroupState, DecisionRecord, Observation, RoundContext, Signal, ActionEntry>;
TYPED_TEST_SUITE(Binary, Stored, );

TYPED_TEST(Binary, ReadsBackAValueThatHasEveryField) {
  const auto value = Filler::thorough().made<TypeParam>();
  ASSERT_FALSE(same(value, TypeParam()));
  const auto again = decode(value, encode(value));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(same(*again, value));
}

TYPED_TEST(Binary, ReadsBackAnEmptyValue) {
  const TypeParam value;
  const auto again = decode(value, encode(value));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(same(*again, value));
}

TYPED_TEST(Binary, ReadsBackAnyValueAndWritesTheSameBytesAgain) {
  EXPECT_TRUE(rc::check([] {
    Filler filler(false, [] { return *rc::gen::arbitrary<std::uint64_t>(); });
    const auto value = filler.made<TypeParam>();
    const std::string bytes = encode(value);
    const auto again = decode(value, bytes);
    RC_ASSERT(again.has_value());
    RC_ASSERT(same(*again, value));
    RC_ASSERT(encode(*again) == bytes);
  }));
}

TYPED_TEST(Binary, TakesNoDamagedBytesForAnotherMeaningOfTheirOwn) {
  const auto value = Filler::thorough().made<TypeParam>();
  const std::string bytes = encode(value);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    EXPECT_FALSE([&] {
      const auto cut = decode(value, std::string_view(bytes).substr(0, i));
      return cut && same(*cut, value);
    }());
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = bytes;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      const auto read = decode(value, flipped);
      // What can still be read is another value, never this one by luck.
      if (read) {
        EXPECT_EQ(encode(*read), flipped);
      }
    }
  }
}

TYPED_TEST(Binary, RefusesANewerFormatInOneSentence) {
  std::string bytes = encode(TypeParam());
  bytes[0] = 2;
  const auto read = decode(TypeParam(), bytes);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::invalid);
  EXPECT_NE(read.error().message.find("format 2 is newer than this version's 1"), std::string::npos)
      << read.error().message;
  EXPECT_EQ(read.error().message.find('\n'), std::string::npos);
}

TYPED_TEST(Binary, RefusesAFieldThatItDoesNotKnow) {
  // Field 1000, a number, after a valid message.
  const std::string bytes = encode(TypeParam()) + std::string("\xc0\x3e\x07", 3);
  const auto read = decode(TypeParam(), bytes);
  ASSERT_FALSE(read);
  EXPECT_NE(read.error().message.find("does not know"), std::string::npos);
}

TYPED_TEST(Binary, RefusesNothingAndFormatZero) {
  EXPECT_FALSE(decode(TypeParam(), ""));
  EXPECT_FALSE(decode(TypeParam(), std::string(1, '\0')));
}

TEST(BinarySignal, ReadsBackEveryKindOfClaim) {
  for (std::size_t kind = 0; kind < std::variant_size_v<Claim>; ++kind) {
    auto filler = Filler::thorough();
    auto signal = filler.made<Signal>();
    filler.fill_claim(signal.claim, kind);
    ASSERT_EQ(signal.claim.index(), kind);
    const auto again = decode_signal(encode(signal));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, signal);
  }
}

// Format 1 is fixed: if this fails, what is stored could no longer be read. Give the change a
// field of its own, or begin format 2.
TEST(BinaryRecord, WritesFormatOneForEver) {
  DecisionRecord record;
  record.group.value = "web";
  record.at = Time(Duration(1'000));
  record.desired_to = 3;
  record.limits = {1, 5};
  Voice voice;
  voice.name = "cpu";
  voice.kind = VoiceKind::steps;
  voice.verdict = Verdict::stays;
  voice.input = Reading{ReadingKind::value, Decimal::of(725, -1)};
  voice.reason = Reason::within_tolerance;
  voice.facts = {{"target", Decimal(60)}};
  record.voices.push_back(voice);
  record.steps.push_back({StepOp::drain, {"i-1"}, {}, "tok", "z", Reason::above_desired, {}});
  std::string hex;
  for (const char c : encode(record)) {
    constexpr char digits[] = "0123456789abcdef";
    hex += digits[static_cast<unsigned char>(c) >> 4U];
    hex += digits[static_cast<unsigned char>(c) & 15U];
  }
  EXPECT_EQ(
      hex,
      "010a0377656210e80750035a040801100562006a330a03637075100118012a07120508aa0b10013a0f5769746869"
      "6e"
      "546f6c6572616e6365420e0a067461726765741a04080c10027a1d08021203692d312203746f6b2a017a320c4162"
      "6f766544657369726564");
}

TEST(BinaryObservation, IsTheSameWithoutItsTimeWheneverItWasMade) {
  auto seen = Filler::thorough().made<Observation>();
  const std::string bytes = encode_timeless(seen);
  seen.at += Duration(1);
  EXPECT_EQ(encode_timeless(seen), bytes);
  auto again = decode_observation(bytes);
  ASSERT_TRUE(again);
  again->at = seen.at;
  EXPECT_EQ(*again, seen);
}

TEST(BinaryRecord, IsNamedByTheHashOfItsContent) {
  auto record = Filler::thorough().made<DecisionRecord>();
  const std::string id = decision_id(record);
  EXPECT_EQ(id.size(), 14U);
  EXPECT_TRUE(id.starts_with("d-"));
  EXPECT_EQ(id.find_first_not_of("0123456789abcdef", 2), std::string::npos);
  EXPECT_EQ(decision_id(record), id);
  EXPECT_EQ(decision_id_of(encode(record)), id);
  record.round += 1;
  EXPECT_NE(decision_id(record), id);
}

}  // namespace
}  // namespace settle
