#include "daemon/journal/replay.h"

#include <string>

#include <gtest/gtest.h>

#include "daemon/codec/binary.h"

namespace settle {
namespace {

GroupSpec web() {
  GroupSpec spec;
  spec.id.value = "web";
  spec.limits = {1, 9};
  return spec;
}

/// What the engine decides for `web()`, as the journal would give it back.
ReplayCase recorded_case() {
  ReplayCase recorded;
  recorded.before.desired = 3;
  recorded.before.limits = {1, 9};
  recorded.seen.at = Time(std::chrono::seconds(1'700'000'000));
  recorded.seen.is_complete = true;
  recorded.context.revision = "r-1";
  recorded.context.engine = SETTLE_VERSION;
  recorded.context.cluster = "c";
  GroupState state = recorded.before;
  recorded.stored.record =
      converge(web(), state, recorded.seen, recorded.seen.at, recorded.context).record;
  recorded.record_bytes = encode(recorded.stored.record);
  recorded.stored.id = decision_id(recorded.stored.record);
  return recorded;
}

Result<Replayed> replay_of(const ReplayCase& recorded) {
  const GroupSpec spec = web();
  return replay(recorded, [&](const std::string& revision, const GroupId& group) {
    return revision == "r-1" && group == spec.id ? &spec : nullptr;
  });
}

TEST(Replay, ReproducesADecisionByteForByte) {
  const auto replayed = replay_of(recorded_case());
  ASSERT_TRUE(replayed) << replayed.error().message;
  EXPECT_TRUE(replayed->is_same);
  EXPECT_TRUE(replayed->differences.empty());
  EXPECT_EQ(replayed->engine, "");
}

TEST(Replay, NamesWhatDiffersFromTheRecord) {
  ReplayCase recorded = recorded_case();
  const auto actual = recorded.stored.record.desired_to;
  recorded.stored.record.desired_to = 77;
  recorded.record_bytes = encode(recorded.stored.record);
  const auto replayed = replay_of(recorded);
  ASSERT_TRUE(replayed);
  EXPECT_FALSE(replayed->is_same);
  ASSERT_EQ(replayed->differences.size(), 1U);
  EXPECT_EQ(replayed->differences[0],
            (Difference{"desired_to", "77", actual ? std::to_string(*actual) : "none"}));
}

TEST(Replay, NoticesAnAlteredInput) {
  ReplayCase recorded = recorded_case();
  recorded.before.desired = 5;
  const auto replayed = replay_of(recorded);
  ASSERT_TRUE(replayed);
  EXPECT_FALSE(replayed->is_same);
  EXPECT_FALSE(replayed->differences.empty());
}

TEST(Replay, ComparesListsEntryByEntry) {
  ReplayCase recorded = recorded_case();
  Voice voice;
  voice.name = "ghost";
  recorded.stored.record.voices.push_back(voice);
  recorded.record_bytes = encode(recorded.stored.record);
  const auto replayed = replay_of(recorded);
  ASSERT_TRUE(replayed);
  ASSERT_FALSE(replayed->is_same);
  EXPECT_EQ(replayed->differences[0].field, "voices.count");
}

TEST(Replay, SaysThatAnotherEngineMadeTheDecision) {
  ReplayCase recorded = recorded_case();
  recorded.context.engine = "0.0.9";
  const auto replayed = replay_of(recorded);
  ASSERT_TRUE(replayed);
  EXPECT_EQ(replayed->engine, "0.0.9");
}

TEST(Replay, NeedsTheRevisionThatTheDecisionWasMadeUnder) {
  ReplayCase recorded = recorded_case();
  recorded.context.revision = "r-2";
  const auto replayed = replay_of(recorded);
  ASSERT_FALSE(replayed);
  EXPECT_EQ(replayed.error().code, ErrorCode::not_found);
  EXPECT_NE(replayed.error().message.find("r-2"), std::string::npos);
}

}  // namespace
}  // namespace settle
