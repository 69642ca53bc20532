// What groups take from clouds and sources, by name, and whether those have it.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "config/checks.h"
#include "reconcilers/fold.h"

namespace settle {
namespace {

using Types = std::vector<std::string_view>;

void check_source(const Place& place, const std::string& name, const Types& types,
                  const DaemonConfig& daemon, Findings& findings) {
  if (name.empty()) return;
  const auto found = daemon.sources.find(name);
  if (found != daemon.sources.end()) {
    if (std::find(types.begin(), types.end(), found->second.type) != types.end()) return;
    findings.add("E0206", place,
                 fmt::format("the source {} is of type {}; {} is needed here", quoted(name),
                             found->second.type, fmt::join(types, " or ")));
    return;
  }
  std::vector<std::string_view> names;
  for (const auto& [known, source] : daemon.sources) names.push_back(known);
  Diagnostic& diagnostic =
      findings.add("E0206", place, fmt::format("no source is called {}", quoted(name)));
  diagnostic.hint = did_you_mean(name, names);
  diagnostic.notes.push_back(names.empty() ? "the main file has no sources"
                                           : "sources: " + joined(names));
}

/// A metric or a condition without a query takes part in one of the source's own.
void check_fleet_query(const Place& place, const std::string& source, const std::string& signal,
                       const DaemonConfig& daemon, Findings& findings) {
  const auto found = daemon.sources.find(source);
  if (found == daemon.sources.end() || found->second.type != "prometheus") return;
  const auto& settings = found->second.settings;
  if (settings.find("queries." + signal + ".query") != settings.end()) return;
  findings
      .add("E0219", place,
           fmt::format("no query here, and the source {} has none that is called {}",
                       quoted(source), quoted(signal)))
      .hint = fmt::format("query: ..., or under the source: queries: {{ {}: ... }}", signal);
}

/// Two policies of one alarm that match different alerts would hear each other's.
void check_alarms(const BoundGroup& group, Findings& findings) {
  std::map<std::string, const Policy*> heard;
  for (const Policy& policy : group.spec.policies) {
    const auto* alert = std::get_if<AlertPolicy>(&policy.kind);
    if (alert == nullptr || alert->source.empty()) continue;
    const auto [other, is_new] = heard.emplace(alarm_name(policy, *alert), &policy);
    if (is_new || std::get<AlertPolicy>(other->second->kind).match == alert->match) continue;
    findings
        .add("E0220", place_in(group, {"policies", policy.name, "match"}),
             fmt::format("{} and {} match different alerts, and hear one alarm: {}",
                         quoted(other->second->name), quoted(policy.name), quoted(other->first)))
        .hint = fmt::format("alarm: {}", policy.name);
  }
}

/// Readings are kept by their signal's name alone: two metrics that ask different things under one
/// name would read each other's.
void check_signals(const BoundGroup& group, Findings& findings) {
  std::map<std::string, std::pair<const Metric*, const Policy*>> read;
  for (const Policy& policy : group.spec.policies) {
    for (const auto& [metric, place, signal] : metrics_of(group, policy, "query")) {
      if (metric->source.empty())
        continue;  // It reads what another, or somebody outside, provides.
      const auto [other, is_new] = read.try_emplace(signal, metric, &policy);
      const Metric& first = *other->second.first;
      const bool is_same = first.source == metric->source && first.query == metric->query &&
                           first.per_instance == metric->per_instance;
      if (is_new || is_same) continue;
      findings
          .add("E0221", place,
               fmt::format("{} and {} ask different things under one name: {}",
                           quoted(other->second.second->name), quoted(policy.name), quoted(signal)))
          .hint = "give one of them a `signal` of its own";
    }
  }
}

bool follows(const GroupSpec& spec, const std::string& alarm) {
  return std::any_of(spec.policies.begin(), spec.policies.end(), [&](const Policy& policy) {
    const auto* alert = std::get_if<AlertPolicy>(&policy.kind);
    if (alert == nullptr) return false;
    const std::string& name = alarm_name(policy, *alert);
    return name == alarm || name.starts_with(alarm + "/");
  });
}

/// Nova is asked for one flavor: another in its place is nobody's choice there.
void check_offers(const BoundGroup& group, const DaemonConfig& daemon, Findings& findings) {
  const auto cloud = daemon.clouds.find(group.spec.cloud);
  const bool is_nova = cloud != daemon.clouds.end() && cloud->second.type == "openstack";
  if (!is_nova || !group.spec.launch.contains("offers")) return;
  findings
      .add("W0043", place_in(group, {"launch", "offers"}),
           fmt::format("{} is of type openstack, where offers have no effect",
                       quoted(group.spec.cloud)))
      .hint = "flavor: m1.large";
}

// Of a simulated cloud the pools are known; those of a real one are its own affair.
void check_pools(const BoundGroup& group, const DaemonConfig& daemon, Findings& findings) {
  const auto cloud = daemon.clouds.find(group.spec.cloud);
  const bool is_known = cloud != daemon.clouds.end();
  const std::string type = is_known ? cloud->second.type : "simulated";
  if (type == "openstack") return;
  std::string there;
  if (is_known && type == "simulated" && cloud->second.settings.contains("pools")) {
    there = ", " + cloud->second.settings.at("pools") + ",";
  }
  for (const std::string& pool : group.spec.balancer.pools) {
    if (there.find(", " + pool + ",") != std::string::npos) continue;
    findings
        .add("E0251", place_in(group, {"load_balancer", "pools"}),
             fmt::format("the cloud {} has no pool {}", quoted(group.spec.cloud), quoted(pool)))
        .hint = type == "simulated"
                    ? fmt::format("{}: {{ type: simulated, pools: [{}] }}", group.spec.cloud, pool)
                    : "clouds of type openstack have a load balancer";
  }
}

}  // namespace

void check_hearers(const std::vector<BoundGroup>& groups, const Element& main,
                   const DaemonConfig& daemon, Findings& findings) {
  std::map<std::string_view, const GroupSpec*> specs;
  for (const BoundGroup& group : groups) specs[group.spec.id.value] = &group.spec;
  for (const windows::Watch& watch : daemon.alarms) {
    const Entry* entry = child(main, "alarms").entry(watch.name);
    if (entry == nullptr) continue;
    const Place place = place_of(entry->value, "alerts", entry->key_place);
    for (const std::string& hearer : watch.alerts) {
      if (hearer.starts_with("tenant:")) continue;
      const auto found = specs.find(hearer);
      if (found != specs.end() && follows(*found->second, watch.name)) continue;
      findings
          .add("W0042", place,
               found == specs.end()
                   ? fmt::format("{} is to hear of {}, and no group is called so", quoted(hearer),
                                 quoted(watch.name))
                   : fmt::format("{} is to hear of {}, and has no policy that follows it",
                                 quoted(hearer), quoted(watch.name)))
          .hint = fmt::format("policies: {{ {}: {{ type: alert, add: 1 }} }}", watch.name);
    }
  }
}

void check_references(const BoundGroup& group, const DaemonConfig& daemon, Findings& findings) {
  const GroupSpec& spec = group.spec;
  if (spec.cloud != "simulated" && daemon.clouds.find(spec.cloud) == daemon.clouds.end()) {
    std::vector<std::string_view> names{"simulated"};
    for (const auto& [known, cloud] : daemon.clouds) names.push_back(known);
    Diagnostic& found = findings.add("E0205", place_in(group, {"cloud"}),
                                     fmt::format("no cloud is called {}", quoted(spec.cloud)));
    found.hint = did_you_mean(spec.cloud, names);
    found.notes.push_back("clouds: " + joined(names));
  }
  check_offers(group, daemon, findings);
  check_pools(group, daemon, findings);
  check_alarms(group, findings);
  check_signals(group, findings);
  for (const Policy& policy : spec.policies) {
    for (const auto& [metric, place, signal] : metrics_of(group, policy, "from")) {
      check_source(place, metric->source, {"prometheus"}, daemon, findings);
      if (metric->source.empty() || !metric->query.empty()) continue;
      check_fleet_query(place, metric->source, signal, daemon, findings);
    }
    if (const auto* alert = std::get_if<AlertPolicy>(&policy.kind)) {
      check_source(place_in(group, {"policies", policy.name, "from"}), alert->source,
                   {"alertmanager", "aodh"}, daemon, findings);
    }
  }
  const Element* conditions = child(group.entry->value, "health").find("unhealthy_when");
  if (conditions == nullptr) return;
  for (const Element& item : conditions->items) {
    std::string source;
    if (read(item, "from", source)) {
      const Place place = place_of(item, "from", item.place);
      check_source(place, source, {"prometheus"}, daemon, findings);
      std::string signal;
      if (read(item, "signal", signal)) {
        check_fleet_query(place, source, signal, daemon, findings);
      }
    }
  }
}

}  // namespace settle
