// A decision made again from what the journal holds of it. Pure: the same case and the same specs
// give the same answer. Where specs come from is the caller's to know.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "daemon/journal/journal.h"

namespace settle {

/// The spec that a group had under a revision; null if that revision has no such group.
using SpecLookup =
    std::function<const GroupSpec*(const std::string& revision, const GroupId& group)>;

struct Difference {
  std::string field;     // "desired_to", "voices[cpu].proposes", ...
  std::string recorded;  // As the journal has it.
  std::string replayed;
  friend bool operator==(const Difference&, const Difference&) = default;
};

struct Replayed {
  bool is_same = false;  // Byte for byte.
  std::vector<Difference> differences;
  std::string engine;  // Of the recorded decision, where it is not this one; else empty.
};

/// Decides `recorded` again. `not_found` where its revision or its group is not known.
[[nodiscard]] Result<Replayed> replay(const ReplayCase& recorded, const SpecLookup& specs);

}  // namespace settle
