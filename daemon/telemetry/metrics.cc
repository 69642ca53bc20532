#include "daemon/telemetry/metrics.h"

#include <algorithm>
#include <utility>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace settle {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::ClientMetric;
using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::MetricFamily;

const Histogram::BucketBoundaries seconds_buckets{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                  0.05,   0.1,   0.25,   0.5,   1,    2.5};

const Histogram::BucketBoundaries move_buckets{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40};

Family<Counter>& counter(prometheus::Registry& registry, const char* name, const char* help) {
  return BuildCounter().Name(name).Help(help).Register(registry);
}

MetricFamily gauge_family(const char* name, const char* help) {
  MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = prometheus::MetricType::Gauge;
  return family;
}

MetricFamily counter_family(const char* name, const char* help) {
  MetricFamily family = gauge_family(name, help);
  family.type = prometheus::MetricType::Counter;
  return family;
}

using Labels = std::vector<std::pair<std::string, std::string>>;

void add(MetricFamily& family, const Labels& labels, double value) {
  ClientMetric metric;
  for (const auto& [name, text] : labels) metric.label.push_back({name, text});
  (family.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) =
      value;
  family.metric.push_back(std::move(metric));
}

/// The families of groups, filled group by group.
struct GroupFamilies {
  MetricFamily instances = gauge_family(
      "settle_group_instances", "Instances of the group as the last look at the cloud had them.");
  MetricFamily desired =
      gauge_family("settle_group_desired_instances", "Desired capacity of the group.");
  MetricFamily min =
      gauge_family("settle_group_min_instances", "Least capacity that limits allow now.");
  MetricFamily max =
      gauge_family("settle_group_max_instances", "Greatest capacity that limits allow now.");
  MetricFamily proposed =
      gauge_family("settle_group_proposed_instances", "What each policy proposes.");
  MetricFamily condition =
      gauge_family("settle_group_condition", "1 where the condition holds for the group.");
  MetricFamily converged = gauge_family("settle_group_last_converged_timestamp_seconds",
                                        "When the group was last seen to be as desired.");

  MetricFamily mode =
      gauge_family("settle_group_mode", "How much of what is decided may be done; always 1.");
  MetricFamily observed =
      gauge_family("settle_group_last_observation_timestamp_seconds",
                   "When the last complete look at the group's instances began.");
  MetricFamily oldest_intent =
      gauge_family("settle_group_oldest_intent_timestamp_seconds",
                   "When the oldest intent was opened that is not yet seen to be done.");
  MetricFamily remaining =
      gauge_family("settle_guard_remaining", "Steps that a budget of the group still allows now.");

  void take_guards(const GroupGauges& group) {
    if (!group.mode.empty()) add(mode, {{"group", group.group}, {"mode", group.mode}}, 1);
    if (group.observed_at_seconds > 0) {
      add(observed, {{"group", group.group}}, group.observed_at_seconds);
    }
    if (group.oldest_intent_seconds > 0) {
      add(oldest_intent, {{"group", group.group}}, group.oldest_intent_seconds);
    }
    for (const GroupGauges::Level& level : group.levels) {
      add(remaining, {{"group", group.group}, {"guard", level.guard}},
          static_cast<double>(level.remaining));
    }
  }

  void take(const GroupGauges& group) {
    take_guards(group);
    const auto count = [&](const char* state, std::int64_t number) {
      add(instances, {{"group", group.group}, {"state", state}}, static_cast<double>(number));
    };
    count("ready", group.ready);
    count("building", group.building);
    count("draining", group.draining);
    count("condemned", group.condemned);
    count("missing", group.missing);
    if (group.has_desired) {
      add(desired, {{"group", group.group}}, static_cast<double>(group.desired));
    }
    add(min, {{"group", group.group}}, static_cast<double>(group.min));
    add(max, {{"group", group.group}}, static_cast<double>(group.max));
    for (const GroupGauges::Proposal& proposal : group.proposals) {
      add(proposed, {{"group", group.group}, {"policy", proposal.policy}},
          static_cast<double>(proposal.number));
    }
    add(condition, {{"group", group.group}, {"condition", "paused"}}, group.is_paused ? 1 : 0);
    add(condition, {{"group", group.group}, {"condition", "converged"}},
        group.is_converged ? 1 : 0);
    if (group.converged_at_seconds > 0) {
      add(converged, {{"group", group.group}}, group.converged_at_seconds);
    }
  }

  void move_into(std::vector<MetricFamily>& families) {
    for (MetricFamily* family : {&instances, &desired, &min, &max, &proposed, &condition,
                                 &converged, &mode, &observed, &oldest_intent, &remaining}) {
      if (!family->metric.empty()) families.push_back(std::move(*family));
    }
  }
};

