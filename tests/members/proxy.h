// A TCP proxy on loopback between one member and one server, for what a network does: it can hold
// either direction back, or cut everything. What was held back comes late or, after a cut, never.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

namespace settle::cluster {

class Proxy {
 public:
  /// Forwards what comes to port() to `target` of loopback.
  explicit Proxy(int target);
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  [[nodiscard]] int port() const { return port_; }
  void hold_requests(bool held) { requests_held_ = held; }
  void hold_answers(bool held) { answers_held_ = held; }
  /// Every connection that there is, and while both directions are held no new one gets anywhere.
  void cut() { ++cuts_; }

 private:
  void run();
  void accept_one(std::vector<std::pair<int, int>>& links) const;

  const int target_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> requests_held_{false};
  std::atomic<bool> answers_held_{false};
  std::atomic<std::uint64_t> cuts_{0};
  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

}  // namespace settle::cluster
