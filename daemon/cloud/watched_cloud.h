// A cloud with a memory of how it answered: for people and metrics, and for nothing that is
// decided.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/cloud/cloud.h"
#include "daemon/cloud/inventory.h"
#include "daemon/partition/loop.h"

namespace settle {

/// How the way to a cloud's API is; for a cloud that is reached in another way, nothing.
struct WayOut {
  std::string breaker;  // "closed", "open" (left alone for a while) or "trying"; empty: has none.
  int in_flight = 0;
  std::size_t waiting = 0;  // For their turn.
};

/// One cloud as it stands.
struct CloudStanding {
  std::string name;
  std::string type;
  std::string region;
  bool is_read_only = false;
  int in_flight = 0;  // Looks and changes that have not been answered.
  WayOut way_out;
  std::optional<Time> complete_at;  // When the last complete listing began.
  std::optional<Time> failed_at;    // When a look last failed, and why.
  Reason failure = Reason::cloud_unreachable;
  std::optional<Time> quota_at;  // When a quota last refused a launch.
  std::optional<Time> throttled_at;
  std::uint64_t throttled = 0;  // Looks and changes.
  /// By call ("look", "launch", "terminate", ...) and outcome ("done", "incomplete", "refused",
  /// "not_now", "unknown", and of a look "failed").
  std::map<std::pair<std::string, std::string>, std::uint64_t> calls;
  /// Of the last 256 of each kind; none before the first.
  struct Latency {
    std::optional<Duration> p50;
    std::optional<Duration> p99;
  };
  Latency looks;
  Latency changes;
};

class WatchedCloud final : public CloudWriter, public Inventory {
 public:
  struct Parts {
    std::string name;
    std::string type;
    std::string region;
    std::shared_ptr<CloudWriter> cloud;
    std::shared_ptr<Inventory> inventory;  // The same cloud.
    std::function<WayOut()> way_out;       // May be empty. Safe from any thread.
  };
  /// The clock outlives whatever is under way.
  WatchedCloud(Parts parts, const Clock& clock);

  void observe(const Observe& look, ObservedReply reply) override;
  void act(const Act& act, ActedReply reply) override;
  void list_all(ListedReply reply) override;
  void know(const std::vector<SpecPointer>& specs) override { parts_.cloud->know(specs); }
  void on_report(HealthReport report) override { parts_.cloud->on_report(std::move(report)); }

  /// Safe from any thread.
  [[nodiscard]] CloudStanding standing() const;

 private:
  struct Notes;
  const Parts parts_;
  const Clock& clock_;
  const std::shared_ptr<Notes> notes_;  // An answer may come after this is gone.
};

}  // namespace settle