void add_clouds(std::vector<MetricFamily>& families, const std::vector<CloudGauges>& clouds) {
  MetricFamily calls = counter_family("settle_cloud_calls_total",
                                      "Looks at a cloud and changes of it, by what came of them.");
  MetricFamily throttled = counter_family(
      "settle_cloud_throttled_total", "Looks and changes that the cloud put off for their rate.");
  MetricFamily in_flight = gauge_family("settle_cloud_in_flight_calls",
                                        "Looks and changes that the cloud has not answered.");
  MetricFamily open = gauge_family("settle_cloud_breaker_open",
                                   "1 while the cloud's API is left alone after failures.");
  MetricFamily complete = gauge_family("settle_cloud_last_complete_listing_timestamp_seconds",
                                       "When the last complete listing of a group began.");
  MetricFamily quota = gauge_family("settle_cloud_last_quota_refusal_timestamp_seconds",
                                    "When a quota last refused a launch.");
  for (const CloudGauges& cloud : clouds) {
    for (const CloudGauges::Calls& one : cloud.calls) {
      add(calls, {{"cloud", cloud.cloud}, {"call", one.call}, {"outcome", one.outcome}}, one.count);
    }
    add(throttled, {{"cloud", cloud.cloud}}, cloud.throttled);
    add(in_flight, {{"cloud", cloud.cloud}}, static_cast<double>(cloud.in_flight));
    add(open, {{"cloud", cloud.cloud}}, cloud.is_left_alone ? 1 : 0);
    if (cloud.complete_seconds > 0) {
      add(complete, {{"cloud", cloud.cloud}}, cloud.complete_seconds);
    }
    if (cloud.quota_seconds > 0) add(quota, {{"cloud", cloud.cloud}}, cloud.quota_seconds);
  }
  for (MetricFamily* family : {&calls, &throttled, &in_flight, &open, &complete, &quota}) {
    if (!family->metric.empty()) families.push_back(std::move(*family));
  }
}

void add_sources(std::vector<MetricFamily>& families, const std::vector<SourceGauges>& sources) {
  MetricFamily up =
      gauge_family("settle_source_up", "1 unless the source is failing at this moment.");
  MetricFamily in_flight = gauge_family("settle_source_in_flight_events",
                                        "Events of the source that no commit holds yet.");
  MetricFamily lag = gauge_family("settle_source_lag_events",
                                  "Events that are known to wait at the source's other end.");
  MetricFamily last = gauge_family("settle_source_last_event_timestamp_seconds",
                                   "The time of the newest event of the source.");
  for (const SourceGauges& source : sources) {
    add(up, {{"source", source.source}}, source.is_failing ? 0 : 1);
    add(in_flight, {{"source", source.source}}, static_cast<double>(source.in_flight));
    if (source.has_lag) add(lag, {{"source", source.source}}, static_cast<double>(source.lag));
    if (source.last_event_seconds > 0) {
      add(last, {{"source", source.source}}, source.last_event_seconds);
    }
  }
  for (MetricFamily* family : {&up, &in_flight, &lag, &last}) {
    if (!family->metric.empty()) families.push_back(std::move(*family));
  }
}

void add_single(std::vector<MetricFamily>& families, const char* name, const char* help,
                double value) {
  MetricFamily family = gauge_family(name, help);
  add(family, {}, value);
  families.push_back(std::move(family));
}

/// A counter whose owner counts it.
void add_total(std::vector<MetricFamily>& families, const char* name, const char* help,
               std::uint64_t value) {
  ClientMetric metric;
  metric.counter.value = static_cast<double>(value);
  MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = prometheus::MetricType::Counter;
  family.metric.push_back(std::move(metric));
  families.push_back(std::move(family));
}

void add_link(std::vector<MetricFamily>& families, const DaemonGauges& daemon) {
  add_single(families, "settle_cluster_revision_number",
             "Of the groups' files that all members are to decide by.",
             static_cast<double>(daemon.revision_number));
  add_single(families, "settle_zookeeper_latency_seconds",
             "How long the last heartbeat that was answered was on its way, there and back.",
             daemon.latency_seconds);
  add_single(families, "settle_zookeeper_lease_seconds",
             "For how long something may still be sent without another answer from ZooKeeper.",
             daemon.lease_seconds);
  add_total(families, "settle_zookeeper_sessions_total",
            "Sessions with ZooKeeper that this daemon has had.", daemon.sessions);
  add_total(families, "settle_zookeeper_servers_left_total",
            "Servers of ZooKeeper that were left because they fell silent.", daemon.servers_left);
  add_single(families, "settle_checkpoint_cache_given_up",
             "1 if the copies of checkpoints on this machine could not be read or written, and are "
             "done without until the next start.",
             daemon.is_cache_given_up ? 1 : 0);
  add_total(families, "settle_checkpoint_cache_recalled_bytes_total",
            "Of checkpoints, read here and not from ZooKeeper.", daemon.cache_recalled_bytes);
  add_total(families, "settle_checkpoint_cache_kept_bytes_total",
            "Of checkpoints, written to the copies on this machine.", daemon.cache_kept_bytes);
}

}  // namespace

