// Keystone, Glance, Neutron and Nova as far as the adapter speaks with them, in memory, on
// loopback. Beside the contract suite, which also runs over the real ones, it can do what those
// cannot be made to do: expire tokens, hide servers, shrink pages, lead in circles.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "tests/http/raw_server.h"

namespace settle::nova {

class FakeOpenstack {
 public:
  struct Kept {
    boost::json::object json;  // As GET /servers/ID has it.
    bool is_hidden = false;    // From listings: its cell does not answer.
  };
  /// What a test sets. Guarded by the fake's own lock: with(...) is the way in.
  struct World {
    std::map<std::string, Kept> servers;
    std::map<std::string, std::string> images{{"img", "10000000-0000-4000-8000-000000000001"}};
    std::string secret = "s3cret";
    std::set<std::string> tokens;  // Those that are taken.
    int token_lifetime_s = 3'600;
    std::string newest_version = "2.90";
    int quota = 1'000;
    int page_max = 1'000;  // max_limit.
    bool leads_in_circles = false;
    bool cell_is_down = false;  // GET by id shows little more than that it exists.
    bool builds_for_ever = false;
    std::string catalogue_url;        // Where the services are said to be; empty: here.
    std::string balancer_url;         // Where Octavia is said to be; empty: nowhere.
    std::vector<std::string> calls;   // "GET /servers/detail", without queries.
    std::vector<std::string> bodies;  // Of what was posted.
    std::map<std::string, std::vector<std::string>> answers;  // Next answers to a call, whole.
    int next_id = 0;
  };

  FakeOpenstack() = default;
  [[nodiscard]] std::string auth_url() const { return server_.url() + "identity/v3"; }
  [[nodiscard]] int port() const { return server_.port(); }

  template <typename Do>
  auto with(Do act) {
    const std::lock_guard lock(mutex_);
    return act(world_);
  }
  /// How often this was called: "POST /servers".
  int count(const std::string& call);

 private:
  struct Request;
  http::RawReply answer(const std::string& text);
  std::string log_in(const Request& request);
  std::string compute(const Request& request);
  std::string list(const Request& request) const;
  std::string create(const Request& request);
  std::string one(const Request& request, const std::string& rest);

  std::mutex mutex_;
  World world_;  // Guarded by mutex_.
  http::RawServer server_{[this](const std::string& request) { return answer(request); }};
};

}  // namespace settle::nova
