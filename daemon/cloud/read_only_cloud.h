// A cloud that can only be looked at (mode: observe). Not a switch in front of a write: the call
// does not exist, and whoever holds this holds no way to the cloud behind it.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "daemon/cloud/cloud.h"

namespace settle {

class ReadOnlyCloud final : public CloudReader {
 public:
  explicit ReadOnlyCloud(std::shared_ptr<CloudReader> cloud) : cloud_(std::move(cloud)) {}
  void observe(const Observe& look, ObservedReply reply) override {
    cloud_->observe(look, std::move(reply));
  }
  void know(const std::vector<SpecPointer>& specs) override { cloud_->know(specs); }
  void on_report(HealthReport report) override { cloud_->on_report(std::move(report)); }

 private:
  std::shared_ptr<CloudReader> cloud_;
};

}  // namespace settle
