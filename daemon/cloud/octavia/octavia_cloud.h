// A cloud whose groups may have members in pools of Octavia, the load balancer of the same project.
//
// It stands before the cloud that has the servers: what is about servers goes there, what is about
// membership to Octavia, and a look shows both, as one observation. A pool that cannot be listed
// leaves membership unknown and the look good. Groups without pools cost nothing here.
//
// What health monitors say is told as reports of the reporter `load-balancer`: each change at once,
// and all of it again every `retell_every`.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/timers.h"
#include "daemon/cloud/cloud.h"
#include "daemon/cloud/nova/api.h"

namespace settle::octavia {

inline constexpr std::string_view reporter_name{"load-balancer"};

struct Settings {
  std::string cluster;             // Marks what is ours.
  Duration list_every{5'000};      // Listings of the same pools begin no closer to each other.
  Duration act_deadline{20'000};   // Of a change, over all pools.
  Duration look_deadline{30'000};  // Of one page.
  Duration retell_every{120'000};
  int page_size = 500;
};

class OctaviaCloud final : public CloudWriter {
 public:
  /// Clock and timers outlive whatever is under way; this may go before that.
  OctaviaCloud(Settings settings, std::shared_ptr<CloudWriter> servers,
               std::shared_ptr<nova::Api> api, const Clock& clock, Timers& timers);
  ~OctaviaCloud() override;

  void observe(const Observe& look, ObservedReply reply) override;
  void act(const Act& act, ActedReply reply) override;
  void know(const std::vector<SpecPointer>& specs) override;
  void on_report(HealthReport report) override;

 private:
  struct Shared;
  const std::shared_ptr<CloudWriter> servers_;
  const std::shared_ptr<Shared> shared_;
};

}  // namespace settle::octavia
