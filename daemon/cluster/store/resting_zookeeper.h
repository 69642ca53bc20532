// A cluster's store in ZooKeeper while no member is there: read as values, and made of them.
#pragma once

#include <memory>

#include "daemon/cluster/store/connection.h"
#include "daemon/store/resting_store.h"

namespace settle::cluster {

/// At rest no member may be there; one that joins later is noticed by owners().
[[nodiscard]] Result<std::unique_ptr<RestingStore>> open_resting_zookeeper(
    std::unique_ptr<Connection> connection, Rest rest);
/// Refuses (`conflict`) if anything lies at the place but what an earlier call did not finish.
[[nodiscard]] Result<std::unique_ptr<NewStore>> make_zookeeper_store(
    std::unique_ptr<Connection> connection, const StoreIdentity& identity);

}  // namespace settle::cluster
