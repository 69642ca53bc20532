#include "daemon/admin/render.h"

#include <gmock/gmock.h>

#include "daemon/admin/upcoming.h"
#include "daemon/codec/json.h"

namespace settle {
namespace {

using testing::HasSubstr;
using testing::Not;

const Time now = parse_time("2026-11-23T12:00:00Z").value_or(Time{});  // A Monday.

GroupView view(Capacity desired, Tally tally) {
  auto spec = std::make_shared<GroupSpec>();
  spec->id = GroupId{"web"};
  spec->about = "The \"web\" tier";
  spec->limits = {2, 20};
  GroupView shown;
  shown.spec = spec;
  shown.state.desired = desired;
  DecisionRecord last;
  last.group = spec->id;
  last.at = now;
  last.limits = spec->limits;
  last.tally = tally;
  shown.last = last;
  return shown;
}

WithheldStep withheld(Reason reason) {
  WithheldStep step;
  step.guard = "a guard";
  step.reason = reason;
  return step;
}

void check_state(GroupView shown, const std::string& word) {
  EXPECT_EQ(state_word(shown, now), word);
  EXPECT_THAT(groups_json({shown}, now), HasSubstr("\"state\":\"" + word + "\""));
}

Tally ready(Capacity count) {
  Tally tally;
  tally.ready = count;
  return tally;
}

TEST(StateWord, SaysHowAGroupIs) {
  check_state(view(5, ready(5)), "steady");
  check_state(view(5, ready(3)), "growing");
  check_state(view(5, ready(7)), "shrinking");
  check_state(view(20, ready(20)), "at-maximum");
  Tally building = ready(3);
  building.building = 2;
  check_state(view(5, building), "growing");
  Tally condemned = ready(5);
  condemned.condemned = 1;
  check_state(view(5, condemned), "replacing");
}

TEST(StateWord, IsStartingBeforeTheFirstRound) {
  GroupView shown = view(5, ready(5));
  shown.last.reset();
  check_state(shown, "starting");
}

TEST(StateWord, IsBlindWithoutATrustworthyLook) {
  GroupView shown = view(5, ready(3));
  shown.last->withheld.push_back(withheld(Reason::observation_incomplete));
  check_state(shown, "blind");
}

TEST(StateWord, WaitsWhereAGuardWithholdsWhatIsWanted) {
  GroupView shown = view(3, ready(5));
  shown.last->withheld.push_back(withheld(Reason::frozen));
  check_state(shown, "waiting");
}

TEST(StateWord, PutsAnOperatorFirst) {
  GroupView shown = view(5, ready(5));
  shown.state.memory.hold = {{now, "operator/ada", "1"},
                             {5, now + Duration(1'000), false, "ada", "a sale"}};
  check_state(shown, "held");
  shown.state.memory.hold->order.until = now;
  check_state(shown, "steady");
  shown.state.memory.pause = {{now, "operator/ada", "2"}, {true, "ada", "a release"}};
  check_state(shown, "paused");
  EXPECT_THAT(describe_json(shown, now), HasSubstr(R"("reason":"a release")"));
}

TEST(Describe, EscapesWhatPeopleWrote) {
  EXPECT_THAT(describe_json(view(5, ready(5)), now), HasSubstr(R"("about":"The \"web\" tier")"));
}

TEST(Groups, ShowTheSignalThatIsMissingBeforeOneThatIsThere) {
  GroupView shown = view(5, ready(5));
  Voice there;
  there.name = "requests";
  there.verdict = Verdict::proposes;
  there.input = Reading{ReadingKind::value, Decimal(70)};
  there.won = true;
  shown.last->voices = {there};
  EXPECT_THAT(groups_json({shown}, now), HasSubstr(R"("signal":"requests 70")"));
  Voice lost;
  lost.name = "cpu";
  lost.verdict = Verdict::missing;
  shown.last->voices = {there, lost};
  EXPECT_THAT(groups_json({shown}, now), HasSubstr(R"("signal":"cpu missing")"));
}

TEST(Groups, AreInOrderOfName) {
  GroupView first = view(5, ready(5));
  auto other = std::make_shared<GroupSpec>(*first.spec);
  other->id = GroupId{"api"};
  GroupView second = first;
  second.spec = other;
  const std::string text = groups_json({first, second}, now);
  EXPECT_LT(text.find("\"api\""), text.find("\"web\""));
  EXPECT_EQ(groups_json({}, now), R"({"groups":[]})");
}

TEST(Upcoming, ListsEdgesInOrderOfTime) {
  GroupSpec spec;
  WeeklyWindow office;
  office.from_minute = 8 * 60;
  office.until_minute = 18 * 60;
  spec.schedules.push_back({"office", ScheduledLimits{office, 5, std::nullopt}});
  GroupState state;
  state.memory.hold = {{now, "operator/ada", "1"},
                       {7, now + Duration(3'600'000), false, "ada", "a sale"}};
  const std::vector<Upcoming> found = list_upcoming(spec, state, 3, now);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].at, now + Duration(3'600'000));
  EXPECT_EQ(found[0].name, "hold");
  EXPECT_EQ(found[1].what, "office ends");
  EXPECT_EQ(time_text(found[1].at), "2026-11-23T18:00:00.000Z");
  EXPECT_EQ(found[2].what, "office begins: min 5");
}

TEST(AnswerEvents, TellsASenderWhatToDoNext) {
  const auto status_of = [](std::vector<std::string_view> outcomes) {
    std::vector<Signal> signals(outcomes.size());
    return answer_events(signals, outcomes).status;
  };
  EXPECT_EQ(status_of({"merged", "repeated", "LateOrRepeated"}), 200);
  EXPECT_EQ(status_of({"merged", "UnknownGroup"}), 422);
  EXPECT_EQ(status_of({"UnknownGroup", "full"}), 503);
  EXPECT_EQ(status_of({}), 200);
  const HttpResponse full = answer_events(std::vector<Signal>(1), {"full"});
  ASSERT_EQ(full.headers.size(), 1U);
  EXPECT_EQ(full.headers[0].first, "Retry-After");
}

TEST(Decisions, KeepTheRecordAsItIs) {
  DecisionRecord record;
  record.group = GroupId{"web"};
  const std::string text = decision_json({7, "d-1", record});
  EXPECT_TRUE(text.starts_with(R"({"sequence":7,)"));
  EXPECT_TRUE(text.ends_with(record_json(record).substr(1)));
  EXPECT_EQ(decisions_json({}), R"({"decisions":[]})");
}

}  // namespace
}  // namespace settle
