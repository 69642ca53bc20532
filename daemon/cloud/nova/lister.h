// Everything that bears a cluster's mark, page by page, with proof that it is everything.
//
// A page that could have another after it is followed until one comes that is not full; a page that
// shows nothing new leads in a circle and proves nothing. A server that was there and is not in the
// listing is looked at by its id before it counts as gone: Nova's listing by tag leaves out,
// silently, what lies in a cell that does not answer (Compute API Guide, "Handling Down Cells").
// One that we have let go and that is not there any more is shown once as DELETED, so that nobody
// waits for what an absence of another making would have to prove.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "daemon/cloud/listing_desk.h"
#include "daemon/cloud/nova/answers.h"
#include "daemon/cloud/nova/api.h"

namespace settle::nova {

struct ListerSettings {
  std::string cluster;
  Duration look_deadline{30'000};  // Of one page, or of one look.
  int page_size = 500;             // Servers to a page; a cloud may give fewer (its max_limit).
  int pages_max = 1'000;           // More is a listing that does not end: not complete.
  int looks_max = 20;              // By id, in one listing; more missing: not complete.
};

class Lister : public std::enable_shared_from_this<Lister> {
 public:
  using Done = std::function<void(Listed)>;
  Lister(ListerSettings settings, std::shared_ptr<Api> api);
  /// Calls `done` exactly once, on any thread. REQUIRES: the one before has been answered.
  void list(Done done);
  /// Nova took our deletion of it. Safe from any thread.
  void let_go(const InstanceId& id);

 private:
  struct Walk;
  void turn_page(const std::shared_ptr<Walk>& walk);
  void read(const std::shared_ptr<Walk>& walk, const Reply& reply);
  void look_for_missing(const std::shared_ptr<Walk>& walk);
  void looked(const std::shared_ptr<Walk>& walk, const Reply& reply);
  void finish(const std::shared_ptr<Walk>& walk);
  void ask(Ask what, const std::shared_ptr<Walk>& walk,
           void (Lister::*then)(const std::shared_ptr<Walk>&, const Reply&));
  [[nodiscard]] bool was_let_go(const InstanceId& id);
  [[nodiscard]] bool is_ours(const Server& server) const;

  const ListerSettings settings_;
  const std::shared_ptr<Api> api_;
  std::map<InstanceId, Server> known_;  // Ours, as last seen; of one listing at a time.
  std::mutex mutex_;
  std::set<InstanceId> let_go_;  // Guarded by mutex_.
};

}  // namespace settle::nova
