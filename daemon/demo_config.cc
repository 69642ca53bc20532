#include "daemon/demo_config.h"

#include <fmt/core.h>

namespace settle {
namespace {

constexpr const char* main_text = R"(version: 1
node: {{ name: demo }}
store: "sqlite:{folder}/settle.db"
partitions: 16
mode: act
listen:
  socket: "{folder}/admin.sock"
  http: {http}
journal: {{ path: "{folder}/journal.db" }}
clouds:
  simulated:
    type: simulated
    boot_time: 60s
    boot_jitter: 60s
    list_lag: 10s
    lost_reply: 1%
    error_rate: 1%
    error_at_birth: 2%
    failure_every: 20d
    zones: [a, b, c]
    seed: {seed}
log: {{ level: warning, format: text }}
)";

constexpr const char* groups_text = R"(version: 1
groups:

  shop:
    about: The web shop. Its traffic has a morning, a lunch and an evening.
    launch: { image: shop-7, flavor: m1.large, spread_over: [a, b, c] }
    capacity: { min: 4, max: 40 }
    time_zone: Europe/Helsinki
    schedule:
      office-hours: { on: Mon-Fri, from: 07:00, until: 19:00, capacity: { min: 10 } }
    policies:
      keep-load-at-100:
        type: target
        metric: { signal: requests, divide_by: instances, stale_after: 10m }
        target: 100
        tolerance: 10%
        scale_in: { settle: 15m, at_most: 2, per: 5m }
      checkout-slow:
        type: alert
        alarm: CheckoutSlow
        add: 25%
        release_after: 30m
    health:
      unhealthy_when:
        - { cloud_status: [ERROR] }
        - { reporter: probe, for: 3m }
      grace: 5m
    guards:
      terminations: { at_most: 10%, per: 10m }
      launches: { at_most: 10, per: 5m }
      freeze:
        evening-sale: { from: 18:00, until: 21:00, block: [scale-in] }
    observe_every: 30s

  transcode:
    about: Video transcoding. Cheap and interruptible; the queue says how many.
    launch: { image: worker-9, flavor: c1.xlarge, spread_over: [a, b] }
    capacity: { min: 1, max: 30, initial: 2 }
    time_zone: America/New_York
    schedule:
      night-shift: { from: 22:00, until: 05:30, capacity: { min: 6 } }
    policies:
      drain-the-queue:
        type: steps
        metric: { signal: queue, divide_by: instances, stale_after: 10m }
        steps:
          - { at_least: 5000, add: 4 }
          - { at_least: 1000, add: 1 }
          - { at_most: 100, remove: 1 }
        wait: 15m
      rush-order: { type: webhook, add: 3, hold_for: 30m }
    guards:
      terminations: { at_most: 25, per: 5m }
    observe_every: 30s
)";

}  // namespace

std::vector<ConfigFile> demo_config(const std::string& folder, const std::string& http,
                                    std::uint64_t seed) {
  const std::string listen = http.empty() ? "none" : "\"" + http + "\"";
  return {{"settled.yaml", fmt::format(fmt::runtime(main_text), fmt::arg("folder", folder),
                                       fmt::arg("http", listen), fmt::arg("seed", seed))},
          {"demo.yaml", groups_text}};
}

}  // namespace settle
