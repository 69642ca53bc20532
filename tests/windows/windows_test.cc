// Windows against the slow and obvious: all measures kept, each window counted anew.
#include "reconcilers/windows/windows.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <set>

#include <gmock/gmock.h>

namespace settle::windows {
namespace {
using namespace std::chrono_literals;

const Time begin{Duration{1'699'999'980'000}};

Alarm alarm_of(Statistic statistic, Duration length = 60s, Duration slide = 60s) {
  Alarm alarm;
  alarm.statistic = statistic;
  alarm.length = length;
  alarm.slide = slide;
  alarm.lateness = 30s;
  alarm.at_least = Decimal(11);
  return alarm;
}

Measure measure(Duration after, const std::string& value, std::uint64_t id,
                const std::string& key = "eu") {
  return {key, begin + after, *Decimal::parse(value), {id, id}};
}

struct Judged {
  std::string key;
  Time end;
  State state = State::no_data;
  std::string value;
  friend auto operator<=>(const Judged&, const Judged&) = default;
};

std::vector<Judged> judged(const std::vector<Verdict>& verdicts) {
  std::vector<Judged> found;
  for (const Verdict& one : verdicts) {
    found.push_back({one.key, one.end, one.state, one.value ? one.value->text() : "-"});
  }
  return found;
}

TEST(Windows, CountWhatFellIntoThem) {
  const Alarm alarm = alarm_of(Statistic::count);
  Memory memory;
  for (std::uint64_t id = 0; id < 12; ++id) {
    EXPECT_EQ(take(alarm, memory, measure(20s + 1s * id, "1", id), begin), Taken::taken);
  }
  EXPECT_TRUE(judge(alarm, memory, begin + 60s).empty());
  const std::vector<Verdict> verdicts = judge(alarm, memory, begin + 120s);
  ASSERT_FALSE(verdicts.empty());
  EXPECT_EQ(verdicts.front().state, State::firing);
  EXPECT_EQ(verdicts.front().value, Decimal(12));
  EXPECT_TRUE(verdicts.front().is_change);
}

TEST(Windows, SayWhatEachStatisticIs) {
  const std::map<Statistic, std::string> wanted{
      {Statistic::count, "4"},    {Statistic::sum, "10.5"},
      {Statistic::mean, "2.625"}, {Statistic::min, "1"},
      {Statistic::max, "4.5"},    {Statistic::rate, "0.0666666666666666666"},
      {Statistic::absence, "4"}};
  for (const auto& [statistic, value] : wanted) {
    const Alarm alarm = alarm_of(statistic);
    Memory memory;
    std::uint64_t id = 0;
    for (const char* text : {"1", "2", "3", "4.5"}) {
      ASSERT_EQ(take(alarm, memory, measure(1s, text, ++id), begin), Taken::taken);
    }
    const std::vector<Verdict> verdicts = judge(alarm, memory, begin + 90s);
    ASSERT_EQ(verdicts.size(), 1U);
    EXPECT_EQ(verdicts[0].value->text(), value);
  }
}

TEST(Windows, KnowAPercentileToWithinAHundredth) {
  Alarm alarm = alarm_of(Statistic::percentile);
  alarm.percentile = 99'000;
  Memory memory;
  for (std::uint64_t id = 1; id <= 1'000; ++id) {
    ASSERT_EQ(take(alarm, memory, measure(1s, std::to_string(id), id), begin), Taken::taken);
  }
  const std::vector<Verdict> verdicts = judge(alarm, memory, begin + 90s);
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_GT(*verdicts[0].value, Decimal(980));
  EXPECT_LT(*verdicts[0].value, Decimal(1'000));
  EXPECT_LE(memory.keys["eu"].panes.size(), 1U);
}

TEST(Windows, FireOnAbsenceOfAKnownKeyAndForgetIt) {
  Alarm alarm = alarm_of(Statistic::absence);
  alarm.forget_after = 5min;
  Memory memory;
  ASSERT_EQ(take(alarm, memory, measure(1s, "1", 1), begin), Taken::taken);
  std::vector<Verdict> verdicts = judge(alarm, memory, begin + 90s);
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts[0].state, State::ok);
  verdicts = judge(alarm, memory, begin + 150s);
  ASSERT_EQ(verdicts.size(), 1U);
  EXPECT_EQ(verdicts[0].state, State::firing);
  EXPECT_TRUE(verdicts[0].is_change);
  verdicts = judge(alarm, memory, begin + 20min);
  EXPECT_TRUE(memory.keys.empty());
  ASSERT_FALSE(verdicts.empty());
  EXPECT_EQ(verdicts.back().state, State::no_data);
  EXPECT_TRUE(verdicts.back().is_change);
}

TEST(Windows, EndNoAlarmWhileNothingIsMeasured) {
  const Alarm alarm = alarm_of(Statistic::mean);
  Memory memory;
  ASSERT_EQ(take(alarm, memory, measure(1s, "11", 1), begin), Taken::taken);
  ASSERT_EQ(judge(alarm, memory, begin + 90s).size(), 1U);
  EXPECT_TRUE(judge(alarm, memory, begin + 10min).empty());
  EXPECT_TRUE(memory.keys["eu"].is_firing);
}

TEST(Windows, RefuseWhatComesTooLateOrTooEarlyOrIsTooMuch) {
  Alarm alarm = alarm_of(Statistic::sum);
  alarm.keys_max = 1;
  alarm.ids_max = 2;
  Memory memory;
  EXPECT_EQ(take(alarm, memory, measure(0s, "1", 1), begin), Taken::taken);
  EXPECT_EQ(take(alarm, memory, measure(0s, "1", 1), begin), Taken::repeated);
  EXPECT_EQ(take(alarm, memory, measure(2min, "1", 2), begin), Taken::from_the_future);
  EXPECT_EQ(take(alarm, memory, measure(0s, "1", 2, "us"), begin), Taken::full);
  EXPECT_EQ(take(alarm, memory, measure(0s, "1e13", 3), begin), Taken::too_large);
  EXPECT_EQ(take(alarm, memory, measure(0s, "2", 4), begin), Taken::taken);
  EXPECT_EQ(take(alarm, memory, measure(0s, "2", 5), begin), Taken::full);
  EXPECT_EQ(take(alarm, memory, measure(0s, "1", 6), begin + 10min), Taken::late);
  EXPECT_EQ(take(alarm, memory, measure(10min, "1", 7), begin + 9min), Taken::taken);
}

/// Everything kept, everything counted anew.
std::vector<Judged> by_hand(const Alarm& alarm, const std::vector<Measure>& all, Time now) {
  std::vector<Judged> found;
  std::set<std::string> keys;
  for (const Measure& one : all) keys.insert(one.key);
  const std::int64_t slide = alarm.slide.count();
  Time end{Duration((begin.time_since_epoch().count() - alarm.lateness.count()) / slide * slide)};
  for (end += alarm.slide; end + alarm.lateness <= now; end += alarm.slide) {
    for (const std::string& key : keys) {
      std::set<Id> ids;
      std::vector<Decimal> values;
      for (const Measure& one : all) {
        const bool is_in = one.key == key && one.at >= end - alarm.length && one.at < end;
        if (is_in && ids.insert(one.id).second) values.push_back(one.value);
      }
      if (values.empty()) continue;
      Decimal sum;
      for (const Decimal& value : values) sum = sum + value;
      const Decimal most = *std::max_element(values.begin(), values.end());
      const Decimal shown = alarm.statistic == Statistic::sum ? sum : most;
      const bool fires = shown >= *alarm.at_least;
      found.push_back({key, end, fires ? State::firing : State::ok, shown.text()});
    }
  }
  return found;
}

class AnyOrder : public testing::TestWithParam<int> {};

TEST_P(AnyOrder, NumberAndBatchingOfTheSameMeasuresIsTheSameAndAsByHand) {
  std::mt19937 chance(static_cast<unsigned>(GetParam()));
  const auto below = [&](int most) { return static_cast<int>(chance() % unsigned(most)); };
  Alarm alarm = alarm_of(below(2) == 0 ? Statistic::sum : Statistic::max, 60s,
                         below(2) == 0 ? Duration{60s} : Duration{20s});
  alarm.lateness = 10min;  // All of it comes in time, whatever its order.
  std::vector<Measure> all;
  for (int at = 0; at < 60; ++at) {
    const std::string value =
        std::to_string(below(2'000) - 1'000) + "." + std::to_string(below(999));
    const char* key = below(3) == 0 ? "us" : "eu";
    all.push_back(measure(1s * below(480), value, static_cast<std::uint64_t>(at), key));
  }
  const Time now = begin + 470s;
  Memory plain;
  for (const Measure& one : all) ASSERT_EQ(take(alarm, plain, one, now), Taken::taken);
  std::vector<Measure> shuffled = all;
  shuffled.insert(shuffled.end(), all.begin(), all.begin() + 30);
  std::shuffle(shuffled.begin(), shuffled.end(), chance);
  Memory other;
  for (const Measure& one : shuffled) {
    const Taken taken = take(alarm, other, one, now);
    EXPECT_TRUE(taken == Taken::taken || taken == Taken::repeated);
    if (below(10) == 0) (void)judge(alarm, other, now);
  }
  (void)judge(alarm, plain, now);
  (void)judge(alarm, other, now);
  EXPECT_TRUE(plain == other);
  const std::vector<Verdict> verdicts = judge(alarm, plain, begin + 20min);
  EXPECT_TRUE(verdicts == judge(alarm, other, begin + 20min));
  EXPECT_EQ(judged(verdicts), by_hand(alarm, all, begin + 20min));
  EXPECT_TRUE(plain == other);
}

INSTANTIATE_TEST_SUITE_P(Windows, AnyOrder, testing::Range(1, 101));

}  // namespace
}  // namespace settle::windows
