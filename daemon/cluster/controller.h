// The one member that says who is to own what. Elected with an epoch; each write of the assignment
// checks it, and the version it was made from, so that two who both believe to lead do no harm.
// When partitions move, placement/ decides; here is only who is asked and who is told.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "daemon/cluster/placement/placement.h"
#include "daemon/cluster/records.h"
#include "daemon/zookeeper/curator_cache.h"
#include "daemon/zookeeper/epoch_election.h"

namespace settle::cluster {

struct ControllerOptions {
  std::string incarnation;
  std::uint32_t partitions = 0;
  PlacementLimits limits;
};

class Controller {
 public:
  using Members = std::function<const zk::CuratorCache::Entries*()>;  // Null: not known yet.

  Controller(zk::CuratorFramework& client, ControllerOptions options, Members members);

  void start();
  /// Steps down, so that another is elected at once.
  void stop();
  /// Somebody came, went or changed.
  void look();

  [[nodiscard]] std::optional<std::uint64_t> epoch() const { return election_.epoch(); }
  [[nodiscard]] bool is_braked() const { return is_braked_; }

 private:
  void read();
  void decide(const zk::Data& found);
  void write(const AssignmentRecord& assignment, std::int32_t version);
  void look_after(zk::Milliseconds delay);
  [[nodiscard]] std::vector<Present> present() const;

  zk::CuratorFramework& client_;
  const ControllerOptions options_;
  const Members members_;
  zk::EpochElection election_;
  std::optional<Placement> placement_;  // Of this term of office.
  bool is_busy_ = false;
  bool must_look_ = false;
  bool is_braked_ = false;
  std::uint64_t looks_ = 0;  // A timer of an earlier look is void.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace settle::cluster
