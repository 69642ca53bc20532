// Real rounds, explained: the engine's own records, not ones written by hand.
#include <vector>

#include "reconcilers/converge.h"
#include "reconcilers/memory.h"
#include "records.h"

namespace settle {
namespace {

/// One group whose clock is turned by hand.
class Story {
 public:
  explicit Story(Capacity running) {
    spec_.id = {"web"};
    spec_.limits = {2, 40};
    spec_.zone = helsinki();
    spec_.launch_hash = "v1";
    seen_.is_complete = true;
    for (int i = 10; i < 10 + running; ++i) {
      seen_.instances.push_back(instance("i-" + std::to_string(i)));
    }
  }

  static Instance instance(const std::string& id) {
    Instance out;
    out.id = {id};
    out.state = "ACTIVE";
    out.created = at(0, 0);
    out.launch_hash = "v1";
    return out;
  }

  GroupSpec& spec() { return spec_; }
  GroupState& state() { return state_; }
  Observation& seen() { return seen_; }
  [[nodiscard]] Time now() const { return now_; }

  void say(Claim claim) {
    const std::string id = std::to_string(++said_);
    EXPECT_EQ(merge(spec_, state_, {spec_.id, {now_, "test", id}, std::move(claim)}, now_),
              Merge::merged);
  }
  void sample(const std::string& signal, const char* value) {
    say(SampleClaim{signal, {ReadingKind::value, decimal(value)}, {}});
  }

