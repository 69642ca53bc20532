// The requests of the EC2 API that we make, as parameters. Pure.
#pragma once

#include <string>
#include <string_view>

#include "daemon/cloud/ec2/answers.h"
#include "daemon/cloud/ec2/signature.h"
#include "daemon/cloud/offers.h"
#include "daemon/partition/event.h"

namespace settle::ec2 {

/// What every request begins with.
[[nodiscard]] Parameters request(std::string_view action);
/// RunInstances for one instance of that offer: "m5.large", or "spot:m5.large" of spare capacity.
/// `act` is a launch.
[[nodiscard]] Parameters run_one(const Act& act, const std::string& cluster, const Offer& offer);
/// One page of everything that bears the cluster's mark; `next` of the page before, or empty.
[[nodiscard]] Parameters list_ours(const std::string& cluster, int page_size,
                                   const std::string& next);
/// What was made under this token.
[[nodiscard]] Parameters find_token(const std::string& cluster, const std::string& token);
[[nodiscard]] Parameters find_instance(const InstanceId& instance);
/// The change that an intent about an instance asks for.
[[nodiscard]] Parameters change(const Intent& intent);

}  // namespace settle::ec2
