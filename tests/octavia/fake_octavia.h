// Octavia's API as far as the adapter speaks with it, in memory, on loopback: pools and their
// members, with filters, pages, quotas and the state in which a balancer cannot be changed.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "tests/http/raw_server.h"

namespace settle::octavia {

class FakeOctavia {
 public:
  struct Pool {
    std::string name;
    std::map<std::string, boost::json::object> members;  // By id, as GET has them.
  };
  /// What a test sets. Guarded by the fake's own lock: with(...) is the way in.
  struct World {
    std::map<std::string, Pool> pools;  // By id.
    int page_max = 1'000;               // pagination_max_limit.
    int quota = 1'000;                  // Members of a pool.
    int busy_for = 0;                   // So many changes more are answered 409: immutable.
    bool is_down = false;               // 503 to everything.
    bool leads_in_circles = false;
    std::vector<std::string> calls;   // "GET /v2/lbaas/pools/ID/members", without queries.
    std::vector<std::string> bodies;  // Of what was posted or put.
    int next_id = 0;
  };

  FakeOctavia() = default;
  [[nodiscard]] std::string url() const { return server_.url() + "load-balancer"; }
  [[nodiscard]] int port() const { return server_.port(); }

  template <typename Do>
  auto with(Do act) {
    const std::lock_guard lock(mutex_);
    return act(world_);
  }
  /// The member of that name in a pool; none: an empty object.
  boost::json::object member(const std::string& pool, const std::string& name);
  /// Somebody makes a member, with or without marks. Returns its id.
  std::string make(const std::string& pool, const boost::json::object& asked);

 private:
  struct Request;
  http::RawReply answer(const std::string& text);
  std::string answer_to(const Request& request);
  std::string list_pools(const Request& request) const;
  std::string list_members(const Request& request, const Pool& pool) const;
  std::string create(const Request& request, Pool& pool);
  std::string one(const Request& request, Pool& pool, const std::string& id);
  boost::json::object born(const boost::json::object& asked);

  std::mutex mutex_;
  World world_;  // Guarded by mutex_.
  http::RawServer server_{[this](const std::string& request) { return answer(request); }};
};

}  // namespace settle::octavia
