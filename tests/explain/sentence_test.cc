// Every reason has a sentence, whatever is known.
#include "reconcilers/explain/explain.h"
#include "records.h"

namespace settle {
namespace {

using Value = decltype(Fact::second);

/// Every fact there is, of one kind.
Facts all_facts(const Value& value) {
  Facts facts;
  for (const std::string_view key : fact_names()) {
    facts.emplace_back(key, value);
  }
  return facts;
}

void check(const std::string& sentence, Reason reason) {
  EXPECT_FALSE(sentence.empty()) << name(reason);
  EXPECT_EQ(sentence.find_first_of("{}[]|"), std::string::npos) << name(reason) << sentence;
  EXPECT_EQ(sentence.find("  "), std::string::npos) << name(reason) << ": " << sentence;
  EXPECT_EQ(sentence.find(" ,"), std::string::npos) << name(reason) << ": " << sentence;
  EXPECT_NE(sentence.front(), ' ') << name(reason) << ": " << sentence;
  EXPECT_TRUE(std::string(" .,:;").find(sentence.back()) == std::string::npos) << sentence;
}

void check_all(const Facts& facts) {
  for (std::uint8_t code = 0; code <= static_cast<std::uint8_t>(Reason::count_); ++code) {
    const auto reason = static_cast<Reason>(code);
    Voice voice;
    voice.name = "keep-cpu-at-55";
    voice.reason = reason;
    voice.facts = facts;
    check(because(voice), reason);
    check(because(RungNote{Rung::combine, 20, 27, reason, facts}), reason);
    TakenStep taken;
    taken.reason = reason;
    taken.facts = facts;
    check(because(taken), reason);
    WithheldStep withheld;
    withheld.reason = reason;
    withheld.facts = facts;
    check(because(withheld), reason);
  }
}

TEST(Sentence, TellsWhatTheCloudSaysOfAFailure) {
  TakenStep step;
  step.reason = Reason::instance_failed;
  step.facts = {{"state", std::string("ERROR")}};
  EXPECT_EQ(because(step), "the cloud says ERROR");
  step.facts.emplace_back("error", std::string("No valid host was found"));
  EXPECT_EQ(because(step), "the cloud says ERROR: No valid host was found");
}

TEST(Sentence, ExistsForEveryReasonWithoutAnyFact) {
  check_all({});
}

TEST(Sentence, ExistsForEveryReasonWithEveryFactOfEveryKind) {
  check_all(all_facts(std::int64_t{3}));
  check_all(all_facts(Decimal(55)));
  check_all(all_facts(at(7, 0)));
  check_all(all_facts(Duration{90'000}));
  check_all(all_facts(std::string("x")));
}

TEST(Sentence, ExistsForEveryReasonWithAnySingleFact) {
  for (const std::string_view key : fact_names()) {
    check_all({{key, std::int64_t{3}}});
  }
}

TEST(Sentence, SaysHowATargetCameToItsNumber) {
  EXPECT_EQ(because(cpu_voice()), "72.4 ÷ 55 × 20, rounded up");
}

TEST(Sentence, ShortensANumberThatDoesNotEnd) {
  Voice voice = cpu_voice();
  voice.input->value = decimal("33.3333333333333333");
  voice.facts.emplace_back("ratio", decimal("12.12"));
  EXPECT_EQ(because(voice), "33.3333 ÷ 55 × 20 = 12.12, rounded up");
  voice.input->value = decimal("0.000000012");
  EXPECT_EQ(because(voice), "0.000000012 ÷ 55 × 20 = 12.12, rounded up");
}

TEST(Sentence, SaysWhatIsMissing) {
  Voice voice = cpu_voice();
  voice.reason = Reason::metric_stale;
  voice.facts = {{"age", Duration{360'000}}, {"stale_after", Duration{120'000}}};
  EXPECT_EQ(because(voice), "the last sample, 72.4, is 6m old; older than 2m counts as missing");
  voice.input.reset();
  voice.facts.clear();
  voice.input_at.reset();
  EXPECT_EQ(because(voice), "the last sample is too old");
}

std::string withheld(Reason reason, const Facts& facts, const std::string& guard = "") {
  WithheldStep step;
  step.op = StepOp::terminate;
  step.guard = guard;
  step.reason = reason;
  step.facts = facts;
  return because(step);
}

TEST(Sentence, SaysWhatAGuardCounted) {
  EXPECT_EQ(withheld(Reason::launch_budget_spent, {{"limit", std::int64_t{20}},
                                                   {"per", Duration{300'000}},
                                                   {"used", std::int64_t{20}}}),
            "20 of 20 launches in 5m are used");
  EXPECT_EQ(withheld(Reason::frozen, {{"until", at(5, 0)}}, "freeze/weekend-calm"),
            "freeze/weekend-calm blocks it");
  EXPECT_EQ(withheld(Reason::probe_suspect, {{"count", std::int64_t{9}}, {"limit", Decimal(30)}}),
            "9 reported unhealthy, more than 30%: the probe is suspect");
  EXPECT_EQ(
      withheld(Reason::mass_change,
               {{"limit", Decimal(20)}, {"lost", std::int64_t{7}}, {"percent", std::int64_t{35}}}),
      "7 lost at once, 35% of the group: nothing more is destroyed");
  EXPECT_EQ(withheld(Reason::interlock_refused, {{"reason", std::string("below-min")}}),
            "the interlock refused: below-min");
}

TEST(Sentence, LeavesOutAFactThatIsEmpty) {
  EXPECT_EQ(withheld(Reason::paused, {{"owner", std::string()}}), "an operator paused it");
  EXPECT_EQ(withheld(Reason::paused, {{"owner", std::string("anna")}}), "anna paused it");
}

TEST(Meaning, IsWholeSentencesForEveryReason) {
  for (std::uint8_t code = 0; code < static_cast<std::uint8_t>(Reason::count_); ++code) {
    const auto reason = static_cast<Reason>(code);
    const std::string text = meaning(reason);
    EXPECT_GT(text.size(), 20U) << name(reason);
    EXPECT_EQ(text.back(), '.') << name(reason);
    EXPECT_TRUE(text.front() >= 'A' && text.front() <= 'Z') << name(reason);
  }
}

TEST(ClockText, NamesTheDayAndTheZoneInForce) {
  EXPECT_EQ(clock_text(at(7, 14, 30), helsinki()), "Mon 23 Nov 2026 09:14:30 EET");
  EXPECT_EQ(clock_text(at(7, 14, 30) - std::chrono::days{30}, helsinki()),
            "Sat 24 Oct 2026 10:14:30 EEST");
  EXPECT_EQ(clock_text(Time{}, Zone()), "Thu 1 Jan 1970 00:00:00 UTC");
}

TEST(DurationText, SaysItInTwoUnits) {
  const auto text = [](std::int64_t milliseconds) { return duration_text(Duration{milliseconds}); };
  EXPECT_EQ(text(90'000), "1m 30s");
  EXPECT_EQ(text(7'200'000), "2h");
  EXPECT_EQ(text(250), "250ms");
  EXPECT_EQ(text(0), "0s");
  EXPECT_EQ(text(1'500), "1s 500ms");
  EXPECT_EQ(text(30'001), "30s");
  EXPECT_EQ(text(38'700'000), "10h 45m");
  EXPECT_EQ(text(187'261'000), "2d 4h");
  EXPECT_EQ(text(86'400'000 + 60'000), "1d");
  EXPECT_EQ(text(-90'000), "-1m 30s");
  EXPECT_FALSE(duration_text(Duration::min()).empty());
  EXPECT_FALSE(duration_text(Duration::max()).empty());
}

}  // namespace
}  // namespace settle
