#include "reconcilers/timetable.h"

#include <set>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "reconcilers/limits.h"
#include "tests/laws.h"
#include "tests/reconcilers/group_world.h"

namespace settle {
namespace {

Cron cron(const char* text) {
  std::string error;
  return Cron::parse(text, error).value();
}

GroupSpec of(std::string id) {
  GroupSpec spec;
  spec.id = {std::move(id)};
  return spec;
}

TEST(Timetable, WithoutJitterIsTheCalendar) {
  const GroupSpec spec = of("web");
  const Schedule hourly{"hourly", ScheduledAdjustment{cron("0 * * * *"), add(2)}};
  const Timetable times(spec, hourly);
  EXPECT_EQ(times.delay(), Duration::zero());
  EXPECT_EQ(times.next_firing(epoch), cron("0 * * * *").next(spec.zone, epoch));
  EXPECT_FALSE(times.active(epoch)) << "it has no window";
  EXPECT_FALSE(times.next(epoch));
}

TEST(Timetable, OfAWindowNeverFires) {
  const GroupSpec spec = of("web");
  const Schedule always{"always", ScheduledLimits{WeeklyWindow{}, 3, {}}};
  EXPECT_FALSE(Timetable(spec, always).next_firing(epoch));
}

TEST(Timetable, IsLaterByTheSamePartEveryTime) {
  const GroupSpec spec = of("web");
  const Schedule hourly{"hourly", ScheduledAdjustment{cron("0 * * * *"), add(2)}, 30 * minute};
  const Timetable times(spec, hourly);
  const Time hour = *cron("0 * * * *").next(spec.zone, epoch);
  const Time first = *times.next_firing(hour - Duration{1});
  EXPECT_EQ(first, hour + times.delay());
  EXPECT_EQ(times.next_firing(first - Duration{1}), first);
  EXPECT_EQ(times.next_firing(first), first + 60 * minute) << "strictly after";
  EXPECT_EQ(times.delay(), delay_of({"web"}, 30 * minute));
}

TEST(Timetable, DelaysWhatIsOnceAndWhatNeverComes) {
  const GroupSpec spec = of("web");
  const Time at = std::chrono::ceil<std::chrono::seconds>(epoch + minute);
  const Schedule once{"once", ScheduledAdjustment{spec.zone.local(at), add(2)}, 30 * minute};
  const Timetable times(spec, once);
  ASSERT_GT(times.delay(), Duration::zero());
  EXPECT_EQ(times.next_firing(at), at + times.delay());
  EXPECT_FALSE(times.next_firing(at + times.delay()));
  const Schedule never{"never", ScheduledAdjustment{cron("0 8 30 2 *"), add(2)}, 30 * minute};
  EXPECT_FALSE(Timetable(spec, never).next_firing(epoch));
}

TEST(Timetable, MovesAWindowAsAWhole) {
  const GroupSpec spec = of("web");
  const LocalTime from = spec.zone.local(epoch + 10 * minute);
  const LocalTime until = spec.zone.local(epoch + 20 * minute);
  const Schedule dated{"it", ScheduledLimits{DatedWindow{from, until}, 3, {}}, 30 * minute};
  const Timetable times(spec, dated);
  const Span span{spec.zone.instant(from) + times.delay(),
                  spec.zone.instant(until) + times.delay()};
  EXPECT_EQ(times.next(epoch), span);
  EXPECT_FALSE(times.active(span.from - Duration{1}));
  EXPECT_EQ(times.active(span.from), span);
  EXPECT_FALSE(times.active(span.until));
  EXPECT_FALSE(times.next(span.from));
}

TEST(Timetable, OfManyGroupsFillsTheWholeOfTheJitter) {
  std::set<std::int64_t> parts;
  for (int i = 0; i < 1'000; ++i) {
    const Duration delay = delay_of({"web-" + std::to_string(i)}, 10 * minute);
    EXPECT_GE(delay, Duration::zero());
    EXPECT_LE(delay, 10 * minute);
    EXPECT_EQ(delay % second, Duration::zero());
    parts.insert(delay / minute);
  }
  EXPECT_GE(parts.size(), 10U);
}

TEST(Timetable, OfLessThanASecondIsNone) {
  EXPECT_EQ(delay_of({"web"}, Duration{999}), Duration::zero());
  EXPECT_EQ(delay_of({"web"}, -minute), Duration::zero());
}

RC_GTEST_PROP(TimetableLaws, EqualJitterKeepsTheDistanceOfTwoSchedules, ()) {
  const auto jitter = Duration{evenly<std::int64_t>(0, 90'000'000)};
  const auto name = *rc::gen::arbitrary<std::string>();
  const GroupSpec spec = of(name);
  const Schedule first{"a", ScheduledLimits{WeeklyWindow{0x7f, 480, 720, 0}, 20, {}}, jitter};
  const Schedule second_one{"b", ScheduledLimits{WeeklyWindow{0x7f, 720, 960, 0}, 10, {}}, jitter};
  const auto morning = Timetable(spec, first).next(epoch);
  RC_ASSERT(morning.has_value());
  const auto afternoon = Timetable(spec, second_one).active(morning->until);
  RC_ASSERT(afternoon.has_value());
  RC_ASSERT(afternoon->from == morning->until);
}

TEST(OneShot, FiresLaterByJitterAndSaysByHowMuch) {
  GroupWorld world(10);
  world.spec.schedules = {{"hourly", ScheduledAdjustment{cron("0 * * * *"), add(2)}, 30 * minute}};
  const Duration delay = delay_of(world.spec.id, 30 * minute);
  const Time hour = *cron("0 * * * *").next(world.spec.zone, epoch);
  world.now = hour - minute;
  world.state.memory.scheduled_to = world.now;
  EXPECT_EQ(world.round(), 10);
  EXPECT_EQ(world.revisit, hour + delay);
  const Facts idle{{"at", hour + delay}, {"delay", delay}};
  EXPECT_EQ(world.voice("hourly").facts, idle);
  world.now = hour + delay - Duration{1};
  EXPECT_EQ(world.round(), 10);
  EXPECT_EQ(world.after(Duration{1}), 12);
  EXPECT_EQ(world.after(15 * minute), 12) << "once";
}

TEST(Limits, OfAWindowWithJitterHoldLaterAlsoForWhatIsFolded) {
  GroupWorld world(10, {2, 50});
  const LocalTime from = world.spec.zone.local(epoch + 10 * minute);
  const LocalTime until = world.spec.zone.local(epoch + 20 * minute);
  world.spec.schedules = {{"it", ScheduledLimits{DatedWindow{from, until}, 20, {}}, 30 * minute}};
  const Duration delay = delay_of(world.spec.id, 30 * minute);
  const Time begins = world.spec.zone.instant(from) + delay;
  EXPECT_EQ(world.round(), 10);
  EXPECT_EQ(world.revisit, begins);
  EXPECT_EQ(limits_at(world.spec, begins - Duration{1}), (Range{2, 50}));
  EXPECT_EQ(limits_at(world.spec, begins), (Range{20, 50}));
  world.now = begins;
  EXPECT_EQ(world.round(), 20);
  EXPECT_EQ(world.voice("it").reason, Reason::schedule_active);
}

TEST(OneShot, WithoutJitterSaysNothingOfADelay) {
  GroupWorld world(10);
  world.spec.schedules = {{"hourly", ScheduledAdjustment{cron("0 * * * *"), add(2)}}};
  const Time hour = *cron("0 * * * *").next(world.spec.zone, epoch);
  world.now = hour - minute;
  world.state.memory.scheduled_to = world.now;
  world.round();
  EXPECT_EQ(world.voice("hourly").facts, (Facts{{"at", hour}}));
}

TEST(Limits, OfAWindowSayWhatTheyAreOfAndEndWithIt) {
  const GroupSpec plain = of("web");
  GroupSpec spec = plain;
  const LocalTime from = spec.zone.local(epoch);
  const LocalTime until = spec.zone.local(epoch + 20 * minute);
  spec.schedules = {{"it", ScheduledLimits{DatedWindow{from, until}, 20, {}}}};
  const Time end = spec.zone.instant(until);
  std::vector<Voice> voices;
  const LimitsNow found = read_windows(spec, end - minute, {}, voices);
  EXPECT_EQ(found.changes_at, end);
  ASSERT_EQ(voices.size(), 1U);
  EXPECT_EQ(voices.front().kind, VoiceKind::schedule);
  EXPECT_EQ(voices.front().facts, (Facts{{"min", std::int64_t{20}}, {"until", end}}));
}

}  // namespace
}  // namespace settle
