// What operators say of single instances, as the census and the interlock's view need it. It knows
// nothing of what the cloud says of them.
//
// Two subjects, each with its last word: protection (protect, unprotect) and service (standby,
// in-service, detach, adopt, replace). `unprotect` and `in-service` take back and grant nothing: an
// instance that the cloud itself protects stays protected.
#pragma once

#include <cstdint>

#include "reconcilers/state.h"

namespace settle {

enum class Duty : std::uint8_t {
  usual,
  standby,   // Neither capacity nor a victim; counts toward max.
  detached,  // Not the group's: not counted, never touched.
  replaced,  // Another is to take its place.
};

struct Said {
  bool is_protected = false;
  Duty service = Duty::usual;
  const InstanceOrder* order = nullptr;  // That of `service`, in the memory; null if there is none.
};

/// Costs nothing where nothing was ever said.
[[nodiscard]] Said said_of(const Memory& memory, const InstanceId& id);

}  // namespace settle
