// The phrasebook: for every reason its sentence, what it means and what to do. What a stranger
// reads at three in the morning; say the fact first, then the rule, then nothing more.
#include <array>

#include "reconcilers/explain/phrase.h"

namespace settle {
namespace {

constexpr std::string_view nothing_to_do = "Nothing to do.";

constexpr std::array phrasebook{
    // Voices.
    Phrase{Reason::proposed,
           "{needs} of the last {of} readings agree on it|{metrics}: {ratio}, rounded up|"
           "{sample} ÷ {target} × {ready} = {ratio}, rounded up|"
           "{sample} ÷ {target} × {ready}, rounded up|{sample} ÷ {target} = {ratio}, rounded up|"
           "{sample} ÷ {target}, rounded up|{adjustment}|asks for {proposes}|asks for a number",
           "The policy has a number, computed from its signal.", nothing_to_do},
    Phrase{Reason::within_tolerance,
           "{metrics}: within {tolerance}|"
           "{sample} is within {tolerance} of {target}[ ({min}–{max})]|"
           "{sample} is close enough to {target}|{from} is within {tolerance} of {desired}|"
           "close enough to stay",
           "The signal, or the change it asks for, is too small to act on.",
           "To react to less, make `tolerance` smaller."},
    Phrase{Reason::step_matched,
           "{count} of the last {of} readings are at least {at_least} and at most {at_most}"
           "[: {adjustment}]|"
           "{count} of the last {of} readings are at least {at_least}[: {adjustment}]|"
           "{count} of the last {of} readings are at most {at_most}[: {adjustment}]|"
           "{sample} is at least {at_least} and at most {at_most}[: {adjustment}]|"
           "{sample} is at least {at_least}[: {adjustment}]|"
           "{sample} is at most {at_most}[: {adjustment}]|"
           "{sample} matches a step[: {adjustment}]|a step matches[: {adjustment}]",
           "The signal lies in one of the policy's steps; of several, the most extreme counts.",
           nothing_to_do},
    Phrase{Reason::no_step_matched, "{sample} is in none of its steps|in none of its steps",
           "The signal lies in none of the policy's steps. As it has a step for shrinking, it "
           "proposes to stay.",
           nothing_to_do},
    Phrase{Reason::no_opinion,
           "{sample} is in none of its steps, and none of them shrinks|has no opinion",
           "The policy neither asks for a change nor stands in the way of one.", nothing_to_do},
    Phrase{Reason::step_waiting,
           "waits {wait} after its own change, until {until}|waits until {until}, after its own "
           "change|waits {wait} after its own change|waits after its own change",
           "A step policy lets its last change take effect before it proposes another.",
           "To let it act sooner, make `wait` shorter."},
    Phrase{
        Reason::breach_pending,
        "{count} of the last {of} readings ask for it, and {needs} must|too few readings ask for "
        "it",
        "The policy acts once so many of its last readings agree (`breach`), and they do not "
        "yet.",
        "To react sooner, ask for fewer `readings`."},
    Phrase{Reason::latched,
           "{alarm} is over[ at {value}][ ({id})], but kept until {release_at}[: {adjustment}]"
           "[, counted from {base}]|"
           "{alarm} fires[ at {value}][ ({id})][: {adjustment}][, counted from {base}]|"
           "its alarm fired[: {adjustment}][, counted from {base}]",
           "The alarm fired. Until it is over, and for `release_after` beyond, the policy asks for "
           "what was desired when it began plus its own amount.",
           "Look at what raised the alarm."},
    Phrase{Reason::alarm_quiet, "{alarm} is quiet[ at {value}][ ({id})]|no matching alert",
           "The policy's alarm does not fire.", nothing_to_do},
    Phrase{Reason::webhook_held,
           "called at {fired_at}[: {adjustment}][, counted from {base}][, kept until {until}]|"
           "called[: {adjustment}][, kept until {until}]",
           "The webhook was called; beside other policies its result stands for `hold_for`.",
           nothing_to_do},
    Phrase{Reason::webhook_silent, "not called", "The webhook has not been called of late.",
           nothing_to_do},
    Phrase{Reason::at_rest,
           "rests at {proposes}, set by {source} at {fired_at}|"
           "rests at {number}|"
           "rests at {proposes}|"
           "at rest",
           "No target and no steps decide for this group: it rests where a webhook, a schedule or "
           "an operator last put it, or else at its initial capacity.",
           nothing_to_do},
    Phrase{Reason::forecast_made,
           "{of} is expected to need {number} until {until}[ (error {error}% of late)]|"
           "asks for what is expected",
           "The load of this time of day and week was learnt; the policy asks for its peak until "
           "`lead` from now. It is a floor and never shrinks the group.",
           nothing_to_do},
    Phrase{Reason::forecast_shown,
           "would ask for {number} until {until}[ (error {error}% of late)]|only shows what it "
           "expects",
           "The forecast is in the mode `forecast_only`: it says what it would ask for, and asks "
           "for nothing.",
           "If its error is small enough, `mode: act`."},
    Phrase{Reason::forecast_learning, "knows nothing yet of this time of day",
           "The load of this quarter of an hour has not been learnt on any day or week.",
           "It speaks a day after it began, and knows the week after a week."},
    Phrase{Reason::fallback_used,
           "no usable sample[ ({reason})]: falls back to {fallback}|"
           "no usable sample: its fallback counts",
           "The signal is missing, and the policy says `when_missing: fallback`: it proposes the "
           "larger of that number and what is desired.",
           "Find out why the signal is missing."},
    Phrase{Reason::metric_missing,
           "nothing is known of {alarm} since {since}: it asks for nothing, and nothing shrinks|"
           "no sample of {metric}[ since {since}]: it asks for nothing, and nothing shrinks|"
           "no sample since {since}: it asks for nothing, and nothing shrinks|"
           "no sample: it asks for nothing, and nothing shrinks",
           "There is no sample of the signal. Missing is not zero: the group grows for others' "
           "sake, and does not shrink.",
           "Find out whether the source still has the series, and whether the query names it."},
    Phrase{Reason::metric_stale,
           "the last sample[, {sample},] is {age} old; older than {stale_after} counts as missing|"
           "the last sample is too old[: from {at}]",
           "The last sample is older than `stale_after`, and counts as missing.",
           "Find out why no newer one arrives."},
    Phrase{Reason::metric_error, "{source} failed[: {reason}]|its source failed[: {reason}]",
           "The source answered with an error; the signal counts as missing.",
           "`settlectl events GROUP` shows what it said last."},
    Phrase{Reason::metric_invalid,
           "{sample} cannot be a value of {signal}|the last sample is no number that can be",
           "The sample is no number, infinite, negative where that is impossible, or from the "
           "future; it counts as missing.",
           "Correct the query, or the clock of whoever sends the sample."},
    Phrase{Reason::schedule_active,
           "min {min}, max {max}[, until {until}][, {delay} later by jitter]|"
           "at least {min}[, until {until}][, {delay} later by jitter]|"
           "at most {max}[, until {until}][, {delay} later by jitter]|active[ until {until}]",
           "The window is open: the limits it states replace the group's until it ends.",
           nothing_to_do},
    Phrase{Reason::schedule_idle,
           "next {from}[, {delay} later by jitter]|next {at}[, {delay} later by jitter]|not now",
           "The window is closed, or the schedule's next firing is still to come.", nothing_to_do},
    Phrase{Reason::schedule_fired,
           "fired at {fired_at}[: {adjustment}][, counted from {base}][, kept until {until}]|"
           "fired[ at {at}][: {adjustment}]",
           "The schedule's time came, and its adjustment was made.", nothing_to_do},
    Phrase{Reason::schedule_skipped,
           "was due at {nominal}, more than {late_by} ago: skipped|"
           "was due at {nominal}: skipped|"
           "was due while nobody looked: skipped",
           "A firing was missed, and by the time it could run it was later than `late_by`.",
           "If it matters still, `settlectl set-desired` does by hand what it would have done."},

    // Rungs.
    Phrase{Reason::largest_proposal,
           "{policy} has the largest number: {to}|"
           "the largest wins[: {to}]",
           "Of all proposals the largest counts.", nothing_to_do},
    Phrase{Reason::shrink_outvoted,
           "{policy} wants to stay: no shrinking below {to}|somebody wants to stay[ at {to}]",
           "A policy would shrink the group, and another needs it as it is. Shrinking takes the "
           "consent of all that have an opinion.",
           "`settlectl why-not GROUP in` names the one that objects."},
    Phrase{Reason::shrink_vetoed_by_missing,
           "{policy} is missing its signal: no shrinking below {to}|"
           "a signal is missing: no shrinking[ below {to}]",
           "A policy is without its signal, so nobody knows whether less would do.",
           "Repair the signal, or exempt the policy with `when_missing: ignore`."},
    Phrase{Reason::nobody_asks, "nobody asks for anything else[ than {to}]",
           "No policy asks for a change.", nothing_to_do},
    Phrase{Reason::last_one_kept,
           "{policy} would take the last one, and nobody could ask for it back|"
           "nobody could ask for the last one back",
           "Who asks for no instance measures instances: without one it would never speak again. "
           "The last goes only if a total, an alert, a webhook or a schedule agrees.",
           "To let it go to zero, measure a total: `divide_by: instances`."},
    Phrase{Reason::initial_capacity, "a new group begins at {initial}|a new group begins[ at {to}]",
           "The group is new: it begins at its initial capacity, or at what is running already.",
           nothing_to_do},
    Phrase{Reason::observation_pending, "nothing can be wanted before a first look at the cloud",
           "The initial capacity is that of the group's own instances, and these have not been "
           "listed in full yet.",
           "If it stays so, look at the daemon's log."},
    Phrase{
        Reason::would_grow_back,
        "{to} instead of {from}: there {policy} would read {sample}, and add again from {at_least}|"
        "with fewer, {policy} would read {sample}, and add again from {at_least}|"
        "fewer would be asked back at once",
        "With fewer instances each of the rest has more to do: a steps policy would add again "
        "at once what is taken away.",
        "If it is to shrink all the same, set the steps that add and remove farther apart."},
    Phrase{Reason::settling,
           "{to} instead of {from} until {until}: has to be wanted for {settle}|"
           "{to} instead of {from}: has to be wanted for {settle}|"
           "has to be wanted for {settle}[: not before {until}]|"
           "not wanted for long enough",
           "A change has to be wanted throughout the stabilisation window before it is made.",
           "To react sooner, make `settle` shorter."},
    Phrase{Reason::step_limited,
           "{to} instead of {from}: at most {limit} per {per}|"
           "{to} instead of {from}: at most {limit}|"
           "at most {limit}[ per {per}]|"
           "the pace is limited",
           "A rate rule lets the group change by so much in so much time.",
           "If it is too slow, raise `at_most` for that direction."},
    Phrase{Reason::cooling_down,
           "{to} instead of {from} until {until}: cools down for {cooldown}|"
           "cools down for {cooldown}[, until {until}]|"
           "cools down[ until {until}]",
           "After a change the group waits for its cooldown before the next.",
           "To react sooner, make `cooldown` shorter."},
    Phrase{Reason::overridden,
           "{owner} holds it at {number}[ until {until}][: {reason}]|"
           "{owner} holds it[ until {until}][: {reason}]|an operator holds it at {to}|"
           "an operator holds it",
           "An operator's hold stands above every policy, within the limits.",
           "It ends by itself; another `settlectl set-desired` replaces it."},
    Phrase{Reason::paused,
           "{owner} paused {scope}[ at {since}][: {reason}]|"
           "{owner} paused it[ at {since}][: {reason}]|an operator paused it[: {reason}]",
           "An operator stopped everything for this group: nothing is launched, terminated, "
           "repaired or sent again. What would be desired is still computed.",
           "`settlectl resume GROUP` lets it go on."},
    Phrase{Reason::at_minimum,
           "{ready} serve, and {min} is the minimum|"
           "{to} instead of {from}: the minimum[ is {min}]|"
           "{min} is the minimum|"
           "at the minimum",
           "Less is asked for than the limits in force allow.",
           "If less is right, lower `capacity.min` or look which schedule raises it."},
    Phrase{Reason::at_maximum,
           "{to} instead of {from}: the maximum[ is {max}]|"
           "{max} is the maximum|"
           "at the maximum",
           "More is asked for than the limits in force allow.",
           "If more is right, raise `capacity.max`; mind the cloud's quota."},
    Phrase{Reason::limits_repaired,
           "{to} at once: {from} was outside of {min}–{max}|"
           "brought back within the limits",
           "What was desired lay outside of the limits in force, and is brought back without "
           "waiting for anything.",
           nothing_to_do},
    Phrase{Reason::already_at_desired, "as it should be", "What there is, is what is desired.",
           nothing_to_do},

    // Guards, and why steps wait.
    Phrase{Reason::observation_incomplete,
           "the last listing was not complete[: {reason}], so it proves nothing",
           "The cloud did not list all of the group's instances; what a part does not show may "
           "exist all the same.",
           "If it stays so, look at the daemon's log."},
    Phrase{Reason::observation_stale,
           "the last look at the cloud is {age} old|the last look at the cloud is too old",
           "Nothing is planned from a picture of the cloud that may be out of date.",
           "If it stays so, look at the daemon's log."},
    Phrase{Reason::observation_warming,
           "{used} of {limit} agreeing looks at the cloud so far|"
           "has not looked at the cloud often enough yet",
           "An owner that has just begun looks more than once before it destroys anything.",
           nothing_to_do},
    Phrase{Reason::look_pending, "the next look at the cloud shows what the last call did",
           "After each call the group waits for a listing that began later, so that nothing is "
           "planned twice.",
           "Nothing to do: it takes one listing."},
    Phrase{Reason::launch_budget_spent,
           "{used} of {limit} launches in {per} are used|{used} of {limit} launches are used|"
           "the launch budget is used up",
           "So many launches in so much time and no more, whoever asks.",
           "It goes on by itself; raise `guards.launches` if that is too slow."},
    Phrase{Reason::termination_budget_spent,
           "{used} of {limit} terminations in {per} are used|"
           "{used} of {limit} terminations are used|the termination budget is used up",
           "So many terminations in so much time and no more, whoever asks.",
           "It goes on by itself; raise `guards.terminations` if that is too slow."},
    Phrase{Reason::disruption_budget_spent,
           "{used} out of service, at most {limit} at one time|"
           "{condemned} to be replaced, at most {limit} at one time|"
           "as many are out of service as may be at one time",
           "Scale-in, replacement and rolling change share one budget of instances that may be out "
           "of service at one time.",
           "It goes on as soon as some are back; find out why they are not if it does not."},
    Phrase{Reason::frozen,
           "{guard} blocks it|"
           "a freeze window blocks it",
           "A freeze window is open and names this kind of step.",
           "It goes on when the window ends; remove the freeze if it cannot wait."},
    Phrase{Reason::flapping_held,
           "went back and forth {reversals} times[ within {period}]: held|"
           "went back and forth too often: held",
           "Desired went up and down too often in a short time; it is held where it hurts least.",
           "Widen the tolerance, or lengthen `scale_in.settle`."},
    Phrase{Reason::mass_change,
           "{lost} lost at once, {percent}% of the group: nothing more is destroyed|"
           "{lost} lost at once: nothing more is destroyed|"
           "too many lost at once: nothing more is destroyed",
           "A large part of the group vanished at once. That is an outage or a mistake, and "
           "destroying more would not help.",
           "Look at the cloud first; the guard lets go when the group is whole again."},
    Phrase{Reason::probe_suspect,
           "{count} reported unhealthy, more than {limit}%: the probe is suspect|"
           "{count} reported unhealthy: the probe is suspect|"
           "so many reported unhealthy that the probe is suspect",
           "More instances are reported unhealthy than `stop_above`. It is likelier that the check "
           "is broken than the fleet.",
           "Look at the health check. What the cloud itself calls dead is replaced all the same."},
    Phrase{Reason::born_dead,
           "{times} launches in a row died before they served|"
           "{count} launches in a row died before they served|"
           "launches die before they serve",
           "New instances of this template do not live; launching more would only cost.",
           "Look at the image and its start-up; a changed `launch` begins anew."},
    Phrase{Reason::no_room,
           "{possible} may exist already, and {max} is the maximum|"
           "the maximum leaves no room",
           "Everything that may exist counts toward the maximum, also what is being built or is "
           "condemned and what was launched and not yet seen.",
           "It goes on when something is gone for certain."},
    Phrase{Reason::no_room_to_replace,
           "it serves, and the maximum of {max} leaves no room for its replacement|"
           "it serves, and there is no room under the maximum for its replacement",
           "A replacement is launched first, and the maximum leaves no room for one. An instance "
           "that still serves is not given up for that.",
           "Raise `capacity.max` by one or more above what is needed."},
    Phrase{Reason::boot_pending, "{building} still building|waits for what is still building",
           "What was launched is not ready yet.", nothing_to_do},
    Phrase{Reason::drain_pending,
           "draining since {since}[, at most {drain_timeout}]|"
           "draining",
           "The instance finishes its work before it is terminated.",
           "It goes on after `drain_timeout` at the latest."},
    Phrase{Reason::replacement_pending, "waits until its replacement serves",
           "The condemned instance stays until the one that replaces it is ready.", nothing_to_do},
    Phrase{Reason::intent_open, "asked for already[ at {since}], and not yet seen to be done",
           "The step was committed before; the cloud has yet to show its effect.", nothing_to_do},
    Phrase{Reason::instance_protected, "protected from scale-in",
           "The instance bears a protection, and is never a victim of scale-in.",
           "Lift the protection if it may go."},
    Phrase{Reason::interlock_refused, "the interlock refused[: {rule}][: {reason}]",
           "An independent check of every destructive step said no. It shares no code with the "
           "planner, so one of the two is wrong or the world changed in between.",
           "Read the rule that it names; report it if the step looks right to you."},
    Phrase{Reason::observe_only,
           "{owner} lets {scope} only be observed[: {reason}]|{owner} lets it only be observed|"
           "mode is observe: decides, and touches nothing",
           "The daemon runs in `mode: observe`: it decides and explains, and cannot call the "
           "cloud.",
           "Set `mode: act` once its decisions are what you want."},
    Phrase{Reason::journal_failed, "the journal cannot be written: decides, and does nothing",
           "No step without a durable record of it.", "Look at the disk of the journal."},
    Phrase{Reason::at_limit_of_max,
           "{possible} may exist and {max} is the maximum: launches fewer|"
           "the maximum leaves room for fewer",
           "Some of the launches fit under the maximum, counting everything that may exist, and "
           "the others wait.",
           "It goes on when something is gone for certain."},
    Phrase{Reason::rollout_soaking,
           "the members of the last batch prove themselves until {until}[; {count} to go]|"
           "the members of the last batch prove themselves first",
           "A rolling change waits after each batch, so that what is wrong with the new template "
           "shows before more depends on it.",
           nothing_to_do},
    Phrase{Reason::rollout_unwell,
           "a rolling change waits while {count} of its new members are not well|"
           "a rolling change waits until the group is well",
           "No further member is replaced while a new one is unhealthy, or as many are "
           "unavailable as the disruption budget allows.",
           "Look at the new members; it goes on by itself once they are well."},
    Phrase{Reason::rollout_halted,
           "{times} new members failed, {limit} halt the change[: {launch_hash} stays in force]|"
           "the rolling change was halted[: {launch_hash} stays in force]",
           "Too many members of the new launch template failed, so no further member is replaced.",
           "Correct `launch`: another template begins another change."},
    Phrase{
        Reason::hook_pending,
        "waits for the answer to hook {hook}, at most until {until}|waits for a hook",
        "Somebody asked to be heard before the instance serves, or before it goes.",
        "It is answered by an event, or by `settlectl hook`; at the deadline its default holds."},
    Phrase{Reason::only_up,
           "{owner} lets {scope} only grow[: {reason}]|{owner} lets it only grow|"
           "its mode is only-up: nothing leaves",
           "The group is restrained to growing: it launches, and nothing is drained, replaced or "
           "terminated.",
           "`settlectl resume`, or `mode: act` where it is configured."},
    Phrase{Reason::daily_cap_spent,
           "{used} of {limit} in {per} are used up, whatever they were for|"
           "the cap of a day is used up",
           "So many launches and terminations a day and no more, counted across restarts and "
           "successions. What reaches it is likely to go round in circles.",
           "Find out what keeps the group busy; raise `guards.launches_a_day` or "
           "`guards.terminations_a_day` if it is meant to be."},
    Phrase{Reason::spend_cap_reached,
           "{possible} at {price} {unit} each leave no room under {limit} {unit}|"
           "the group costs as much as it may",
           "Everything that may exist costs money, and one more would cost more than "
           "`guards.spend` allows. That holds for a repair below the minimum as well.",
           "Raise `guards.spend.at_most`, or choose a cheaper flavor."},
    Phrase{Reason::shared_budget_spent,
           "budget {budget}: {used} of {limit} {unit} in use, most by {by}|"
           "budget {budget} is used up|a budget that groups share is used up",
           "Groups share a limit, and it is used up. Who is below its minimum goes first when "
           "something is given back, then the larger `priority`.",
           "Raise the budget, or make one of the groups that share it smaller."},
    Phrase{Reason::shared_budget_pending,
           "waits for its share of budget {budget}|waits for its share of a budget",
           "Groups share a limit, and what this one needs of it has been asked for. An owner that "
           "has just begun hears all of them before it gives anything to anybody.",
           "Nothing to do: it takes a moment."},
    Phrase{Reason::fleet_change,
           "{lost} lost at once over several groups, {percent}% of all: nothing more is destroyed|"
           "too many lost at once over all groups: nothing more is destroyed",
           "Several groups lost instances at once, each of them too few to notice. That is an "
           "outage or a mistake, and destroying more would not help.",
           "Look at the cloud first; the guard lets go when the losses are ten minutes old."},
    Phrase{Reason::contended,
           "somebody else undid what it did, {times} times within {per}: it holds|"
           "somebody else undoes what it does: it holds",
           "Instances that were launched here vanish, or such as were terminated come back, and "
           "nobody asked for it here: a second controller is at work on the same instances.",
           "Let one of the two own the group: take the other away, or pause this one."},
    Phrase{
        Reason::last_look_due, "the victim is looked at once more first|looks once more first",
        "What is about to be destroyed is looked at again: by a listing of the last ten seconds, "
        "or one that began after it was chosen.",
        "Nothing to do: it takes one listing."},
    Phrase{Reason::balancer_pending,
           "asked to be a member of {pools}, which the load balancer has yet to show|"
           "waits for the load balancer to take it",
           "A new instance serves once the load balancer shows it as a member of every pool of its "
           "group. Until then it is kept, and is no capacity.",
           "If it stays so, look at the pool: it may be waiting for something itself."},
    Phrase{Reason::leave_pending,
           "leaves {pools} first, until {until} at the latest|leaves the load balancer first",
           "No instance is ended while a load balancer has it as a member, so that its address is "
           "free and nothing is sent to it. A balancer that does not answer holds it up for a "
           "minute.",
           "Nothing to do: what is left over of it leaves later."},

    // Steps, and why they are taken.
    Phrase{Reason::below_desired,
           "{desired} desired, {ready} ready[, {building} building]|"
           "{possible} of {desired} desired|"
           "fewer than desired",
           "There are fewer instances than desired.", nothing_to_do},
    Phrase{Reason::above_desired,
           "{ready} ready, {desired} desired|"
           "{possible} where {desired} are desired|"
           "more than desired",
           "There are more instances than desired.", nothing_to_do},
    Phrase{Reason::instance_unhealthy,
           "{reporter} has called it unhealthy for {for}[: {reason}]|"
           "{reporter} calls it unhealthy[: {reason}]|"
           "reported unhealthy[ for {for}][: {reason}]",
           "A health check reported the instance unhealthy for long enough.", nothing_to_do},
    Phrase{Reason::instance_failed,
           "{state} for {for}|"
           "the cloud says {state}[: {error}]|"
           "the cloud says that it failed",
           "The cloud itself says that the instance failed.",
           "The cloud's own record of the instance says why."},
    Phrase{Reason::instance_gone,
           "not in the cloud's listings since {since}|the cloud says {state}|gone",
           "The instance is gone for certain: the cloud said so, or it was absent from several "
           "complete listings and by its id.",
           nothing_to_do},
    Phrase{Reason::launch_timed_out,
           "still {state} after {age}|"
           "still building after {limit}|"
           "still building after too long",
           "The instance was not ready within `launch_timeout`, and counts as failed.",
           "If that is how long it takes, raise `launch_timeout`."},
    Phrase{Reason::replacement_ready, "its replacement serves",
           "What replaces the condemned instance is ready, so it may go.", nothing_to_do},
    Phrase{Reason::inherited_intent, "begun by the owner before, sent again under the same token",
           "The previous owner committed the step; whether it was sent is not known, and under the "
           "same token it happens once.",
           nothing_to_do},
    Phrase{Reason::outcome_unknown, "the answer was lost: sent again under the same token",
           "The cloud may or may not have done it. Under the same token it happens once.",
           nothing_to_do},
    Phrase{Reason::duplicate_of_intent, "one launch made two, and this one is too many",
           "The cloud made more than one instance of one launch.",
           "Clouds without idempotency tokens do that now and then; often means a faulty proxy."},
    Phrase{Reason::launch_outdated, "made from an earlier launch template",
           "The launch template has changed, and `rollout` replaces what was made before.",
           nothing_to_do},
    Phrase{Reason::instance_too_old, "older than {limit}|older than the group lets it be",
           "The instance has reached the group's `max_instance_age`.", nothing_to_do},
    Phrase{Reason::instance_relapsed, "fell ill {times} times[ within {limit}]|fell ill repeatedly",
           "The instance goes to and fro between healthy and unhealthy.", nothing_to_do},
    Phrase{Reason::reports_silent, "{reporter} has said nothing of it for {limit}|no report of it",
           "The group's `silent_after` says that an instance nobody reports on is unhealthy.",
           "If the reporter itself is down, nothing is replaced beyond `stop_above`."},
    Phrase{Reason::replace_ordered, "{owner} asked for its replacement|an operator asked for it",
           "An operator ordered that another take its place.", nothing_to_do},
    Phrase{Reason::hook_abandoned, "hook {hook} abandoned it|a hook abandoned it",
           "Whoever prepares new instances gave this one up, or did not answer in time.",
           "The answerer's own log says why."},
    Phrase{Reason::warm_pool_short, "the warm pool has {count} of {limit}|the warm pool is short",
           "The group keeps `warm_pool` instances ready beyond what is desired.", nothing_to_do},
    Phrase{Reason::not_balanced,
           "in service, and {membership} where {pools} are declared|"
           "in service, and no member as declared",
           "Every instance in service is to be a member of the pools that `load_balancer` names, "
           "with its port and its weight. Whoever changes that elsewhere is overruled.",
           "Set the instance on standby to take it out for a while."},
    Phrase{Reason::leaves_balancer,
           "{membership} of {pools}, and not in service any more|not in service any more",
           "What is to end, or was set aside, is taken out of the pools.", nothing_to_do},
    Phrase{Reason::member_left_over,
           "a member of {pools} without an instance|"
           "a member without an instance",
           "The instance of this member is gone, or ended before it could leave.", nothing_to_do},
    Phrase{Reason::back_in_service, "needed after all while it drains|needed after all",
           "More is desired again before its drain was over, and it is put back in the pools "
           "instead of another being launched.",
           nothing_to_do},
    Phrase{Reason::protection_ordered, "{owner} protects it[: {reason}]|an operator protects it",
           "An operator protects the instance, and its cloud is told by a mark, once. The group "
           "spares it whether the cloud knows or not.",
           nothing_to_do},
    Phrase{Reason::protection_lifted,
           "{owner} takes the protection back[: {reason}]|the protection was taken back",
           "An operator took a protection back that the cloud was told of, and the mark goes too. "
           "One that the cloud had by itself stays.",
           nothing_to_do},

    // What the cloud said.
    Phrase{Reason::cloud_refused, "the cloud refused[: {reason}]",
           "The cloud refused the call for good.", "The daemon's log has its words."},
    Phrase{Reason::cloud_throttled, "the cloud asks to slow down[, {times} times so far]",
           "Too many calls for the cloud's taste; they are made again later.",
           "If it is often so, lower the cloud's `budget.calls_per_second`."},
    Phrase{Reason::cloud_quota, "the quota is used up",
           "The project's quota leaves no room for another instance.",
           "Raise the quota, or lower the maximum to what there is."},
    Phrase{Reason::cloud_no_capacity, "the cloud has no room in {zone}|the cloud has no room",
           "The cloud has no room for such an instance at the moment.",
           "More zones in `launch.spread_over` or another flavor help."},
    Phrase{Reason::cloud_unreachable, "the cloud does not answer",
           "The cloud's API cannot be reached; the fleet stays as it is.",
           "The daemon's log shows since when."},
    Phrase{Reason::launch_config_invalid, "the cloud rejects the launch configuration[: {reason}]",
           "An image, flavor or network of `launch` does not exist or may not be used.",
           "Correct `launch`."},
    Phrase{Reason::balancer_refused, "the load balancer refused[, {times} times so far]",
           "The load balancer refused the call for good: there is no such pool, the address is "
           "taken by somebody else's member, or its quota is used up.",
           "Look at the pool, and at the project's quota. It is asked again later."},
    Phrase{Reason::balancer_unreachable, "the load balancer does not answer",
           "Who is a member is not known, so nobody joins. Scaling goes on; who drains waits, "
           "since it cannot be told to send no more work.",
           "It goes on by itself once the load balancer answers."},
    Phrase{
        Reason::lease_not_held, "not certain enough to own the group: waits",
        "A call leaves only while this node's lease on the group's partition outlasts it. It does "
        "not just after a takeover, and while ZooKeeper cannot be reached.",
        "See `settlectl members`; the call leaves by itself once the lease is back."},
};

constexpr bool is_whole() {
  if (phrasebook.size() != static_cast<std::size_t>(Reason::count_)) {
    return false;
  }
  for (std::size_t i = 0; i < phrasebook.size(); ++i) {
    if (phrasebook[i].reason != static_cast<Reason>(i)) {
      return false;
    }
    // Whatever is absent from a record, something is left to say.
    const std::string_view sentence = phrasebook[i].sentence;
    bool in_brackets = false;
    for (const char c : sentence.substr(sentence.rfind('|') + 1)) {
      in_brackets = c == '[' || (in_brackets && c != ']');
      if (c == '{' && !in_brackets) {
        return false;
      }
    }
  }
  return true;
}
static_assert(is_whole());

constexpr Phrase unknown{Reason::count_, "for a reason that this version does not know",
                         "A newer version of the engine gave this reason.",
                         "Read it with that version."};

}  // namespace

const Phrase& phrase(Reason reason) {
  const auto place = static_cast<std::size_t>(reason);
  return place < phrasebook.size() ? phrasebook[place] : unknown;
}

}  // namespace settle
