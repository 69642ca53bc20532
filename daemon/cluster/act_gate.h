// Whether a call that changes the world may leave now: the one thing of the cluster that every
// thread asks, right before each send. Open for a partition only while
//
//   its ownership is confirmed under the present session, its quarantine is over, and the
//   session's lease outlasts the longest that a call may take
//
// Time is CLOCK_BOOTTIME, as the lease is measured.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <vector>

#include "daemon/zookeeper/executor.h"
#include "daemon/zookeeper/types.h"

namespace settle::cluster {

class ActGate {
 public:
  explicit ActGate(std::uint32_t partitions) : seats_(partitions) {
    for (Seat& seat : seats_) seat.opens_at = never;
  }

  /// Whether something of `partition` under `epoch` that ends within `margin` may begin.
  [[nodiscard]] bool is_open(std::uint32_t partition, std::uint64_t epoch, zk::BootTime now,
                             zk::Milliseconds margin) const {
    const Seat& seat = seats_[partition];
    const std::int64_t at = count(now);
    // The epoch is read last: open() writes it first.
    return at + margin.count() <= lease_until_ && at >= seat.opens_at && seat.epoch == epoch;
  }

  void open(std::uint32_t partition, std::uint64_t epoch, zk::BootTime from) {
    seats_[partition].opens_at = never;
    seats_[partition].epoch = epoch;
    seats_[partition].opens_at = count(from);
  }
  void shut(std::uint32_t partition) { seats_[partition].opens_at = never; }
  void lease_until(zk::BootTime until) { lease_until_ = count(until); }
  void end_lease() { lease_until_ = -1; }
  [[nodiscard]] zk::Milliseconds lease_left(zk::BootTime now) const {
    return zk::Milliseconds(std::max<std::int64_t>(0, lease_until_ - count(now)));
  }
  [[nodiscard]] bool has_lease(zk::BootTime now) const { return count(now) <= lease_until_; }

 private:
  static constexpr std::int64_t never = INT64_MAX;
  static std::int64_t count(zk::BootTime at) { return at.time_since_epoch().count(); }
  struct Seat {
    std::atomic<std::int64_t> opens_at;
    std::atomic<std::uint64_t> epoch{0};
  };
  std::vector<Seat> seats_;
  std::atomic<std::int64_t> lease_until_{-1};
};

}  // namespace settle::cluster
