// The event file of a simulation: CloudEvents, one or one batch a line, an operator's orders among
// them, and lines that state what the cloud shows or what happens in it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/simulation/simulate.h"
#include "reconcilers/observation.h"
#include "reconcilers/signal.h"

namespace settle {

/// {"at": T, "observe": {"group": G, "complete": true, "instances": [...]}}: what the cloud shows
/// of a group from then on.
struct Statement {
  GroupId group;
  Observation shows;
};

/// {"at": T, "cloud": {"group": G, "instance": 3 or "ID", "becomes": STATE}}: what happens to an
/// instance behind the daemon's back. A number counts the group's instances from the oldest, which
/// is 1.
struct Mishap {
  static constexpr std::string_view gone = "gone";  // The state of what does not exist any more.
  GroupId group;
  InstanceId instance;      // Empty: by ordinal.
  std::size_t ordinal = 1;  // At least 1.
  std::string becomes;
};

struct ScriptLine {
  std::size_t number = 0;
  std::optional<Time> at;  // None: whenever its turn comes.
  std::variant<Signal, Statement, Mishap> content;
};

struct Script {
  std::vector<ScriptLine> lines;        // In order of the file.
  std::vector<DeadLetterNote> refused;  // Events that can never work.
};

/// A line that is no JSON, or a statement that cannot be understood, is an error that names it.
[[nodiscard]] Result<Script> read_script(std::string_view text);

}  // namespace settle
