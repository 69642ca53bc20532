// EC2 as a cloud: the Query API of one region, over the one outbound client.
//
// A launch bears its intent's token as ClientToken and as a tag, and all its marks, in the request
// that makes it. One that may have been sent before is looked for by that tag first, so that an
// implementation without idempotency makes no twin either. What is to be changed is looked at right
// before, by id: an instance without all of our marks is refused, whatever a listing said.
//
// Deliberately absent: retries. A call that may be made again is made again by the engine, under
// the same token.
#pragma once

#include <memory>
#include <string>

#include "daemon/base/timers.h"
#include "daemon/cloud/cloud.h"
#include "daemon/cloud/ec2/credentials.h"
#include "daemon/cloud/inventory.h"
#include "daemon/http/outbound.h"
#include "daemon/partition/loop.h"

namespace settle::ec2 {

struct Settings {
  std::string region;
  std::string endpoint;            // Empty: https://ec2.REGION.amazonaws.com/
  std::string cluster;             // Marks what is ours: two clusters never share one.
  Duration list_every{5'000};      // Listings begin no closer to each other.
  Duration act_deadline{5'000};    // Of a call that changes something.
  Duration look_deadline{30'000};  // Of one page.
  int page_size = 500;             // Instances to a page: 5 to 1,000.
  int pages_max = 1'000;           // More is a listing that does not end: not complete.
};

class Ec2Cloud final : public CloudWriter, public Inventory {
 public:
  /// All three outlive whatever is under way; this may go before that.
  Ec2Cloud(Settings settings, CredentialSource credentials, std::shared_ptr<http::Outbound> out,
           const Clock& clock, Timers& timers);
  ~Ec2Cloud() override;

  void observe(const Observe& look, ObservedReply reply) override;
  void act(const Act& act, ActedReply reply) override;
  void list_all(ListedReply reply) override;

 private:
  struct Shared;
  const std::shared_ptr<http::Outbound> out_;
  const std::shared_ptr<Shared> shared_;
};

}  // namespace settle::ec2
