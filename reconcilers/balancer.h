// Membership in the pools of a load balancer, as steps of its own (docs/adr/0008).
//
// An instance that is in service joins every pool of its group; one that the group launched serves
// from then on and is building until then, so whom the balancer does not take is kept and is no
// capacity. Before its end it drains (weight 0), then leaves, then is terminated. What is needed
// after all while it drains joins again. A balancer that does not answer stops nothing but this:
// membership is unknown then, nobody joins, and an end waits `leave_patience` for the leave.
//
// Knows nothing of any balancer's API, nor how many connections there are: time alone ends a drain.
#pragma once

#include <string_view>

#include "reconcilers/census.h"
#include "reconcilers/spec.h"

namespace settle {

/// So long an end waits for the leave before it; then the member is left over, and leaves later.
inline constexpr Duration leave_patience{60'000};

/// "at weight 0", "a member": for people, and for facts of records.
[[nodiscard]] std::string_view name(Membership membership);
[[nodiscard]] bool is_balanced(const GroupSpec& spec);
/// From the drain of an instance that served to its end: the longer of `drain.timeout` and, where
/// there is a balancer, `load_balancer.drain_timeout`. Zero: it does not drain.
[[nodiscard]] Duration drain_time(const GroupSpec& spec);
/// Whether it is to be a member, as far as its standing goes.
[[nodiscard]] bool belongs_in_pools(const Counted& counted);
/// Whether a balancer shows it as a member, of whatever weight.
[[nodiscard]] bool is_in_pools(const Instance& instance);
/// Whether a balancer may send it work, or what it sent is not finished, as far as is known.
[[nodiscard]] bool may_have_work(const Counted& counted);

}  // namespace settle
