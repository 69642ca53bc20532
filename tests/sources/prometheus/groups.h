// Groups that ask a Prometheus, for tests.
#pragma once

#include <memory>
#include <string>

#include "daemon/partition/event.h"

namespace settle::prometheus {

/// A group with one target policy `cpu` that asks `query`; empty: the source's own query `cpu`.
inline std::shared_ptr<GroupSpec> group_asking(const std::string& name, const std::string& query) {
  auto spec = std::make_shared<GroupSpec>();
  spec->id = {name};
  TargetPolicy target;
  target.metric.source = "prom";
  target.metric.query = query;
  target.metric.signal = "cpu";
  target.target = Decimal(50);
  spec->policies.push_back({"cpu", target, {}});
  return spec;
}

inline Metric& metric_in(GroupSpec& spec) {
  return std::get<TargetPolicy>(spec.policies.front().kind).metric;
}

}  // namespace settle::prometheus
