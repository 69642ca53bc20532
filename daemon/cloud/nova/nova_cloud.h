// OpenStack Nova as a cloud: one project in one region, over the one outbound client.
//
// Nova has no idempotency: the same request twice is two servers. So a launch bears its intent's
// token as a tag in the request that makes it, and one that may have been sent before is looked for
// by that tag. Found, it is the answer; not found, it may still be on its way through Nova, and is
// sent again only once it had time to show (`settle_after`). What is to be changed is looked at
// right before, by id: a server without all of our marks is refused, whatever a listing said.
//
// Deliberately absent: retries. A call that may be made again is made again by the engine, under
// the same token.
#pragma once

#include <memory>
#include <string>

#include "daemon/base/timers.h"
#include "daemon/cloud/cloud.h"
#include "daemon/cloud/inventory.h"
#include "daemon/cloud/nova/session.h"
#include "daemon/http/outbound.h"

namespace settle::nova {

class Api;

struct Settings {
  std::string auth_url;
  Choice choice;
  std::string cluster;             // Marks what is ours: two clusters never share one.
  Duration list_every{5'000};      // Listings begin no closer to each other.
  Duration act_deadline{10'000};   // Of a change, from the first look to its answer.
  Duration look_deadline{30'000};  // Of one page.
  Duration settle_after{60'000};   // From a launch in doubt until one that does not show is none.
  int page_size = 500;             // Servers to a page.
};

class NovaCloud final : public CloudWriter, public Inventory {
 public:
  /// Clock and timers outlive whatever is under way; this may go before that.
  NovaCloud(Settings settings, LoginSource login, std::shared_ptr<http::Outbound> out,
            const Clock& clock, Timers& timers);
  ~NovaCloud() override;

  void observe(const Observe& look, ObservedReply reply) override;
  void act(const Act& act, ActedReply reply) override;
  void list_all(ListedReply reply) override;

  /// The way to the other services of the same project, over the same session.
  [[nodiscard]] std::shared_ptr<Api> api() const;

 private:
  struct Shared;
  const std::shared_ptr<http::Outbound> out_;
  const std::shared_ptr<Shared> shared_;
};

}  // namespace settle::nova
