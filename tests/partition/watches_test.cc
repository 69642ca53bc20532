// Keys of alarms in a partition: what is measured is committed before it is answered, what is
// judged is told after its commit and until it has been heard, and a successor goes on as if it had
// been there all the time.
#include <algorithm>
#include <map>

#include <gmock/gmock.h>

#include "daemon/partition/partition.h"

namespace settle {
namespace {
using namespace std::chrono_literals;

const Time begin{std::chrono::hours(400'000)};

windows::Watch errors() {
  windows::Watch watch;
  watch.name = "errors";
  watch.signal = "errors";
  watch.by = "customer";
  watch.alarm.statistic = windows::Statistic::sum;
  watch.alarm.at_least = Decimal(10);
  return watch;
}

// A partition over a store in memory, which may be replaced by a successor at any time.
class Ward {
 public:
  explicit Ward(windows::Watch watch = errors()) : watch_(std::move(watch)) { succeed(); }

  void succeed() {
    std::vector<GroupRecord> inherited;
    for (const auto& [place, record] : stored_) inherited.push_back(record);
    partition_.emplace(PartitionSeat{7, Epoch{++epoch_}, "test", "0", "0"}, PartitionLimits{},
                       std::move(inherited));
    configure(watch_);
  }
  void configure(const std::optional<windows::Watch>& watch) {
    Reconfigured event{"r1", Authority::act, {}};
    if (watch) event.watches.push_back(std::make_shared<const windows::Watch>(*watch));
    take(std::move(event));
  }
  Merge measure(const std::string& key, int value, const std::string& id, Time at) {
    take(Arrived{{windows::place_of("errors", key),
                  {at, "test", id},
                  SampleClaim{"errors", {ReadingKind::value, Decimal(value)}, {}}},
                 Ticket{5}});
    return answer_;
  }
  /// Lets time pass in steps, and the partition have its turns.
  void until(Time end) {
    for (; now < end; now += 5s) take(TimeReached{});
    now = end;
    take(TimeReached{});
  }
  /// What the store holds, as one value.
  [[nodiscard]] std::map<std::string, windows::Watched> kept() const {
    std::map<std::string, windows::Watched> found;
    for (const auto& [place, record] : stored_) found[place.value] = *record.watched;
    return found;
  }

  Time now = begin;
  bool hears = true;
  bool stores = true;
  std::vector<Sounded> told;
  std::vector<DeadLetter> letters;

 private:
  void take(Event event) {
    partition_->advance(std::move(event), now);
    std::vector<Effect> effects = partition_->finish_turn(now);
    while (!effects.empty()) {
      std::vector<Event> answers;
      for (Effect& effect : effects) heed(effect, answers);
      if (answers.empty()) return;
      for (Event& answer : answers) partition_->advance(std::move(answer), now);
      effects = partition_->finish_turn(now);
    }
  }
  void heed(Effect& effect, std::vector<Event>& answers) {
    if (const auto* commit = std::get_if<Commit>(&effect)) {
      if (!stores) return;
      for (const GroupRecord& record : commit->dirty) stored_[record.group] = record;
      for (const GroupId& gone : commit->forgotten) stored_.erase(gone);
      answers.emplace_back(Committed{commit->batch});
    } else if (const auto* answered = std::get_if<Answered>(&effect)) {
      answer_ = answered->merge;
    } else if (const auto* sounded = std::get_if<Sounded>(&effect)) {
      told.push_back(*sounded);
      if (hears) answers.emplace_back(AlarmTaken{sounded->place, sounded->verdict.end});
    } else if (const auto* letter = std::get_if<DeadLetter>(&effect)) {
      letters.push_back(*letter);
    }
  }

  windows::Watch watch_;
  std::uint64_t epoch_ = 0;
  std::optional<Partition> partition_;
  Merge answer_ = Merge::unknown_group;
  std::map<GroupId, GroupRecord> stored_;
};

TEST(Watches, TellWhatHasBeenJudgedOnceAndForEachKey) {
  Ward ward;
  EXPECT_EQ(ward.measure("acme", 6, "1", begin), Merge::merged);
  EXPECT_EQ(ward.measure("acme", 6, "1", begin), Merge::repeated);
  EXPECT_EQ(ward.measure("acme", 5, "2", begin + 1s), Merge::merged);
  EXPECT_EQ(ward.measure("other", 1, "1", begin), Merge::merged);
  EXPECT_TRUE(ward.told.empty());
  ward.until(begin + 5min);
  ASSERT_EQ(ward.told.size(), 1U);
  EXPECT_EQ(ward.told[0].place.value, "@alarm/errors/acme");
  EXPECT_EQ(ward.told[0].verdict.state, windows::State::firing);
  EXPECT_EQ(ward.told[0].verdict.value, Decimal(11));
  EXPECT_EQ(ward.told[0].verdict.end, begin + 1min);
}

TEST(Watches, AnswerNobodyBeforeTheCommitThatHoldsTheMeasure) {
  Ward ward;
  ward.stores = false;
  EXPECT_EQ(ward.measure("acme", 6, "1", begin), Merge::unknown_group) << "no answer yet";
  EXPECT_TRUE(ward.kept().empty());
}

TEST(Watches, TellAgainUntilTheyAreHeard) {
  Ward ward;
  ward.hears = false;
  ward.measure("acme", 11, "1", begin);
  ward.until(begin + 2min + 10s);
  const std::size_t times = ward.told.size();
  EXPECT_GE(times, 2U);
  ward.succeed();
  ward.hears = true;
  ward.until(begin + 10min);
  ASSERT_GT(ward.told.size(), times) << "a successor tells what was not heard";
  for (const Sounded& one : ward.told) EXPECT_EQ(one.judged_at, ward.told[0].judged_at);
  const std::size_t heard = ward.told.size();
  ward.until(begin + 20min);
  EXPECT_EQ(ward.told.size(), heard) << "what was heard is told no more";
}

TEST(Watches, TellNothingThatNoCommitHolds) {
  Ward ward;
  ward.measure("acme", 11, "1", begin);
  ward.stores = false;
  ward.until(begin + 10min);
  EXPECT_TRUE(ward.told.empty());
}

TEST(Watches, SayAnewWhatWasNotHeardForLong) {
  Ward ward;
  ward.hears = false;
  ward.measure("acme", 11, "1", begin);
  ward.until(begin + 12min);
  EXPECT_GT(ward.told.back().judged_at, begin + 6min) << "or its groups would find it too old";
  EXPECT_EQ(ward.told.back().verdict.end, begin + 1min);
}

TEST(Watches, ForgetKeysOfAnAlarmThatIsNoMore) {
  Ward ward;
  ward.measure("acme", 11, "1", begin);
  ASSERT_EQ(ward.kept().size(), 1U);
  ward.configure(std::nullopt);
  ward.until(begin + 1min);
  EXPECT_TRUE(ward.kept().empty());
  EXPECT_EQ(ward.measure("acme", 1, "2", ward.now), Merge::unknown_group);
}

TEST(Watches, BeginAnewUnderAnotherDefinitionAndFireOnUntilThen) {
  Ward ward;
  ward.measure("acme", 11, "1", begin);
  ward.until(begin + 2min);
  ASSERT_EQ(ward.told.size(), 1U);
  ward.measure("acme", 99, "2", ward.now);
  windows::Watch other = errors();
  other.alarm.length = 5min;
  other.alarm.slide = 5min;
  ward.configure(other);
  ward.until(ward.now + 5s);
  EXPECT_TRUE(ward.kept().begin()->second.memory.keys.at("acme").panes.empty());
  EXPECT_TRUE(ward.kept().begin()->second.memory.keys.at("acme").is_firing);
  ward.measure("acme", 1, "3", ward.now);
  ward.until(begin + 20min);
  EXPECT_EQ(ward.told.back().verdict.state, windows::State::ok);
  EXPECT_EQ(ward.told.back().verdict.value, Decimal(1));
}

TEST(Watches, KeepWhatWasMeasuredWhereAThresholdAloneChanges) {
  Ward ward;
  ward.measure("acme", 11, "1", begin);
  windows::Watch other = errors();
  other.alarm.at_least = Decimal(12);
  ward.configure(other);
  ward.until(begin + 5min);
  EXPECT_TRUE(ward.told.empty());
}

TEST(Watches, HoldNoMoreKeysThanTheyMayAndSaySo) {
  windows::Watch watch = errors();
  watch.alarm.keys_max = 3;
  Ward ward(watch);
  for (int at = 0; at < 50; ++at) {
    const Merge merged = ward.measure("k" + std::to_string(at), 1, "1", begin);
    EXPECT_EQ(merged, at < 3 ? Merge::merged : Merge::invalid);
  }
  EXPECT_EQ(ward.kept().size(), 3U);
  ASSERT_EQ(ward.letters.size(), 47U);
  EXPECT_EQ(ward.letters[0].reason, "TooManyKeys");
}

TEST(Watches, ForgetASilentKeyAndTakeItInAgain) {
  windows::Watch watch = errors();
  watch.alarm.keys_max = 1;
  watch.alarm.forget_after = 10min;
  Ward ward(watch);
  for (int round = 0; round < 40; ++round) {
    EXPECT_EQ(ward.measure("k" + std::to_string(round % 3), 1, "1", ward.now), Merge::merged);
    EXPECT_EQ(ward.kept().size(), 1U);
    ward.until(ward.now + 15min);
    EXPECT_TRUE(ward.kept().empty());
  }
}

TEST(Watches, AreNoOrdersAndTakeNothingButMeasures) {
  Ward ward;
  EXPECT_EQ(ward.measure("", 1, "1", begin), Merge::unknown_group);
  EXPECT_EQ(ward.measure("late", 1, "1", begin - 1h), Merge::late_or_repeated);
  EXPECT_EQ(ward.measure("soon", 1, "1", begin + 1h), Merge::from_the_future);
  EXPECT_TRUE(ward.kept().empty()) << "a key without a measure takes no place";
}

class Crashes : public testing::TestWithParam<unsigned> {};

// The same events, with and without a crash after each: the same bytes, and the same things told.
TEST_P(Crashes, LeaveWhatIsKeptAndToldAsItWouldHaveBeen) {
  const auto live = [&](bool dies) {
    Ward ward;
    unsigned chance = GetParam();
    const auto below = [&](unsigned most) {
      chance = chance * 1'664'525U + 1'013'904'223U;
      return (chance >> 8U) % most;
    };
    for (int at = 0; at < 120; ++at) {
      const std::string key = "k" + std::to_string(below(4));
      const std::string id = std::to_string(below(90));
      ward.measure(key, static_cast<int>(below(9)), id, ward.now - 1s * below(40));
      const auto pause = 1s * below(20);
      if (dies && below(3) == 0) ward.succeed();
      if (!dies) (void)below(3);
      ward.until(ward.now + pause);
    }
    ward.until(ward.now + 5min);
    std::vector<std::string> told;
    for (const Sounded& one : ward.told) {
      told.push_back(one.place.value + " " +
                     std::to_string(one.verdict.end.time_since_epoch().count()) + " " +
                     std::to_string(static_cast<int>(one.verdict.state)) + " " +
                     one.verdict.value.value_or(Decimal()).text());
    }
    std::sort(told.begin(), told.end());
    told.erase(std::unique(told.begin(), told.end()), told.end());
    return std::pair(ward.kept(), told);
  };
  const auto plain = live(false);
  const auto crashed = live(true);
  EXPECT_FALSE(plain.second.empty());
  EXPECT_EQ(plain.second, crashed.second);
  EXPECT_TRUE(plain.first == crashed.first);
}

INSTANTIATE_TEST_SUITE_P(Watches, Crashes, testing::Range(1U, 41U));

}  // namespace
}  // namespace settle
