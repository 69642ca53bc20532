// What reporters have to say about one instance, as one verdict. It knows nothing of what the cloud
// itself says of it (fate.cc), nor of how many others are ill (census.cc doubts the probe).
//
// A verdict is k of n: `health.agree` (1) of the reporters that count must call it unhealthy, each
// for as long as its own `for` asks (0). Those under `unhealthy_when` count; where none is named,
// whoever reports. Nothing counts within `grace` (5 m) after the instance became active.
//
// Silence is not sickness, unless `silent_after` says so: then a reporter that counts and has said
// nothing for that long votes as if it had called the instance unhealthy. One that was never heard
// at all is silent only where it is named, and one that names the ill alone (a query) never is.
//
// What a report says against an instance lapses at its `until`, where it has one: then it is as if
// the reporter had said nothing, so that one that stopped asking condemns nobody.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "reconcilers/decision.h"
#include "reconcilers/spec.h"
#include "reconcilers/state.h"

namespace settle {

struct Diagnosis {
  bool is_ill = false;      // Enough reporters call it so, for however short a time.
  bool is_unknown = false;  // A reporter that counts cannot tell.
  bool is_condemned = false;
  Reason reason = Reason::instance_unhealthy;  // Of one that is condemned.
  std::string_view reporter;                   // Who was the last that it took; in the reports.
  std::optional<Time> changes_at;              // When time alone may change it.
};

/// `reports` are those about this one instance, active since `active_since`.
[[nodiscard]] Diagnosis diagnose(const HealthSpec& spec, std::span<const RememberedHealth> reports,
                                 Time active_since, Time now);

/// Counts how often an instance falls ill, and condemns one that does so `health.relapses` times
/// within `relapses_within` (1 h), also when it is well at the moment. Writes it into `memory`.
void watch_relapses(const HealthSpec& spec, InstanceMemory& memory, Diagnosis& diagnosis, Time now);

/// Whether the reports alone say so: a doubted probe condemns nobody.
[[nodiscard]] constexpr bool is_by_report(Reason reason) {
  return reason == Reason::instance_unhealthy || reason == Reason::reports_silent ||
         reason == Reason::instance_relapsed;
}

}  // namespace settle
