// One real server of ZooKeeper for a whole program, and a fresh path on it for each test.
#pragma once

#include <future>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "daemon/base/ensemble_place.h"
#include "daemon/cluster/foundation.h"
#include "daemon/cluster/store/connection.h"
#include "tests/zookeeper/ensemble.h"

namespace settle::cluster {

/// Null where java or the package is missing. A server holds its tree in its heap, and its last 500
/// changes beside it.
inline zk::Ensemble* real_server() {
  static const std::unique_ptr<zk::Ensemble> server =
      zk::Ensemble::is_available() ? std::make_unique<zk::Ensemble>(1, 500, 640) : nullptr;
  return server.get();
}

inline EnsemblePlace fresh_place() {
  static int places = 0;
  return {real_server()->servers(), "/settle-" + std::to_string(++places) + "/test"};
}

inline std::unique_ptr<Connection> connect(const EnsemblePlace& place,
                                           const std::string& digest = "") {
  auto connection = Connection::open(place, digest);
  EXPECT_TRUE(connection) << (connection ? "" : connection.error().message);
  return connection ? std::move(*connection) : nullptr;
}

/// Founds a cluster, or says why that is refused.
inline Result<ClusterMeta> found(Connection& connection, std::uint32_t partitions,
                                 const std::string& changelog = "") {
  std::promise<Result<ClusterMeta>> laid;
  auto future = laid.get_future();
  zk::Executor& executor = connection.client().executor();
  std::unique_ptr<Foundation> foundation;
  executor.post([&] {
    foundation = std::make_unique<Foundation>(
        connection.client(), ClusterMeta{"c-1", partitions, "murmur2", 1, changelog});
    foundation->lay([&](const Result<ClusterMeta>& meta) { laid.set_value(meta); });
  });
  auto result = future.get();
  std::promise<void> ended;
  executor.post([&] {
    foundation.reset();
    ended.set_value();
  });
  ended.get_future().get();
  return result;
}

}  // namespace settle::cluster
