// What a group remembers across a crash; a checkpoint holds exactly this.
//
// Memory is what the group was told: a join of everything that arrived, the same for every order,
// repetition and batching of the same events. The rest is what the group did about it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "reconcilers/decision.h"
#include "reconcilers/signal.h"
#include "reconcilers/spec.h"
#include "reconcilers/units.h"

namespace settle {

struct RememberedSample {
  Stamp stamp;
  SampleClaim sample;
  friend bool operator==(const RememberedSample&, const RememberedSample&) = default;
};

struct RememberedAlarm {
  Stamp stamp;
  AlarmClaim alarm;
  friend bool operator==(const RememberedAlarm&, const RememberedAlarm&) = default;
};

struct RememberedHealth {
  Stamp stamp;
  HealthClaim report;
  std::optional<Time> unhealthy_since;  // Of the unbroken run that stamp ends, to a minute.
  // What it takes to find where that run began, whatever the order of arrival.
  std::optional<Time> last_other;  // The newest report that did not say unhealthy.
  std::vector<Time> unhealthy;     // Of each minute, the newest unhealthy report after last_other.
  friend bool operator==(const RememberedHealth&, const RememberedHealth&) = default;
};

/// What was said of one hook of one instance.
struct RememberedHook {
  Stamp stamp;
  LifecycleClaim claim;
  friend bool operator==(const RememberedHook&, const RememberedHook&) = default;
};

/// What an operator said of one instance: of its protection, or of its service.
struct RememberedInstanceOrder {
  Stamp stamp;
  InstanceOrder order;
  friend bool operator==(const RememberedInstanceOrder&, const RememberedInstanceOrder&) = default;
};

/// Something that fires once and moves the group's own number: a webhook, a one-shot schedule or
/// an operator's number. While it is within `lateness` it also remembers its own id.
struct Firing {
  Stamp stamp;
  std::string origin;  // "policy/NAME", "schedule/NAME" or "operator/OWNER".
  Adjustment adjustment;
  friend bool operator==(const Firing&, const Firing&) = default;
};

template <typename Order>
struct Remembered {
  Stamp stamp;
  Order order;
  friend bool operator==(const Remembered&, const Remembered&) = default;
};

struct Memory {
  std::vector<RememberedSample> samples;  // Last writer per (signal, instance), in that order.
  std::vector<RememberedAlarm> alarms;    // Last writer per (alarm, alert).
  std::vector<RememberedHealth> health;   // Last writer per (instance, reporter).
  std::vector<Firing> firings;            // In order of stamp; what is older is in `base`.
  std::optional<Capacity> base;           // The fold of every firing before `folded_to`.
  Time folded_to;
  Time scheduled_to;  // One-shot schedules have been considered up to here.
  std::optional<Remembered<PauseOrder>> pause;
  std::optional<Remembered<HoldOrder>> hold;
  std::vector<RememberedHook> hooks;            // Last writer per (instance, hook).
  std::vector<RememberedInstanceOrder> orders;  // Per instance, of protection and of service.
  friend bool operator==(const Memory&, const Memory&) = default;
};

/// A number that was wanted from some moment on, until the next one in its list.
struct Proposal {
  Time at;
  Capacity number = 0;
  friend bool operator==(const Proposal&, const Proposal&) = default;
};

/// One change of desired capacity.
struct Change {
  Time at;
  Capacity from = 0;
  Capacity to = 0;
  friend bool operator==(const Change&, const Change&) = default;
};

/// What a policy made of one new sample.
struct Evaluation {
  Time at;                      // Of the sample.
  std::optional<Decimal> said;  // The reading of steps, the number of a target; none: missing.
  friend bool operator==(const Evaluation&, const Evaluation&) = default;
};

/// What one policy remembers of itself.
struct VoiceState {
  std::string policy;
  std::vector<Proposal> recent;         // For its own stabilisation windows.
  std::vector<Change> changes;          // For its own rates and cooldowns, and a step's wait.
  std::optional<Capacity> latched;      // An alert's base, while it latches.
  std::optional<Time> release_at;       // When the latch ends, once its alarm is resolved.
  std::vector<Evaluation> evaluations;  // The last of them, where several must agree.
  friend bool operator==(const VoiceState&, const VoiceState&) = default;
};

/// What one quarter of an hour of a day, or of a week, has been like.
struct SeasonSlot {
  std::int32_t slot = 0;  // After local midnight, or after that of Monday.
  Decimal load;
  friend bool operator==(const SeasonSlot&, const SeasonSlot&) = default;
};

/// What was expected of a quarter of an hour, and what came.
struct Foretold {
  Time at;
  Decimal expected;
  Decimal load;
  friend bool operator==(const Foretold&, const Foretold&) = default;
};

/// What a forecast has learnt of a load.
struct Season {
  std::string policy;              // The forecast's.
  std::vector<SeasonSlot> day;     // In order of slot; at most 96.
  std::vector<SeasonSlot> week;    // In order of slot; at most 672.
  Time quarter;                    // The quarter of an hour that is being learnt.
  std::optional<Decimal> peak;     // The largest load in it, so far.
  Time heard_at;                   // The newest sample that was learnt.
  std::vector<Foretold> foretold;  // Of the last day.
  friend bool operator==(const Season&, const Season&) = default;
};

enum class IntentKind : std::uint8_t {
  launch,
  terminate,
  drain,
  protect,
  unprotect,
  join,   // A member of every pool, as declared.
  leave,  // Of none.
};
enum class IntentStage : std::uint8_t {
  open,      // Committed or about to be; may have been sent; sent again under the same token.
  unknown,   // Sent, and the answer was lost.
  accepted,  // The cloud said yes; waiting to see it.
};

/// An action that was decided and not yet seen to be done. It ends by evidence, never by age.
struct Intent {
  std::string token;  // Unique for all time, and the cloud's idempotency token.
  IntentKind kind = IntentKind::launch;
  IntentStage stage = IntentStage::open;
  InstanceId instance;  // The victim; of a launch, the result once it is known.
  InstanceId replaces;  // Of a launch that replaces an instance.
  std::string zone;     // Of a launch; frozen with the token.
  std::string launch_hash;
  Time opened_at;
  std::uint32_t sends = 0;
  Time retry_at;               // Not sent again before this.
  bool is_voluntary = false;   // Nothing forces it (a scale-in): never below min.
  bool takes_service = false;  // Its victim served when it was chosen.
  friend bool operator==(const Intent&, const Intent&) = default;
};

/// What is remembered of an instance from one observation to the next.
struct InstanceMemory {
  InstanceId id;
  Time first_seen;
  std::optional<Time> active_since;   // Begins the grace for health and the warm-up.
  std::optional<Time> missing_since;  // Not in complete listings since.
  std::uint8_t missing_listings = 0;  // Complete ones without it, at least a minute apart.
  Time missing_counted_at;            // When the last of these was counted.
  std::optional<Time> draining_since;
  bool condemned = false;
  bool retiring = false;       // A rolling change replaces it.
  bool awaits_hooks = false;   // Launched by us, and its launch hooks are not all answered.
  bool awaits_join = false;    // It serves once the load balancer shows it as a member.
  bool is_pooled = false;      // In the warm pool: ready, and not in service.
  bool is_launched = false;    // We launched it.
  bool is_sick = false;        // By its reports, when it was last looked at.
  bool is_marked = false;      // The cloud was told of its protection, and not yet of the end.
  std::vector<Time> relapses;  // When it fell ill, within the period that is asked about.
  friend bool operator==(const InstanceMemory&, const InstanceMemory&) = default;
};

/// Something counted against a sliding budget.
struct Spent {
  Time at;
  Capacity count = 0;
  friend bool operator==(const Spent&, const Spent&) = default;
};

/// What was done within about an hour, counted against the caps of a day.
struct DayCount {
  Time at;  // Of the last of it: all of it is forgotten a day after that.
  Capacity launches = 0;
  Capacity terminations = 0;
  friend bool operator==(const DayCount&, const DayCount&) = default;
};

/// What the cloud refused, and when to ask again: about one instance, about its membership in
/// pools, about launches, or about launches in one zone.
struct Setback {
  InstanceId instance;  // Empty: launches.
  Reason why = Reason::cloud_refused;
  Time until;
  std::uint32_t times = 0;
  std::string zone{};           // Of launches: the zone that has no room; empty: wherever they go.
  bool is_of_balancer = false;  // It was about membership, and holds back nothing else.
  friend bool operator==(const Setback&, const Setback&) = default;
};

/// How many launches of one template in a row were dead before they ever served.
struct BornDead {
  std::string launch_hash;
  std::uint32_t failures = 0;
  Time failed_at;  // The last of them.
  friend bool operator==(const BornDead&, const BornDead&) = default;
};

enum class RolloutStage : std::uint8_t {
  idle,  // Nothing is to be changed.
  canary,
  canary_soak,
  batch,
  soak,
  halted,       // New members failed: nothing further is replaced.
  rolled_back,  // And the earlier template is in force again.
};

struct LaunchText {
  std::string key;
  std::string value;
  friend bool operator==(const LaunchText&, const LaunchText&) = default;
};

/// How far a rolling change has come.
struct RolloutState {
  std::string target;  // The template that it goes to, by hash.
  RolloutStage stage = RolloutStage::idle;
  Time since;                           // When that stage began.
  std::uint32_t failures = 0;           // New members that failed since it began.
  std::string good;                     // The last template that was rolled out to the end.
  std::vector<LaunchText> good_launch;  // What it says, where a rollback may need it.
  friend bool operator==(const RolloutState&, const RolloutState&) = default;
};

struct GroupState {
  Memory memory;

