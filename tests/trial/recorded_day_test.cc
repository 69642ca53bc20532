#include "cli/trial/recorded_day.h"

#include <chrono>
#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/trial/figures.h"
#include "cli/trial/trial.h"
#include "daemon/codec/json.h"

namespace settle {
namespace {
using namespace std::chrono_literals;

const Time monday = *parse_time("2026-01-05T00:00:00Z");

GroupSpec web(const std::string& more = "") {
  Compiled compiled = compile({{"web.yaml", R"(version: 1
groups:
  web:
    capacity: { min: 2, max: 60 }
    policies:
      cpu: { type: target, target: 50, scale_in: { settle: 10m } }
      more: { type: webhook, add: 3 }
      page: { type: alert, match: { alertname: Slow }, add: 5 }
)" + more}});
  EXPECT_FALSE(compiled.has_errors()) << render(compiled.findings, {});
  return compiled.specs.front();
}

/// A load that rises and falls, as a mean over ten instances.
std::string wave(Duration length) {
  std::string csv = "timestamp,value\n";
  for (Time at = monday; at < monday + length; at += 30s) {
    const double hours = static_cast<double>((at - monday).count()) / 3.6e6;
    csv += time_text(at) + "," + std::to_string(50 + static_cast<int>(40 * std::sin(hours))) + "\n";
  }
  return csv;
}

SimulateOptions day_of(const GroupSpec& spec, Duration length, const ScriptText& script = {}) {
  SimulateOptions options;
  options.specs = {spec};
  ScriptText all = script;
  all.running(spec, monday, 10);
  options.events = all.text();
  options.metrics = {{"web", "cpu", wave(length), 10}};
  options.start = monday;
  options.end = monday + length;
  return options;
}

/// What a daemon's journal would hold of it.
std::vector<RecordedRound> recorded(const SimulateOptions& options) {
  std::vector<RecordedRound> rounds;
  SimulationWatch watch;
  watch.journaled = [&rounds](const Journal& journal) {
    for (const JournalEntry& entry : journal.decisions) {
      rounds.push_back({entry.record, *entry.before, *entry.seen});
    }
  };
  EXPECT_TRUE(run_simulation(options, watch));
  return rounds;
}

double apart(Duration a, Duration b) {
  return std::abs(static_cast<double>(a.count() - b.count())) / static_cast<double>(a.count());
}

TEST(RecordedDay, LivedThroughAgainCostsWhatItCost) {
  const GroupSpec spec = web();
  const SimulateOptions day = day_of(spec, 12h);
  const auto first = run_trial(day);
  ASSERT_TRUE(first);
  const auto rounds = recorded(day);
  const RecordedDay record(spec, rounds, monday + 12h);
  const auto again = run_trial(record.inputs_for(spec, "r-1"));
  ASSERT_TRUE(again) << again.error().message;
  const Figures was = figures_of(*first);
  const Figures is = figures_of(*again);
  EXPECT_LT(apart(was.instance_time, is.instance_time), 0.05);
  EXPECT_EQ(first->courses.at("web").desired.at(monday + 5h),
            again->courses.at("web").desired.at(monday + 5h));
  EXPECT_LT(std::abs(static_cast<int>(was.changes) - static_cast<int>(is.changes)),
            static_cast<int>(was.changes) / 4 + 2);
}

TEST(RecordedDay, OfAnotherTargetSharesTheSameLoadAmongOtherInstances) {
  const GroupSpec spec = web();
  const auto rounds = recorded(day_of(spec, 12h));
  const RecordedDay record(spec, rounds, monday + 12h);
  GroupSpec larger = spec;
  for (Policy& policy : larger.policies) {
    if (auto* target = std::get_if<TargetPolicy>(&policy.kind)) target->target = Decimal(100);
  }
  const auto base = run_trial(record.inputs_for(spec, "r-1"));
  const auto half = run_trial(record.inputs_for(larger, "r-2"));
  ASSERT_TRUE(base && half);
  EXPECT_LT(apart(figures_of(*base).instance_time, figures_of(*half).instance_time * 2), 0.15);
}

TEST(RecordedDay, TellsWhatWasSaidAtItsTime) {
  const GroupSpec spec = web();
  ScriptText script;
  script.claim(spec.id, monday + 1h, AlarmClaim{"Slow", AlarmState::firing, std::nullopt});
  script.claim(spec.id, monday + 2h, AlarmClaim{"Slow", AlarmState::resolved, std::nullopt});
  script.claim(spec.id, monday + 3h, AdjustClaim{"more"});
  script.claim(spec.id, monday + 4h, HoldOrder{33, monday + 5h, false, "ann", "a test"});
  const SimulateOptions day = day_of(spec, 6h, script);
  const RecordedDay record(spec, recorded(day), monday + 6h);
  const SimulateOptions again = record.inputs_for(spec, "r-1");
  EXPECT_THAT(again.events, testing::HasSubstr("firing"));
  EXPECT_THAT(again.events, testing::HasSubstr("resolved"));
  const auto trial = run_trial(again);
  ASSERT_TRUE(trial);
  EXPECT_EQ(trial->courses.at("web").desired.at(monday + 4h + 30min), 33);
  EXPECT_LT(record.from() - monday, 1s);
}

TEST(RecordedDay, LetsTheSameInstanceDie) {
  const GroupSpec spec = web();
  ScriptText script;
  script.mishap(spec.id, monday + 1h, "3", "ERROR");
  const SimulateOptions day = day_of(spec, 3h, script);
  const RecordedDay record(spec, recorded(day), monday + 3h);
  EXPECT_THAT(record.inputs_for(spec, "r-1").events,
              testing::AllOf(testing::HasSubstr(R"("becomes":"ERROR")"),
                             testing::Not(testing::HasSubstr(R"("becomes":"gone")"))));
}

TEST(RecordedDay, LeavesASignalStaleThatWasStale) {
  const GroupSpec spec = web();
  SimulateOptions day = day_of(spec, 2h);
  day.end = monday + 6h;  // Four hours without a sample.
  const RecordedDay record(spec, recorded(day), monday + 6h);
  const auto again = run_trial(record.inputs_for(spec, "r-1"));
  ASSERT_TRUE(again);
  const auto& points = again->courses.at("web").signals.at("cpu");
  EXPECT_LT(points.back().at, monday + 2h + 5min);
}

}  // namespace
}  // namespace settle
