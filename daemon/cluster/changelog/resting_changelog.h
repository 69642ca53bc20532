// A cluster's store whose groups' records lie in a changelog, read as values by whoever is no
// member. It takes nothing over: who writes to it goes on.
#pragma once

#include <memory>

#include "daemon/base/addresses.h"
#include "daemon/cluster/store/connection.h"
#include "daemon/store/resting_store.h"

namespace settle::cluster {

/// As open_resting_zookeeper(), beside the brokers at `changelog`. `invalid` where the cluster
/// keeps its records in another topic, or in ZooKeeper.
[[nodiscard]] Result<std::unique_ptr<RestingStore>> open_resting_changelog(
    std::unique_ptr<Connection> connection, const KafkaAddress& changelog, Rest rest);

}  // namespace settle::cluster