  const DecisionRecord& round(Duration later = Duration{15'000}) {
    now_ += later;
    seen_.at = now_;
    RoundContext context;
    context.cluster = "test";
    record_ = converge(spec_, state_, seen_, now_, context).record;
    return record_;
  }
  /// Rounds until the owner has looked often enough to act.
  void warm() {
    for (int i = 0; i < 4; ++i) {
      round(Duration{60'000});
    }
  }
  [[nodiscard]] const DecisionRecord& record() const { return record_; }
  [[nodiscard]] std::string page() const { return settle::page(record_, "d-1", spec_.zone); }

 private:
  GroupSpec spec_;
  GroupState state_;
  Observation seen_;
  Time now_ = at(7, 0);
  DecisionRecord record_;
  int said_ = 0;
};

Policy cpu_target() {
  Policy policy;
  policy.name = "cpu";
  policy.kind = TargetPolicy{{}, Decimal(55)};
  return policy;
}

void expect_line(const std::string& text, const std::string& line) {
  EXPECT_NE(("\n" + text).find("\n" + line + "\n"), std::string::npos) << line << "\n\n" << text;
}

TEST(Story, BeginsWithWhatRuns) {
  Story story(4);
  story.spec().policies = {cpu_target()};
  story.round();
  expect_line(story.page(), "Desired begins at 4: a new group begins at 4.");
  expect_line(story.page(),
              "1 Voices      ✗ cpu  no sample: it asks for nothing, and nothing shrinks");
  expect_line(story.page(), "5 Guards      nothing withheld  ✓");
}

TEST(Story, GrowsAndSaysByWhatArithmetic) {
  Story story(4);
  story.spec().policies = {cpu_target()};
  story.warm();
  story.sample("cpu", "80");
  story.round();
  expect_line(story.page(), "Desired 4 → 6: policy/cpu saw 80 against a target of 55.");
  expect_line(story.page(),
              "1 Voices      ● cpu  6  80 ÷ 55 × 4 = 5.81, rounded up  sample 15s old");
  expect_line(story.page(), "2 Combine     cpu has the largest number: 6  4 → 6");
  expect_line(story.page(), "6 Actions     ● launch 2  6 desired, 4 ready, 0 building");
  story.round(std::chrono::minutes{5});
  expect_line(story.page(), "Desired stays 6: cpu is missing its signal: no shrinking below 6.");
  expect_line(why_not(story.spec(), story.state(), story.record(), "in", story.now()),
              "Earliest: the next round, at most 10% per 10m, if policy/cpu has its signal and "
              "reads at most 68.75.");
}

TEST(Story, ShrinksAtThePaceOfItsBudgetsAndNoLowerThanItsMinimum) {
  Story story(8);
  story.spec().policies = {cpu_target()};
  story.warm();
  story.sample("cpu", "5");
  story.round();
  expect_line(story.page(),
              "Desired 8 → 2: policy/cpu saw 5 against a target of 55; 2 instead of 1: the "
              "minimum is 2.");
  const std::string text = why_not(story.spec(), story.state(), story.record(), "1", story.now());
  EXPECT_NE(text.find("AtMinimum"), std::string::npos) << text;
  EXPECT_NE(text.find("BudgetSpent"), std::string::npos) << text;
}

TEST(Story, SaysHowLongItStillHasToSettle) {
  Story story(8);
  story.spec().policies = {cpu_target()};
  story.spec().steadiness.in.settle = std::chrono::minutes{10};
  story.warm();
  story.sample("cpu", "55");
  story.round();
  story.sample("cpu", "20");
  story.round();
  expect_line(story.page(),
              "3 Steadiness  8 instead of 3 until Mon 23 Nov 09:14:30 EET: has to be wanted for "
              "10m  3 → 8");
  const std::string text = why_not(story.spec(), story.state(), story.record(), "in", story.now());
  expect_line(
      text,
      "  Settling  group  8 instead of 3 until Mon 23 Nov 09:14:30 EET: has to be wanted for 10m  "
      "10m left");
  expect_line(text, "Earliest: Mon 23 Nov 09:14:30 EET, at most 10% per 10m.");
}

TEST(Story, WaitsForAPolicyThatSettlesByItself) {
  Story story(8);
  Policy policy = cpu_target();
  policy.steadiness.in.settle = std::chrono::minutes{10};
  story.spec().policies = {policy};
  story.warm();
  story.sample("cpu", "55");
  story.round();
  story.sample("cpu", "20");
  story.round();
  expect_line(why_not(story.spec(), story.state(), story.record(), "in", story.now()),
              "Earliest: Mon 23 Nov 09:14:30 EET, at most 10% per 10m.");
}

TEST(Story, ReplacesWhatTheCloudCallsDead) {
  Story story(4);
  story.spec().policies = {cpu_target()};
  story.warm();
  story.sample("cpu", "54");
  story.round();
  story.seen().instances[1].state = "ERROR";
  story.round();
  EXPECT_NE(story.page().find("the cloud says ERROR"), std::string::npos) << story.page();
}

TEST(Story, StopsForAnOperatorAndNamesHer) {
  Story story(4);
  story.spec().policies = {cpu_target()};
  story.warm();
  story.sample("cpu", "80");
  story.say(PauseOrder{true, "anna", "maintenance"});
  story.round();
  expect_line(story.page(), "5 Guards      ✗ launch 2  Paused  anna paused it");
  const std::string text = why_not(story.spec(), story.state(), story.record(), "out", story.now());
  expect_line(text, "  Paused  operator/anna  paused at Mon 23 Nov 09:04 EET: maintenance");
  expect_line(text, "Earliest: the next round, at most 100% per 1m, if somebody resumes it.");
}

TEST(Story, HoldsWhatAnOperatorAskedFor) {
  Story story(4);
  story.spec().policies = {cpu_target()};
  story.warm();
  story.sample("cpu", "54");
  story.say(HoldOrder{9, story.now() + std::chrono::hours{1}, false, "anna", "launch day"});
  story.round();
  expect_line(story.page(),
              "Desired 4 → 9: anna holds it at 9 until Mon 23 Nov 10:04 EET: launch day.");
}

TEST(Story, NamesTheCallThatMovedAGroupAtRest) {
  Story story(4);
  Policy deploy;
  deploy.name = "deploy";
  deploy.kind = WebhookPolicy{{Adjustment::Kind::change, Decimal(3), 0}, {}};
  story.spec().policies = {deploy};
  story.warm();
  expect_line(story.page(), "1 Voices      ● rest  4  rests at 4");
  story.say(AdjustClaim{"deploy"});
  story.round();
  expect_line(story.page(),
              "Desired 4 → 7: the group rests at 7, set by policy/deploy at Mon 23 Nov 09:04 EET.");
}

TEST(Story, NamesTheWindowThatRaisesTheMinimum) {
  Story story(4);
  story.spec().schedules = {
      {"office-hours", ScheduledLimits{WeeklyWindow{0x1f, 9 * 60, 20 * 60, 0}, 10, std::nullopt}}};
  story.warm();
  EXPECT_NE(story.page().find("office-hours"), std::string::npos) << story.page();
  EXPECT_NE(story.page().find("at least 10, until Mon 23 Nov 20:00 EET"), std::string::npos)
      << story.page();
}

TEST(Story, OfEveryRoundIsWithoutLooseEnds) {
  Story story(6);
  story.spec().policies = {cpu_target()};
  story.spec().guards.freezes = {
      {"calm", WeeklyWindow{0x7f, 9 * 60 + 30, 10 * 60, 0}, {StepClass::scale_in}}};
  const std::vector<const char*> values{"80", "20", "54", "90", "1", "54", "54", "200"};
  for (int i = 0; i < 200; ++i) {
    story.sample("cpu", values[static_cast<std::size_t>(i) % values.size()]);
    story.seen().instances[static_cast<std::size_t>(i) % 6].state = i % 7 == 0 ? "ERROR" : "ACTIVE";
    story.round(Duration{47'000});
    const std::string text = story.page();
    EXPECT_EQ(text.find_first_of("{}[]|"), std::string::npos) << text;
    EXPECT_EQ(text.find(" \n"), std::string::npos) << text;
    EXPECT_EQ(headline(story.record()).back(), '.') << text;
    for (const char* toward : {"in", "out", "0", "7", "99"}) {
      EXPECT_FALSE(
          why_not(story.spec(), story.state(), story.record(), toward, story.now()).empty());
    }
  }
}

}  // namespace
}  // namespace settle
