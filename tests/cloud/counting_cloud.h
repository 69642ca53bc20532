// A cloud that knows how many of its calls are under way, so that a test can wait for all of them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "daemon/cloud/cloud.h"

namespace settle {

class CountingCloud final : public CloudWriter {
 public:
  explicit CountingCloud(CloudWriter& cloud) : cloud_(cloud) {}
  void observe(const Observe& look, ObservedReply reply) override {
    begin();
    cloud_.observe(look, [this, reply = std::move(reply)](Observed seen) {
      reply(std::move(seen));
      end();
    });
  }
  void act(const Act& act, ActedReply reply) override {
    begin();
    cloud_.act(act, [this, reply = std::move(reply)](Acted acted) {
      reply(std::move(acted));
      end();
    });
  }
  void know(const std::vector<SpecPointer>& specs) override { cloud_.know(specs); }
  void on_report(HealthReport report) override { cloud_.on_report(std::move(report)); }
  /// Until no call is under way, or for a minute.
  void wait() {
    std::unique_lock lock(mutex_);
    idle_.wait_for(lock, std::chrono::seconds(60), [this] { return under_way_ == 0; });
  }

 private:
  void begin() {
    const std::lock_guard lock(mutex_);
    ++under_way_;
  }
  void end() {
    const std::lock_guard lock(mutex_);
    if (--under_way_ == 0) idle_.notify_all();
  }
  CloudWriter& cloud_;
  std::mutex mutex_;
  std::condition_variable idle_;
  int under_way_ = 0;  // Guarded by mutex_.
};

}  // namespace settle
