// Which events are measured under which key, and who hears what of it.
#include "daemon/alarms/alarm_book.h"

#include <chrono>

#include <gmock/gmock.h>

namespace settle {
namespace {
using namespace std::chrono_literals;

const Time begin{std::chrono::hours(400'000)};

SpecPointer group_of(const std::string& id, const std::string& tenant,
                     const std::vector<std::string>& alarms) {
  GroupSpec spec;
  spec.id = {id};
  spec.tenant = tenant;
  for (const std::string& alarm : alarms) {
    AlertPolicy alert;
    alert.alarm = alarm;
    Policy policy;
    policy.name = "follows " + alarm;
    policy.kind = alert;
    spec.policies.push_back(std::move(policy));
  }
  return std::make_shared<const GroupSpec>(std::move(spec));
}

WatchPointer watch_of(const std::string& by, std::vector<std::string> alerts) {
  windows::Watch watch;
  watch.name = "errors";
  watch.signal = "errors";
  watch.by = by;
  watch.alerts = std::move(alerts);
  return std::make_shared<const windows::Watch>(std::move(watch));
}

AlarmBook book_of(const WatchPointer& watch) {
  return AlarmBook({watch}, {group_of("api", "shop", {"errors"}), group_of("db", "", {"other"}),
                             group_of("web", "shop", {"errors", "errors/acme"})});
}

Signal sample(const std::string& group, const std::string& id = "1") {
  Signal signal{
      {group}, {begin, "edge", id}, SampleClaim{"errors", {ReadingKind::value, Decimal(7)}, {}}};
  signal.attributes = {{"customer", "acme"}, {"region", "eu"}};
  return signal;
}

std::vector<std::string> places(const std::vector<Signal>& signals) {
  std::vector<std::string> found;
  for (const Signal& one : signals) found.push_back(one.group.value);
  return found;
}

TEST(AlarmBook, MeasuresUnderTheKeyThatItGoesBy) {
  using testing::ElementsAre;
  EXPECT_THAT(places(book_of(watch_of("customer", {})).measures_of(sample("web"))),
              ElementsAre("@alarm/errors/acme"));
  EXPECT_THAT(places(book_of(watch_of("group", {})).measures_of(sample("web"))),
              ElementsAre("@alarm/errors/web"));
  EXPECT_THAT(places(book_of(watch_of("tenant", {})).measures_of(sample("web"))),
              ElementsAre("@alarm/errors/shop"));
  EXPECT_THAT(places(book_of(watch_of("all", {})).measures_of(sample("web"))),
              ElementsAre("@alarm/errors/all"));
}

TEST(AlarmBook, MeasuresNothingWithoutAGroupAValueOrAKey) {
  const AlarmBook book = book_of(watch_of("customer", {}));
  EXPECT_TRUE(book.measures_of(sample("nobody")).empty());
  Signal signal = sample("web");
  signal.attributes.clear();
  EXPECT_TRUE(book.measures_of(signal).empty());
  signal = sample("web");
  std::get<SampleClaim>(signal.claim).reading = {ReadingKind::no_data, {}};
  EXPECT_TRUE(book.measures_of(signal).empty());
  signal = sample("web");
  std::get<SampleClaim>(signal.claim).signal = "cpu";
  EXPECT_TRUE(book.measures_of(signal).empty());
  signal = sample("web");
  signal.attributes[0].value = std::string(windows::key_bytes_max + 1, 'x');
  EXPECT_TRUE(book.measures_of(signal).empty());
  EXPECT_TRUE(book_of(watch_of("tenant", {})).measures_of(sample("db")).empty());
}

TEST(AlarmBook, NamesAMeasureByItsEventAndItsGroup) {
  const AlarmBook book = book_of(watch_of("customer", {}));
  const Signal first = book.measures_of(sample("web")).at(0);
  EXPECT_EQ(first.stamp, book.measures_of(sample("web")).at(0).stamp);
  EXPECT_NE(first.stamp.id, book.measures_of(sample("web", "2")).at(0).stamp.id);
  EXPECT_NE(first.stamp.id, book.measures_of(sample("api")).at(0).stamp.id);
  Signal of_instance = sample("web");
  std::get<SampleClaim>(of_instance.claim).instance = {"i-1"};
  EXPECT_NE(first.stamp.id, book.measures_of(of_instance).at(0).stamp.id);
}

TEST(AlarmBook, SoundsToThoseWhomItConcernsAndWhoFollowIt) {
  const Sounded sounded{windows::place_of("errors", "acme"),
                        {"acme", begin, windows::State::firing, Decimal(12), true},
                        begin + 1min};
  const auto tenant = book_of(watch_of("customer", {"tenant:shop", "db"})).soundings_of(sounded);
  EXPECT_THAT(places(tenant), testing::ElementsAre("api", "web", "web"));
  const auto& alarm = std::get<AlarmClaim>(tenant[1].claim);
  EXPECT_EQ(alarm.alarm, "errors");
  EXPECT_EQ(alarm.alert, "acme");
  EXPECT_EQ(alarm.state, AlarmState::firing);
  EXPECT_EQ(alarm.value, Decimal(12));
  EXPECT_EQ(std::get<AlarmClaim>(tenant[2].claim).alarm, "errors/acme");
  EXPECT_EQ(tenant[1].stamp.at, begin + 1min);
  EXPECT_TRUE(tenant == book_of(watch_of("customer", {"tenant:shop"})).soundings_of(sounded));
  EXPECT_TRUE(book_of(watch_of("customer", {"gone"})).soundings_of(sounded).empty());
}

TEST(AlarmBook, SoundsToTheGroupsThatTheKeyNamesWhereNoneIsGiven) {
  const auto heard = [](const std::string& by, const std::string& key) {
    return places(book_of(watch_of(by, {}))
                      .soundings_of({windows::place_of("errors", key),
                                     {key, begin, windows::State::ok, std::nullopt, true},
                                     begin}));
  };
  EXPECT_THAT(heard("group", "api"), testing::ElementsAre("api"));
  EXPECT_THAT(heard("tenant", "shop"), testing::ElementsAre("api", "web"));
  EXPECT_TRUE(heard("customer", "acme").empty());
}

}  // namespace
}  // namespace settle
