#include "daemon/sources/prometheus/readings.h"

#include <gtest/gtest.h>

#include "tests/sources/prometheus/groups.h"

namespace settle::prometheus {
namespace {

using namespace std::chrono_literals;

constexpr Time asked{Duration{1'795'435'200'000}};
constexpr Time theirs{Duration{1'000'000'000}};  // A Prometheus whose clock is decades behind.

Element element(std::map<std::string, std::string> labels, const char* value) {
  const auto number = Decimal::parse(value);
  const Reading reading =
      number ? Reading{ReadingKind::value, *number} : Reading{ReadingKind::invalid, {}};
  return {std::move(labels), theirs, reading, value};
}

struct Told {
  std::vector<Signal> signals;
  std::string complaint;

  [[nodiscard]] const Signal& of(const std::string& group, const std::string& instance = {}) const {
    for (const Signal& signal : signals) {
      const auto* sample = std::get_if<SampleClaim>(&signal.claim);
      const bool is_it =
          signal.group.value == group && sample != nullptr && sample->instance.value == instance;
      if (is_it) return signal;
    }
    static const Signal none;
    return none;
  }
  [[nodiscard]] Reading reading(const std::string& group, const std::string& instance = {}) const {
    const auto* sample = std::get_if<SampleClaim>(&of(group, instance).claim);
    return sample == nullptr ? Reading{ReadingKind::error, Decimal(-1)} : sample->reading;
  }
};

Told tell(const Question& question, std::vector<Element> elements, const Ages& ages = {},
          std::vector<std::string> warnings = {}) {
  const Asking asking{question, "/sources/prom", asked, 95s, false};
  Complaint complaint;
  Named named;
  Told told;
  told.signals =
      signals_of(asking, {std::move(elements), std::move(warnings)}, ages, named, complaint);
  told.complaint = complaint.first;
  return told;
}

Question one_question(const std::vector<SpecPointer>& groups, const FleetQueries& fleet = {}) {
  const std::vector<Question> questions = questions_of(groups, "prom", fleet);
  EXPECT_EQ(questions.size(), 1U);
  return questions.front();
}

TEST(PrometheusQuestions, WhatManyGroupsAskIsAskedOnce) {
  const auto questions = questions_of(
      {group_asking("a", "q"), group_asking("b", "q"), group_asking("c", "other")}, "prom", {});
  ASSERT_EQ(questions.size(), 2U);
  EXPECT_EQ(questions[0].query, "other");
  EXPECT_EQ(questions[1].query, "q");
  ASSERT_EQ(questions[1].takers.size(), 2U);
  EXPECT_EQ(questions[1].takers[1].group.value, "b");
  EXPECT_TRUE(questions_of({group_asking("a", "q")}, "another", {}).empty());
}

TEST(PrometheusQuestions, AThousandGroupsTakePartInOneQuery) {
  std::vector<SpecPointer> groups;
  for (int i = 0; i < 1'000; ++i) groups.push_back(group_asking(std::to_string(i), ""));
  const Question question = one_question(groups, {{"cpu", {"avg by (pool) (cpu)", "pool"}}});
  EXPECT_EQ(question.query, "avg by (pool) (cpu)");
  EXPECT_EQ(question.group_label, "pool");
  EXPECT_EQ(question.takers.size(), 1'000U);
  EXPECT_TRUE(questions_of(groups, "prom", {{"memory", {"m", "pool"}}}).empty());
}

TEST(PrometheusQuestions, BothPartsOfARatioAndEachOfSeveralMetricsAreAsked) {
  auto spec = group_asking("a", "used");
  metric_in(*spec).over = "requested";
  auto& target = std::get<TargetPolicy>(spec->policies.front().kind);
  const auto with_over = questions_of({spec}, "prom", {{"requested", {"asked_for", "group"}}});
  ASSERT_EQ(with_over.size(), 2U);
  EXPECT_EQ(with_over[0].query, "asked_for");
  EXPECT_EQ(with_over[0].takers[0].signal, "requested");
  Metric load;
  load.source = "prom";
  load.query = "load";
  target.metrics = {{"load", load, Decimal(4), {}}};
  const auto several = questions_of({spec}, "prom", {});
  ASSERT_EQ(several.size(), 1U);
  EXPECT_EQ(several[0].takers[0].signal, "load");
}

TEST(PrometheusReadings, OneElementIsAValueAtOurTime) {
  const Question question = one_question({group_asking("web", "q")});
  const Told told = tell(question, {element({{"az", "a"}}, "72.4")});
  ASSERT_EQ(told.signals.size(), 1U);
  EXPECT_EQ(told.reading("web"), (Reading{ReadingKind::value, Decimal::of(724, -1)}));
  EXPECT_EQ(told.signals[0].stamp.at, asked) << "whatever their clock says";
  EXPECT_EQ(told.signals[0].stamp.source, "/sources/prom");
  EXPECT_EQ(told.complaint, "");
}

TEST(PrometheusReadings, NothingIsNoDataAndNeverZero) {
  const Told told = tell(one_question({group_asking("web", "q")}), {});
  EXPECT_EQ(told.reading("web"), (Reading{ReadingKind::no_data, {}}));
  EXPECT_EQ(told.complaint, "the query gives nothing");
}

TEST(PrometheusReadings, SeveralElementsAreAnErrorThatNamesTheirLabels) {
  const Told told = tell(one_question({group_asking("web", "q")}),
                         {element({{"az", "a"}}, "1"), element({{"az", "b"}}, "2")});
  EXPECT_EQ(told.reading("web").kind, ReadingKind::error);
  EXPECT_EQ(told.complaint, "the query gives 2 series where one is wanted: aggregate over az");
}

TEST(PrometheusReadings, WhatIsNoNumberIsInvalid) {
  for (const char* none : {"NaN", "+Inf", "-Inf"}) {
    const Told told = tell(one_question({group_asking("web", "q")}), {element({}, none)});
    EXPECT_EQ(told.reading("web").kind, ReadingKind::invalid);
    EXPECT_EQ(told.complaint, std::string("the query gives ") + none);
  }
}

TEST(PrometheusReadings, AnAnswerThatMayBePartialIsAnErrorUnlessItIsAccepted) {
  const Question question = one_question({group_asking("web", "q")});
  const Told told = tell(question, {element({}, "1")}, {}, {"a store is silent"});
  EXPECT_EQ(told.reading("web").kind, ReadingKind::error);
  EXPECT_EQ(told.complaint, "the answer may be partial: a store is silent");
  Complaint complaint;
  Named named;
  const Asking lenient{question, "/sources/prom", asked, 95s, true};
  const auto signals =
      signals_of(lenient, {{element({}, "1")}, {"a store is silent"}}, {}, named, complaint);
  EXPECT_EQ(std::get<SampleClaim>(signals.at(0).claim).reading.kind, ReadingKind::value);
}

TEST(PrometheusReadings, EachInstanceHasItsOwnByItsLabel) {
  auto spec = group_asking("web", "q");
  metric_in(*spec).per_instance = "vm";
  const Told told =
      tell(one_question({spec}),
           {element({{"vm", "i-1"}}, "10"), element({{"vm", "i-2"}}, "NaN"), element({}, "3"),
            element({{"vm", "i-3"}, {"n", "1"}}, "1"), element({{"vm", "i-3"}, {"n", "2"}}, "1")});
  EXPECT_EQ(told.signals.size(), 3U);
  EXPECT_EQ(told.reading("web", "i-1"), (Reading{ReadingKind::value, Decimal(10)}));
  EXPECT_EQ(told.reading("web", "i-2").kind, ReadingKind::invalid);
  EXPECT_EQ(told.reading("web", "i-3").kind, ReadingKind::error);
  EXPECT_EQ(told.complaint, "an element without a usable label \"vm\"");
  EXPECT_EQ(tell(one_question({spec}), {}).reading("web").kind, ReadingKind::no_data);
}

TEST(PrometheusReadings, OneVectorIsDividedAmongGroups) {
  auto by_instance = group_asking("c", "");
  metric_in(*by_instance).per_instance = "vm";
  const Question question = one_question(
      {group_asking("a", ""), group_asking("b", ""), by_instance}, {{"cpu", {"q", "group"}}});
  const Told told = tell(question, {element({{"group", "a"}}, "1"), element({{"group", "z"}}, "9"),
                                    element({{"group", "c"}, {"vm", "i-1"}}, "3"),
                                    element({{"group", "c"}, {"vm", "i-2"}}, "4")});
  EXPECT_EQ(told.signals.size(), 4U);
  EXPECT_EQ(told.reading("a").value, Decimal(1));
  EXPECT_EQ(told.reading("b").kind, ReadingKind::no_data);
  EXPECT_EQ(told.reading("c", "i-2").value, Decimal(4));
  EXPECT_EQ(told.complaint, "the query gives nothing for b");
}

Answer ages_answer(std::vector<Element> elements) {
  return {std::move(elements), {}};
}

TEST(PrometheusReadings, AReadingIsAsOldAsTheSampleItWasMadeFrom) {
  const Question question = one_question({group_asking("web", "up")});
  const Freshness freshness = freshness_of("up", {});
  // 90 seconds before, by the clock of Prometheus.
  const Ages old(ages_answer({element({}, "999910")}), freshness, {});
  EXPECT_EQ(tell(question, {element({}, "1")}, old).signals.at(0).stamp.at, asked - 90s);
  const Ages ahead(ages_answer({element({}, "2000000000")}), freshness, {});
  EXPECT_EQ(tell(question, {element({}, "1")}, ahead).signals.at(0).stamp.at, asked);
  const Ages none(ages_answer({}), freshness, {});
  const Told told = tell(question, {element({}, "1")}, none);
  EXPECT_EQ(told.reading("web").kind, ReadingKind::no_data);
  EXPECT_EQ(told.complaint, "no sample is recent enough: what the query gives is old");
}

TEST(PrometheusReadings, AQueryThatYieldsSomethingFromNothingMeansIt) {
  const Question question = one_question({group_asking("web", "q or vector(0)")});
  const Ages none(ages_answer({}), freshness_of("q or vector(0)", {}), {});
  EXPECT_EQ(tell(question, {element({}, "0")}, none).reading("web").kind, ReadingKind::value);
}

TEST(PrometheusReadings, OfManyGroupsEachHasItsOwnAge) {
  const Question question =
      one_question({group_asking("a", ""), group_asking("b", "")}, {{"cpu", {"cpu", "group"}}});
  const std::vector<Element> both{element({{"group", "a"}}, "1"), element({{"group", "b"}}, "1")};
  const Freshness freshness = freshness_of("cpu", "group");
  const Told told = tell(
      question, both, Ages(ages_answer({element({{"group", "a"}}, "999970")}), freshness, "group"));
  EXPECT_EQ(told.of("a").stamp.at, asked - 30s);
  EXPECT_EQ(told.reading("b").kind, ReadingKind::no_data);
  // A label that no raw sample bears: nothing is known, and so nothing is called old.
  const Told made = tell(question, both, Ages(ages_answer({element({}, "5")}), freshness, "group"));
  EXPECT_EQ(made.reading("b").kind, ReadingKind::value);
}

SpecPointer group_with_health() {
  auto spec = std::make_shared<GroupSpec>();
  spec->id = {"web"};
  spec->health.queries = {{"prom", "prom", "up == 0", "", "vm"}};
  return spec;
}

std::vector<std::pair<std::string, HealthStatus>> told_of_health(
    const std::vector<Signal>& signals) {
  std::vector<std::pair<std::string, HealthStatus>> told;
  for (const Signal& signal : signals) {
    const auto& claim = std::get<HealthClaim>(signal.claim);
    told.emplace_back(claim.instance.value, claim.status);
  }
  return told;
}

TEST(PrometheusReadings, WhomAQueryOfHealthNamesIsIllUntilItDoesNotAnyMore) {
  using enum HealthStatus;
  const Question question = one_question({group_with_health()});
  const Asking asking{question, "/sources/prom", asked, 95s, false};
  Complaint complaint;
  Named named;
  const auto first =
      signals_of(asking, {{element({{"vm", "i-1"}}, "0")}, {}}, {}, named, complaint);
  EXPECT_EQ(told_of_health(first), (std::vector<std::pair<std::string, HealthStatus>>{
                                       {"i-1", unknown}, {"i-1", unhealthy}}))
      << "what it was before nobody asked is not known";
  EXPECT_EQ(first[0].stamp.at, asked - 1ms);
  EXPECT_EQ(std::get<HealthClaim>(first[1].claim).until, asked + 95s);
  EXPECT_EQ(std::get<HealthClaim>(first[1].claim).reporter, "prom");
  const auto again =
      signals_of(asking, {{element({{"vm", "i-1"}}, "0")}, {}}, {}, named, complaint);
  EXPECT_EQ(told_of_health(again),
            (std::vector<std::pair<std::string, HealthStatus>>{{"i-1", unhealthy}}));
  const auto well = signals_of(asking, {}, {}, named, complaint);
  EXPECT_EQ(told_of_health(well),
            (std::vector<std::pair<std::string, HealthStatus>>{{"i-1", healthy}}));
  EXPECT_EQ(told_of_health(signals_of(asking, {}, {}, named, complaint)).size(), 1U)
      << "said again until it is held";
}

TEST(PrometheusReadings, HealthIsLeftAsItIsWhereNothingIsKnown) {
  const Question question = one_question({group_with_health()});
  const Asking asking{question, "/sources/prom", asked, 95s, false};
  EXPECT_TRUE(errors_of(asking).empty());
  EXPECT_TRUE(tell(question, {element({{"vm", "i-1"}}, "0")}, {}, {"partial"}).signals.empty());
}

TEST(PrometheusReadings, APrometheusOutOfReachIsAnErrorOnlyOnceReadingsAreStale) {
  const Question question = one_question({group_asking("web", "q")});
  const Asking asking{question, "/sources/prom", asked, 95s, false};
  EXPECT_EQ(errors_of(asking, std::nullopt).size(), 1U);
  EXPECT_TRUE(errors_of(asking, asked - 119s).empty());
  EXPECT_EQ(errors_of(asking, asked - 120s).size(), 1U);
}

}  // namespace
}  // namespace settle::prometheus
