// The simulated cloud as a cloud: calls that take time, answers that come later or get lost.
#pragma once

#include <functional>
#include <memory>

#include "daemon/base/timers.h"
#include "daemon/cloud/cloud.h"
#include "daemon/cloud/inventory.h"
#include "daemon/cloud/simulated_cloud.h"
#include "daemon/partition/loop.h"

namespace settle {

class SimulatedClient final : public CloudWriter, public Inventory {
 public:
  /// `clock` and `timers` must outlive whatever `timers` still holds; this may go before that.
  /// Settings with a state_file are for open().
  SimulatedClient(SimulatedSettings settings, const Clock& clock, Timers& timers);
  /// The same, with what the state_file remembers. What is done is in the file before it is
  /// answered, so that it outlives the process (though not the machine).
  [[nodiscard]] static Result<std::shared_ptr<SimulatedClient>> open(SimulatedSettings settings,
                                                                     const Clock& clock,
                                                                     Timers& timers);

  void observe(const Observe& look, ObservedReply reply) override;
  void act(const Act& act, ActedReply reply) override;
  void list_all(ListedReply reply) override;

  /// The model itself, between two calls: for what others do in this cloud, and for what is true.
  void visit(const std::function<void(SimulatedCloud&, Chance&)>& visitor);

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace settle
