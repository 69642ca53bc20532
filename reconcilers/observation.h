// What the cloud shows of one group at one moment.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reconcilers/units.h"

namespace settle {

/// What a load balancer shows of an instance, over all the pools that its group names.
enum class Membership : std::uint8_t {
  unknown,  // There is none, or it did not answer.
  absent,   // In no pool.
  drained,  // In some, and none sends it new work.
  partial,  // Gets work, and not as declared: not from each pool, or at another weight.
  member,   // In each, as declared.
};

struct Instance {
  InstanceId id;
  std::string state;  // In the cloud's own word; fate.h gives it its meaning.
  Time created;
  std::string zone;
  std::string launch_hash;  // Of the launch template it was made from; empty if unknown.
  std::string token;        // Of the intent that made it; empty if not ours to know.
  bool is_protected = false;
  bool is_draining = false;
  Membership membership = Membership::unknown;
  friend bool operator==(const Instance&, const Instance&) = default;
};

/// What the cloud says of why an instance failed.
struct InstanceFault {
  InstanceId instance;
  std::string says;  // In the cloud's own words.
  friend bool operator==(const InstanceFault&, const InstanceFault&) = default;
};

/// Every instance that bears the group's marks. An observation that is not complete proves
/// nothing about what it does not show.
struct Observation {
  Time at;  // When the listing began: nothing later is in it for certain.
  bool is_complete = false;
  std::vector<Instance> instances;  // Ordered by id.
  bool tells_by_id{};  // This cloud also says of a single id whether it exists: see Observe.
  std::vector<InstanceId> gone{};       // Asked for by id, and the cloud has none. Ordered.
  std::vector<InstanceFault> faults{};  // Of those that failed and of which it is known.
  /// The group's members in pools of whom there is no instance in the list; in order.
  std::vector<InstanceId> strays{};
  friend bool operator==(const Observation&, const Observation&) = default;
};

}  // namespace settle