struct Metrics::Families {
  prometheus::Registry registry;
  Family<Gauge>& build = BuildGauge()
                             .Name("settle_build_info")
                             .Help("The running version; always 1.")
                             .Register(registry);
  Family<Counter>& events =
      counter(registry, "settle_events_received_total", "Events that reached a partition.");
  Family<Counter>& dropped = counter(registry, "settle_events_dropped_total",
                                     "Events that changed nothing and never will.");
  Family<Counter>& decisions =
      counter(registry, "settle_decisions_total", "Rounds that left a record.");
  Family<Counter>& not_scaled =
      counter(registry, "settle_not_scaled_total", "Steps withheld, by reason.");
  Family<Counter>& guard_blocks =
      counter(registry, "settle_guard_blocks_total", "Steps withheld, by guard.");
  Family<Counter>& actions =
      counter(registry, "settle_actions_total", "Actions sent to a cloud, by outcome.");
  Counter& journaled = counter(registry, "settle_journal_records_total",
                               "Decisions and actions written to the journal.")
                           .Add({});
  Family<Histogram>& store = BuildHistogram()
                                 .Name("settle_store_request_duration_seconds")
                                 .Help("How long the store took.")
                                 .Register(registry);
  Family<Histogram>& moves =
      BuildHistogram()
          .Name("settle_partition_move_seconds")
          .Help(
              "How long partitions took to change hands here: takeover, from the claim until it "
              "decides; handover, from when another is to have it until it is released.")
          .Register(registry);
  Histogram& answer = BuildHistogram()
                          .Name("settle_event_to_commit_seconds")
                          .Help("From an event's arrival to the commit that holds it.")
                          .Register(registry)
                          .Add({}, seconds_buckets);
};

Metrics::Metrics(const std::string& version) : families_(std::make_unique<Families>()) {
  families_->build.Add({{"version", version}}).Set(1);
}

Metrics::~Metrics() = default;

void Metrics::count_events(const std::string& source, std::uint64_t events) {
  families_->events.Add({{"source", source}}).Increment(static_cast<double>(events));
}

void Metrics::count_dropped(const std::string& source, const std::string& reason) {
  families_->dropped.Add({{"source", source}, {"reason", reason}}).Increment();
}

void Metrics::count_decision(const std::string& group, bool is_change) {
  families_->decisions.Add({{"group", group}, {"outcome", is_change ? "changed" : "kept"}})
      .Increment();
}

void Metrics::count_withheld(const std::string& group, const std::string& reason,
                             const std::string& guard) {
  families_->not_scaled.Add({{"group", group}, {"reason", reason}}).Increment();
  families_->guard_blocks.Add({{"group", group}, {"guard", guard}}).Increment();
}

void Metrics::count_action(const std::string& action, const std::string& outcome) {
  families_->actions.Add({{"action", action}, {"outcome", outcome}}).Increment();
}

void Metrics::count_journaled(std::uint64_t records) {
  families_->journaled.Increment(static_cast<double>(records));
}

void Metrics::observe_store(const std::string& operation, double seconds) {
  families_->store.Add({{"op", operation}}, seconds_buckets).Observe(seconds);
}

void Metrics::observe_move(const std::string& move, double seconds) {
  families_->moves.Add({{"move", move}}, move_buckets).Observe(seconds);
}

void Metrics::observe_answer(double seconds) {
  families_->answer.Observe(seconds);
}

std::string Metrics::page(const DaemonGauges& daemon,
                          const std::vector<GroupGauges>& groups) const {
  std::vector<MetricFamily> families = families_->registry.Collect();
  add_single(families, "settle_partitions_owned", "Partitions that this daemon owns.",
             static_cast<double>(daemon.partitions_owned));
  add_single(families, "settle_cluster_members", "Daemons that are one, as this one sees them.",
             static_cast<double>(daemon.members));
  add_single(families, "settle_cluster_leads", "1 if this daemon assigns partitions.",
             daemon.leads ? 1 : 0);
  add_single(families, "settle_cluster_held_back",
             "1 while nothing may be sent, whatever this daemon owns.",
             daemon.is_held_back ? 1 : 0);
  add_single(families, "settle_cluster_revisions",
             "Revisions of the groups' files that members decide by; more than one is drift.",
             static_cast<double>(daemon.revisions));
  if (daemon.is_cluster) add_link(families, daemon);
  add_single(families, "settle_actions_in_flight", "Calls to a cloud that await an answer.",
             static_cast<double>(daemon.actions_in_flight));
  add_single(families, "settle_config_last_reload_successful",
             "1 if the last reload of the configuration was taken.", daemon.last_reload_ok ? 1 : 0);
  add_single(families, "settle_config_last_reload_success_timestamp_seconds",
             "When a configuration was last taken.", daemon.last_reload_success_seconds);
  if (daemon.last_commit_seconds > 0) {
    add_single(families, "settle_checkpoint_last_success_timestamp_seconds",
               "When the store last took a commit.", daemon.last_commit_seconds);
  }
  add_sources(families, daemon.sources);
  add_clouds(families, daemon.clouds);
  const std::size_t listed = std::min(groups.size(), metric_groups_max);
  add_single(families, "settle_groups_unlisted", "Groups left out of this page for its size.",
             static_cast<double>(groups.size() - listed));
  GroupFamilies by_group;
  for (std::size_t at = 0; at < listed; ++at) by_group.take(groups[at]);
  by_group.move_into(families);
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace settle
