#include "reconcilers/explain/explain.h"
#include "records.h"

namespace settle {
namespace {

GroupSpec spec() {
  GroupSpec out;
  out.id = {"web-frontend"};
  out.zone = helsinki();
  out.limits = {20, 80};
  TargetPolicy target;
  target.target = Decimal(55);
  target.metric.stale_after = std::chrono::hours{1};
  Steadiness tolerant;
  tolerant.out.tolerance = tolerant.in.tolerance = {Decimal(10), true};
  out.policies = {{"keep-cpu-at-55", target, tolerant}};
  return out;
}

GroupState state(Capacity desired) {
  GroupState out;
  out.desired = desired;
  return out;
}

GroupState state_that_reads(Capacity desired, const char* cpu, Time when) {
  GroupState out = state(desired);
  const Reading reading{ReadingKind::value, decimal(cpu)};
  out.memory.samples = {{{when, "prometheus", "1"}, {"keep-cpu-at-55", reading, {}}}};
  return out;
}

/// A calm Saturday: nobody wants to shrink, and the freeze would not let it.
DecisionRecord weekend() {
  DecisionRecord record = monday_morning();
  record.desired_from = 27;
  record.desired_to = 27;
  record.limits = {20, 80};
  record.tally = {};
  record.tally.ready = 27;
  record.steps.clear();
  record.withheld.clear();
  Voice cpu = cpu_voice();
  cpu.input = Reading{ReadingKind::value, decimal("51.8")};
  cpu.verdict = Verdict::stays;
  cpu.proposes.reset();
  cpu.reason = Reason::within_tolerance;
  cpu.facts = {{"max", decimal("60.5")},
               {"min", decimal("49.5")},
               {"target", Decimal(55)},
               {"tolerance", std::string("10%")}};
  record.voices = {cpu};
  WithheldStep frozen;
  frozen.op = StepOp::terminate;
  frozen.instance = {"i-7f31"};
  frozen.guard = "freeze/weekend-calm";
  frozen.reason = Reason::frozen;
  frozen.until = at(5, 0);
  record.withheld.push_back(frozen);
  return record;
}

TEST(WhyNot, NamesWhatKeepsAGroupFromShrinkingAndUntilWhen) {
  const Time now = at(5, 0) - std::chrono::hours{61};
  EXPECT_EQ("\n" + why_not(spec(), state_that_reads(27, "51.8", now), weekend(), "in", now),
            R"(
Not shrinking (27 running, 27 desired):
  WithinTolerance  policy/keep-cpu-at-55  51.8 is within 10% of 55 (49.5–60.5)
  Frozen           freeze/weekend-calm    freeze/weekend-calm blocks it         until Mon 23 Nov 07:00 EET, 2d 13h left
Earliest: Mon 23 Nov 07:00 EET, at most 10% per 10m, if policy/keep-cpu-at-55 reads below 49.5 (now 51.8).
If every signal stays as it is: it will not shrink.
)");
}

TEST(WhyNot, DoesNotPromiseGrowthForTheEndOfAWaitBeforeShrinking) {
  const Time now = at(5, 0);
  DecisionRecord last = weekend();
  last.withheld.clear();
  Voice& cpu = last.voices.front();
  cpu.verdict = Verdict::proposes;
  cpu.proposes = 27;
  cpu.reason = Reason::settling;
  cpu.facts = {{"from", std::int64_t{25}}, {"to", std::int64_t{27}}, {"until", at(5, 10)}};
  const GroupState reads = state_that_reads(27, "51.8", now);
  const std::string in = why_not(spec(), reads, last, "in", now);
  EXPECT_NE(in.find("Earliest: Mon 23 Nov 07:10 EET"), std::string::npos) << in;
  const std::string out = why_not(spec(), reads, last, "out", now);
  EXPECT_NE(
      out.find("Earliest: the next round, at most 100% per 1m, if policy/keep-cpu-at-55 reads "
               "above 60.5 (now 51.8).\n"),
      std::string::npos)
      << out;
}

TEST(WhyNot, NamesTheOperatorFirst) {
  GroupState held = state(27);
  held.memory.pause = Remembered<PauseOrder>{{at(4, 0), "cli", "1"}, {true, "anna", "maintenance"}};
  const std::string text = why_not(spec(), held, weekend(), "out", at(5, 0));
  EXPECT_NE(text.find("Not growing (27 running, 27 desired):\n"
                      "  Paused           operator/anna          paused at Mon 23 Nov 06:00 EET: "
                      "maintenance\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("Earliest: the next round, at most 100% per 1m, if "
                      "policy/keep-cpu-at-55 asks for more, and somebody resumes it.\n"),
            std::string::npos)
      << text;
}

TEST(WhyNot, LeavesOutAHoldThatHasEnded) {
  GroupState held = state(27);
  held.memory.hold =
      Remembered<HoldOrder>{{at(3, 0), "cli", "1"}, {27, at(4, 0), false, "anna", ""}};
  EXPECT_NE(why_not(spec(), held, weekend(), "in", at(3, 30)).find("Overridden"),
            std::string::npos);
  EXPECT_EQ(why_not(spec(), held, weekend(), "in", at(4, 0)).find("Overridden"), std::string::npos);
}

TEST(WhyNot, NamesTheLimitThatANumberBreaks) {
  const std::string above = why_not(spec(), state(27), weekend(), "90", at(5, 0));
  EXPECT_NE(above.find("Not at 90"), std::string::npos) << above;
  EXPECT_NE(above.find("AtMaximum"), std::string::npos) << above;
  const std::string below = why_not(spec(), state(27), weekend(), "5", at(5, 0));
  EXPECT_NE(below.find("AtMinimum"), std::string::npos) << below;
  EXPECT_NE(below.find("policy/keep-cpu-at-55 asks for 5"), std::string::npos) << below;
}

TEST(WhyNot, SaysSoWhereItIsThereAlready) {
  EXPECT_EQ(why_not(spec(), state(27), weekend(), "27", at(5, 0)),
            "It is at 27: 27 desired, 27 running.\n");
}

TEST(WhyNot, RefusesWhatIsNoDirection) {
  for (const char* toward : {"", "up", "-3", "3x", "99999999999"}) {
    const std::string text = why_not(spec(), state(27), weekend(), toward, at(5, 0));
    EXPECT_NE(text.find("is no direction"), std::string::npos) << toward << ": " << text;
  }
}

TEST(WhyNot, AdmitsThatDesiredIsNotKnown) {
  EXPECT_EQ(why_not(spec(), GroupState{}, DecisionRecord{}, "in", at(5, 0)),
            "Desired is not known yet: the cloud has not been looked at.\n");
}

}  // namespace
}  // namespace settle
