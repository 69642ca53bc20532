// Steadiness: tolerance, two stabilisation windows, rate rules and cooldowns. The same for one
// policy's proposal (rung 1) and for the group's (rung 3). Knows nothing of who proposes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reconcilers/agenda.h"
#include "reconcilers/decision.h"
#include "reconcilers/state.h"

namespace settle {

struct Wanted {
  Capacity desired = 0;  // As it is.
  Capacity number = 0;   // As it is asked for.
  Capacity at_once = 0;  // So much of it need not be wanted for a while: webhooks, a rest number.
  bool is_measured = false;  // A tolerance in percent was applied to the measurement already.
};

/// Rates are of the group's capacity, whoever changed it; a cooldown is of one's own changes.
struct Past {
  const std::vector<Change>& all;
  const std::vector<Change>& own;
};

struct Steadied {
  Capacity number = 0;
  Reason reason = Reason::proposed;  // What held it back; `proposed` if nothing did.
  Facts facts;
};

/// Whether `setting` asks for any history at all.
[[nodiscard]] bool is_steady(const Steadiness& setting);
[[nodiscard]] Duration longest_window(const Steadiness& setting);
/// How long changes matter to the rate rules of `setting`, and to its cooldowns.
[[nodiscard]] Duration longest_period(const Steadiness& setting);
[[nodiscard]] Duration longest_cooldown(const Steadiness& setting);

/// Steadies what is wanted at agenda.moment(), and remembers in `recent` that it was.
[[nodiscard]] Steadied steadied(const Steadiness& setting, const Wanted& wanted,
                                std::vector<Proposal>& recent, const Past& past, Agenda& agenda);

/// What growth within an out-cooldown has already added: a step counts from before it.
[[nodiscard]] Capacity added_within(const std::vector<Change>& changes, Duration cooldown,
                                    Time now);

/// "10%" or "3", for a fact.
[[nodiscard]] std::string amount_text(const Decimal& amount, bool is_percent);

}  // namespace settle
