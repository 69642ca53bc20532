// One connection to a cluster's tree for a program that asks, waits and ends: no watches, no
// membership. Every call blocks; a call that is refused says why in one sentence.
#pragma once

#include <memory>
#include <string>

#include "daemon/base/ensemble_place.h"
#include "daemon/base/result.h"
#include "daemon/zookeeper/c_client.h"
#include "daemon/zookeeper/event_thread.h"
#include "daemon/zookeeper/framework.h"

namespace settle::cluster {

class Connection {
 public:
  /// `digest` is "user:password"; empty: nobody, and what is made then, anyone may touch.
  /// `unavailable` if no server answers within ten seconds.
  [[nodiscard]] static Result<std::unique_ptr<Connection>> open(const EnsemblePlace& place,
                                                                const std::string& digest);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] const EnsemblePlace& place() const { return place_; }
  /// For what has callbacks, on its own executor.
  [[nodiscard]] zk::CuratorFramework& client() { return *client_; }

  /// Whether the server that we are connected to takes so large a request. Only reads.
  [[nodiscard]] bool takes_requests_of(std::size_t bytes);

  // `not_found` where there is no such node.
  [[nodiscard]] Result<zk::Data> get(const std::string& path);
  [[nodiscard]] Result<zk::Children> children(const std::string& path);
  [[nodiscard]] Result<zk::Stat> set(const std::string& path, const std::string& data,
                                     std::int32_t version);
  /// With everything below it. REQUIRES: not "/".
  [[nodiscard]] Status remove_tree(const std::string& path);

 private:
  Connection(EnsemblePlace place, const std::string& digest);
  [[nodiscard]] Status wait_until_connected();
  [[nodiscard]] Error error_of(zk::Code code, const std::string& path) const;

  const EnsemblePlace place_;
  zk::EventThread thread_;
  std::unique_ptr<zk::CClient> library_;
  std::unique_ptr<zk::CuratorFramework> client_;  // Made and ended on the thread.
};

}  // namespace settle::cluster
