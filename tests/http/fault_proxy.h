// Between an adapter and an implementation: passes on, or does what networks and loaded services
// do. One connection at a time, loopback, a port of the system's choosing.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "tests/http/raw_server.h"

namespace settle::http {

/// What happens to one request.
struct Fault {
  enum class Kind : unsigned char {
    none,
    lose_request,  // The connection ends, and nobody was asked.
    lose_answer,   // It was asked, had its effect, and the connection ends.
    answer,        // Nobody is asked; `reply` is the answer.
    twice,         // It was asked twice; the second answer counts.
    truncate,      // The answer ends after `bytes` bytes of it.
  };
  Kind kind = Kind::none;
  std::string reply{};
  std::size_t bytes = 0;
};

class FaultProxy {
 public:
  /// Called on the proxy's thread for every request.
  using Choose = std::function<Fault(const std::string& request)>;
  explicit FaultProxy(int upstream) : upstream_(upstream) {}

  [[nodiscard]] int port() const { return server_.port(); }
  [[nodiscard]] std::string url() const { return server_.url(); }
  /// From now on; none: everything is passed on.
  void set(Choose choose);
  /// In every answer's body, from now on. A catalogue then leads through other proxies.
  void replace(const std::string& text, const std::string& by);
  /// How many requests did not go through whole.
  [[nodiscard]] int faults() const;

 private:
  RawReply pass_on(const std::string& request);

  const int upstream_;
  mutable std::mutex mutex_;
  Choose choose_;  // Guarded by mutex_, as all that follows.
  std::map<std::string, std::string> replacements_;
  int faults_ = 0;
  RawServer server_{[this](const std::string& request) { return pass_on(request); }};
};

}  // namespace settle::http
