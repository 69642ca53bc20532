// A leader with an epoch, in one transaction: an ephemeral node that says who leads, and a counter
// that goes up by one with it. Every write of a leader checks the counter, so that two who both
// believe to lead do no harm: the transaction of the older one fails.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "daemon/zookeeper/framework.h"

namespace settle::zk {

struct EpochElectionOptions {
  std::string leader_path;  // Ephemeral: "INCARNATION EPOCH".
  std::string epoch_path;   // Persistent: the epoch, in decimal. Made where it is missing.
  std::string incarnation;  // Ours alone, in this life of the process; no blanks.
};

class EpochElection {
 public:
  EpochElection(CuratorFramework& client, EpochElectionOptions options);
  ~EpochElection();
  EpochElection(const EpochElection&) = delete;
  EpochElection& operator=(const EpochElection&) = delete;

  void start();
  void close();

  /// The epoch that we lead in, while we do as far as we know.
  [[nodiscard]] std::optional<std::uint64_t> epoch() const { return epoch_; }
  /// Puts the check of our epoch before a leader's writes. REQUIRES: epoch().
  [[nodiscard]] Transaction guarded(Transaction writes) const;
  /// A guarded write failed on its first check: somebody else leads.
  void step_down();
  void on_change(std::function<void(std::optional<std::uint64_t>)> listener) {
    listener_ = std::move(listener);
  }

 private:
  void stand();
  void look();
  void read_epoch();
  void elect(const Data& counter);
  void recognise(const Data& leader);
  void lead(std::optional<std::uint64_t> epoch);
  void again();

  CuratorFramework& client_;
  const EpochElectionOptions options_;
  std::function<void(std::optional<std::uint64_t>)> listener_;
  CuratorFramework::ListenerId watch_ = 0;
  CuratorFramework::ListenerId listening_ = 0;
  std::optional<std::uint64_t> epoch_;
  std::int32_t epoch_version_ = 0;  // Of the counter, while we lead.
  bool is_running_ = false;
  bool is_busy_ = false;
  bool must_look_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace settle::zk
