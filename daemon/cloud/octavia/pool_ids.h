// Pools that are named by name, to ids. An id is looked up once and kept until somebody says that
// no pool answers to it any more.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "daemon/cloud/nova/members.h"

namespace settle::octavia {

class PoolIds : public std::enable_shared_from_this<PoolIds> {
 public:
  /// The id, or why there is none.
  struct Found {
    std::string id;
    nova::Judgement failure;
  };
  using Done = std::function<void(const Found&)>;

  explicit PoolIds(std::shared_ptr<nova::Api> api) : api_(std::move(api)) {}
  /// Calls back exactly once, on any thread. Safe from any thread.
  void find(const std::string& pool, nova::Manner manner, const Done& done);
  void forget(const std::string& pool);

 private:
  const std::shared_ptr<nova::Api> api_;
  std::mutex mutex_;
  std::map<std::string, std::string> ids_;  // By name; guarded by mutex_.
};

}  // namespace settle::octavia
