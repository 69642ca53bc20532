#include "reconcilers/explain/explain.h"
#include "records.h"

namespace settle {
namespace {

TEST(Headline, NamesTheChangeAndItsCause) {
  EXPECT_EQ(headline(monday_morning()),
            "Desired 20 → 27: policy/keep-cpu-at-55 saw 72.4 against a target of 55.");
}

TEST(Headline, SaysWhatCutAProposalShort) {
  DecisionRecord record = monday_morning();
  record.desired_to = 25;
  record.rungs.push_back({Rung::steadiness,
                          27,
                          25,
                          Reason::step_limited,
                          {{"limit", std::string("25%")}, {"per", Duration{60'000}}}});
  EXPECT_EQ(headline(record),
            "Desired 20 → 25: policy/keep-cpu-at-55 saw 72.4 against a target of 55; "
            "25 instead of 27: at most 25% per 1m.");
}

TEST(Headline, SaysThatAnOperatorDecided) {
  DecisionRecord record = monday_morning();
  record.desired_to = 40;
  record.rungs.push_back({Rung::limits,
                          27,
                          40,
                          Reason::overridden,
                          {{"number", std::int64_t{40}},
                           {"owner", std::string("anna")},
                           {"reason", std::string("launch day")}}});
  EXPECT_EQ(headline(record), "Desired 20 → 40: anna holds it at 40: launch day.");
}

TEST(Headline, SaysWhatMovesWhereDesiredDoesNot) {
  DecisionRecord record = monday_morning();
  record.desired_from = 27;
  EXPECT_EQ(headline(record), "Desired stays 27; launches 7: 27 desired, 20 ready.");
  record.steps.clear();
  EXPECT_EQ(headline(record),
            "Desired stays 27; withholds terminate i-7f31: waits until its replacement serves.");
}

TEST(Headline, AdmitsThatDesiredIsNotKnown) {
  DecisionRecord record;
  EXPECT_EQ(headline(record), "Desired is not known yet: the cloud has not been looked at.");
  record.rungs.push_back({Rung::combine, 0, 0, Reason::observation_pending, {}});
  EXPECT_EQ(headline(record),
            "Desired is not known yet: nothing can be wanted before a first look at the cloud.");
}

TEST(Page, ShowsTheLadderRungByRung) {
  EXPECT_EQ("\n" + page(monday_morning(), "d-7f3a9c21", helsinki()), R"(
d-7f3a9c21  web-frontend  Mon 23 Nov 2026 09:14:30 EET  partition 17  epoch 9  revision r42
Desired 20 → 27: policy/keep-cpu-at-55 saw 72.4 against a target of 55.

1 Voices      ● keep-cpu-at-55   27   72.4 ÷ 55 × 20, rounded up               sample 11s old
              ○ drain-the-queue  24   6120 is at least 5000: add 4             sample 11s old
              – latency-page          no matching alert
              ○ office-hours     ≥20  at least 20, until Mon 23 Nov 20:00 EET
2 Combine     the largest wins: 27  ✓
3 Steadiness  nothing holds it back  ✓
4 Limits      20 ≤ 27 ≤ 80  ✓
5 Guards      ✗ terminate i-7f31  ReplacementPending  waits until its replacement serves
6 Actions     ● launch 7  27 desired, 20 ready
              19 ready, 1 condemned
Looks again   Mon 23 Nov 09:15 EET, in 30s
Try           settlectl replay d-7f3a9c21   ·   settlectl why-not web-frontend in
)");
}

TEST(Page, CountsWhatItDoesNotName) {
  DecisionRecord record = monday_morning();
  for (int i = 0; i < 30; ++i) {
    WithheldStep step = record.withheld.front();
    step.instance = {"i-" + std::to_string(i)};
    record.withheld.push_back(step);
  }
  record.refusal_repeats = 12;
  const std::string text = page(record, "d-1", Zone());
  EXPECT_NE(text.find("and 23 more\n"), std::string::npos) << text;
  EXPECT_NE(text.find("the same in 12 rounds before\n"), std::string::npos) << text;
}

TEST(Page, OfAnEmptyRecordIsStillAPage) {
  const std::string text = page(DecisionRecord{}, "d-0", Zone());
  EXPECT_NE(text.find("6 Actions"), std::string::npos);
  EXPECT_EQ(text.find("  \n"), std::string::npos) << text;
}

TEST(Page, OfADecisionThatNoJournalHoldsNamesNoneToReplay) {
  const std::string text = page(monday_morning(), {}, helsinki());
  EXPECT_EQ(text.find("settlectl replay"), std::string::npos);
  EXPECT_EQ(text.find("web"), 0U) << text;
}

}  // namespace
}  // namespace settle
