#include "daemon/sources/prometheus/questions.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "reconcilers/fold.h"

namespace settle::prometheus {
namespace {

class Sheet {
 public:
  Sheet(const std::string& source, const FleetQueries& fleet) : source_(source), fleet_(fleet) {}

  void add(const GroupSpec& spec) {
    for (const Policy& policy : spec.policies) {
      if (const auto* target = std::get_if<TargetPolicy>(&policy.kind)) {
        for (const NamedMetric& named : target->metrics) {
          add_metric(spec.id, named.metric, signal_name(named));
        }
      }
      if (const Metric* metric = metric_of(policy)) {
        add_metric(spec.id, *metric, signal_name(policy, *metric));
      }
    }
    for (const HealthQuery& health : spec.health.queries) {
      if (health.source != source_) continue;
      add_taker(health.query, health.signal,
                {spec.id, {}, health.reporter, health.per_instance, Duration{}});
    }
  }

  std::vector<Question> take() {
    std::vector<Question> questions;
    questions.reserve(questions_.size());
    for (auto& [key, takers] : questions_) {
      questions.push_back({key.first, key.second, std::move(takers)});
    }
    return questions;
  }

 private:
  void add_metric(const GroupId& group, const Metric& metric, const std::string& signal) {
    if (metric.source != source_) return;
    add_taker(metric.query, signal, {group, signal, {}, metric.per_instance, metric.stale_after});
    // What it is divided by may be the source's own query too; else it arrives by itself.
    if (metric.over.empty()) return;
    add_taker({}, metric.over, {group, metric.over, {}, metric.per_instance, metric.stale_after});
  }

  void add_taker(const std::string& query, const std::string& fleet_query, Taker taker) {
    std::pair<std::string, std::string> key{query, {}};
    if (query.empty()) {
      const auto found = fleet_.find(fleet_query);
      if (found == fleet_.end()) return;
      key = {found->second.query, found->second.group_label};
    }
    std::vector<Taker>& takers = questions_[key];
    // Groups come one after another, so that those of one group are the last.
    for (auto known = takers.rbegin(); known != takers.rend() && known->group == taker.group;
         ++known) {
      if (known->signal == taker.signal && known->reporter == taker.reporter) return;
    }
    takers.push_back(std::move(taker));
  }

  const std::string& source_;
  const FleetQueries& fleet_;
  std::map<std::pair<std::string, std::string>, std::vector<Taker>> questions_;
};

}  // namespace

std::vector<Question> questions_of(const std::vector<SpecPointer>& groups,
                                   const std::string& source, const FleetQueries& fleet) {
  Sheet sheet(source, fleet);
  for (const SpecPointer& spec : groups) sheet.add(*spec);
  return sheet.take();
}

}  // namespace settle::prometheus
