// Writes that succeed only while a record of ownership is as it was when we took it: each is one
// transaction that checks it first, so a former owner cannot write, however late it is.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "daemon/zookeeper/framework.h"

namespace settle::zk {

enum class Commit : std::uint8_t {
  done,
  fenced,   // Somebody else owns it now: stop, and forget what you hold.
  refused,  // A write of the transaction does not hold (its version, a node that is missing).
  unknown,  // Read back before anything else.
};

class FencedStore {
 public:
  /// `own_path` at `own_version` is what makes us the owner.
  FencedStore(CuratorFramework& client, std::string own_path, std::int32_t own_version)
      : client_(client), own_path_(std::move(own_path)), own_version_(own_version) {}

  using Done = std::function<void(Commit, std::vector<OpResult>)>;
  /// All of `writes` or none; results are of `writes`, in order.
  void commit(Transaction writes, Done done);

  [[nodiscard]] bool is_fenced() const { return is_fenced_; }

 private:
  CuratorFramework& client_;
  const std::string own_path_;
  const std::int32_t own_version_;
  bool is_fenced_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace settle::zk
