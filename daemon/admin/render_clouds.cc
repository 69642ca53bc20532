#include "daemon/admin/render_clouds.h"

#include <string_view>

#include "daemon/codec/json_write.h"

namespace settle {
namespace {

std::optional<std::int64_t> milliseconds(const std::optional<Duration>& duration) {
  return duration ? std::optional<std::int64_t>(duration->count()) : std::nullopt;
}

void write_latency(JsonWriter& out, std::string_view key, const CloudStanding::Latency& latency) {
  out.key(key).open('{').member("p50_ms", milliseconds(latency.p50));
  out.member("p99_ms", milliseconds(latency.p99)).close('}');
}

void write_cloud(JsonWriter& out, const CloudStanding& cloud) {
  out.open('{').member("cloud", cloud.name).member("type", cloud.type);
  out.member("region", cloud.region).member("read_only", cloud.is_read_only);
  out.member("last_complete_listing", cloud.complete_at);
  out.member("last_failed_look", cloud.failed_at);
  out.member("last_failure", cloud.failed_at ? settle::name(cloud.failure) : std::string_view());
  out.member("in_flight", cloud.in_flight).member("breaker", cloud.way_out.breaker);
  out.member("calls_in_flight", cloud.way_out.in_flight);
  out.member("calls_waiting", cloud.way_out.waiting);
  out.member("throttled", cloud.throttled).member("last_throttled", cloud.throttled_at);
  out.member("quota_last_refused", cloud.quota_at);
  write_latency(out, "looks", cloud.looks);
  write_latency(out, "changes", cloud.changes);
  out.key("calls").open('[');
  for (const auto& [call, count] : cloud.calls) {
    out.open('{').member("call", call.first).member("outcome", call.second);
    out.member("count", count).close('}');
  }
  out.close(']').close('}');
}

void write_orphan(JsonWriter& out, const std::string& cloud, const GroupId& group,
                  const Instance& instance) {
  out.open('{').member("cloud", cloud).member("instance", instance.id.value);
  out.member("group", group.value).member("state", instance.state);
  out.member("zone", instance.zone).member("token", instance.token);
  std::optional<Time> created;
  if (instance.created != Time{}) created = instance.created;
  out.member("created", created).close('}');
}

}  // namespace

std::string clouds_json(const std::vector<CloudStanding>& clouds) {
  JsonWriter out;
  out.open('{').key("clouds").open('[');
  for (const CloudStanding& cloud : clouds) write_cloud(out, cloud);
  return out.close(']').close('}').take();
}

std::string orphans_json(const std::vector<CloudHolding>& holdings,
                         const std::set<GroupId>& known) {
  JsonWriter out;
  out.open('{').key("orphans").open('[');
  for (const CloudHolding& holding : holdings) {
    if (!holding.listed.listing) continue;
    for (const auto& [group, instances] : holding.listed.listing->groups) {
      if (known.contains(group)) continue;
      for (const Instance& instance : instances) write_orphan(out, holding.cloud, group, instance);
    }
  }
  out.close(']').key("clouds").open('[');
  for (const CloudHolding& holding : holdings) {
    const bool is_seen = holding.listed.listing.has_value();
    out.open('{').member("cloud", holding.cloud);
    out.member("complete", is_seen && holding.listed.listing->is_complete);
    out.member("failure", is_seen ? std::string_view() : settle::name(holding.listed.failure));
    out.close('}');
  }
  return out.close(']').close('}').take();
}

}  // namespace settle
