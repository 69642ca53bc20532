// Small stories for the simulation: groups built in code, series and events made up in place.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/codec/json.h"
#include "daemon/simulation/simulate.h"

namespace settle {
using namespace std::chrono_literals;

inline const Time monday_nine = parse_time("2026-11-23T09:00:00Z").value();

inline GroupSpec group(const std::string& id, Range limits) {
  GroupSpec spec;
  spec.id = GroupId{id};
  spec.limits = limits;
  spec.launch = {{"image", "web"}};
  spec.launch_hash = "l-1";
  return spec;
}

/// A target on the sum over all instances.
inline Policy total_target(const std::string& name, int target) {
  TargetPolicy policy;
  policy.metric.is_total = true;
  policy.metric.stale_after = 10min;
  policy.target = Decimal(target);
  return {name, policy, {}};
}
inline Policy mean_target(const std::string& name, int target) {
  Policy policy = total_target(name, target);
  std::get<TargetPolicy>(policy.kind).metric.is_total = false;
  return policy;
}
inline Policy webhook(const std::string& name, int amount) {
  WebhookPolicy policy;
  policy.adjustment = {Adjustment::Kind::change, Decimal(amount), 0};
  return {name, policy, {}};
}

/// Rows a step apart, from monday_nine.
inline std::string series(const std::vector<double>& values, Duration step = 5min) {
  std::string csv = "timestamp,value\n";
  Time at = monday_nine;
  for (const double value : values) {
    csv += time_text(at) + "," + std::to_string(value) + "\n";
    at += step;
  }
  return csv;
}

inline std::string adjust_line(const std::string& subject, const std::string& policy, Time at,
                               const std::string& id) {
  return R"({"specversion":"1.0","type":"io.settle.adjust.v1","source":"tests","id":")" + id +
         R"(","subject":")" + subject + R"(","time":")" + time_text(at) +
         R"(","data":{"policy":")" + policy + R"("}})";
}

struct Told {
  std::vector<DecisionRecord> records;
  SimulationSummary summary;
  [[nodiscard]] const GroupOutcome& group(const std::string& id) const {
    return summary.groups.at(id);
  }
};

inline Told run(const SimulateOptions& options) {
  Told told;
  auto summary = run_simulation(
      options, [&told](const DecisionRecord& record) { told.records.push_back(record); });
  EXPECT_TRUE(summary.has_value()) << summary.error().message;
  if (summary) told.summary = std::move(*summary);
  return told;
}

inline std::string lines_of(const SimulateOptions& options) {
  std::string text;
  const Status done = simulate(options, [&text](std::string_view line) {
    text += line;
    text += '\n';
  });
  EXPECT_TRUE(done.has_value()) << done.error().message;
  return text;
}

}  // namespace settle
