// Which revision of the groups' files a cluster decides by: one node of ZooKeeper, set by version.
// A member takes up files that are the cluster's, or that were made from the cluster's; whoever has
// missed a change is told so, rather than undoing it. Knows no file: revisions are names.
//
//   none yet                                  ours is the first
//   ours is the present one                   adopt
//   we decided by the present one till now    advance: ours is the next
//   we decided by ours till now               stay behind: nothing new is taken up
//   else                                      refuse
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "daemon/cluster/records.h"
#include "daemon/zookeeper/framework.h"

namespace settle::cluster {

struct RevisionWish {
  std::string wanted;
  RevisionRecord known;    // What we decided by till now; number 0: nothing.
  std::string member;      // Who asks.
  bool is_forced = false;  // Advances, whatever ours was made from.
};

enum class RevisionMove : std::uint8_t { adopt, advance, stay_behind, refuse };
/// `present` has number 0 where there is none.
[[nodiscard]] RevisionMove judge(const RevisionWish& wish, const RevisionRecord& present);

class Agreement {
 public:
  /// What is decided by from now on: the cluster's, or one that it has left behind.
  using Done = std::function<void(const Result<RevisionRecord>&)>;

  /// `on_change`: another one is present.
  Agreement(zk::CuratorFramework& client, std::function<void()> on_change);
  ~Agreement();
  Agreement(const Agreement&) = delete;
  Agreement& operator=(const Agreement&) = delete;

  void start();
  /// `conflict`: refused, with whose is present. `unavailable`: the ensemble did not say in time.
  void agree(RevisionWish wish, Done done);
  [[nodiscard]] const RevisionRecord& present() const { return present_; }

 private:
  struct Asking;
  void read();
  void ask(const std::shared_ptr<Asking>& asking);
  void decide(const std::shared_ptr<Asking>& asking, const RevisionRecord& present,
              std::int32_t version);
  void write(const std::shared_ptr<Asking>& asking, const RevisionRecord& next,
             std::int32_t version);
  void again(const std::shared_ptr<Asking>& asking);
  void see(RevisionRecord present);

  zk::CuratorFramework& client_;
  const std::function<void()> on_change_;
  RevisionRecord present_;
  zk::CuratorFramework::ListenerId watch_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace settle::cluster