  std::optional<Capacity> desired;  // None until initial capacity is known.
  std::optional<Capacity>
      initial;                     // What the group had when it began; spec.initial goes before it.
  Range limits;                    // As the last round had them.
  std::vector<Change> changes;     // Within the longest period that anything asks about.
  std::vector<Proposal> recent;    // For the group's stabilisation windows.
  std::vector<VoiceState> voices;  // In order of policy.
  std::vector<Season> seasons;     // In order of policy.
  std::optional<Time> flapping_until;

  std::vector<Intent> intents;            // In order of token's opening.
  std::vector<InstanceMemory> instances;  // In order of id.
  std::vector<Spent> launches;
  std::vector<Spent> terminations;
  std::vector<Spent> vetted;      // The interlock's own count of destructive steps.
  std::vector<Spent> losses;      // Deaths that we did not ask for.
  std::vector<DayCount> day;      // In order of time; at most 25.
  std::vector<Time> reversals;    // When somebody else undid what we had just done.
  std::vector<Setback> setbacks;  // In order of instance, zone, what about.
  BornDead born_dead;
  RolloutState rollout;
  std::uint8_t good_observations = 0;  // Agreeing ones since this owner began.
  Time observed_at;                    // The newest observation that was planned from.
  Time wrote_at;                       // Our last send of a mutating call.

  std::uint64_t round = 0;       // Rounds that left a record.
  std::uint64_t generation = 0;  // Intents ever opened; part of each token.
  std::uint64_t refusal = 0;     // Names the set of refusals last recorded.
  std::uint32_t refusal_repeats = 0;
  friend bool operator==(const GroupState&, const GroupState&) = default;
};

}  // namespace settle
