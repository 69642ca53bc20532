// What `store` names, opened: where partitions are committed, and who says which of them are ours.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "config/config.h"
#include "daemon/tenancy/tenancy.h"

namespace settle {

struct Holding {
  std::shared_ptr<Tenancy> tenancy;  // Outlives the store.
  std::shared_ptr<Store> store;
  StoreIdentity identity;
  bool is_cluster = false;
};

struct HoldingRim {
  std::function<bool()> gives_up;                      // Asked while an ensemble is waited for.
  std::function<void(const std::string&)> on_refused;  // The cluster will not have us any more.
  std::function<void()> on_cloned;                     // As cluster::MemberOptions has it.
};

/// Opens or creates a SQLite store, or joins or founds a cluster; the latter waits for as long as
/// its ensemble cannot be reached. `conflict`: what is there is not what the configuration says.
[[nodiscard]] Result<Holding> open_holding(const DaemonConfig& config, HoldingRim rim);

}  // namespace settle
