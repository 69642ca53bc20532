// Signals: what the world claims about a scaling group, before any judgement.
//
// A signal is a claim, not an order. Signals about one group may contradict each other, and may
// arrive twice, late or out of order. Nothing in this file decides who is right.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "reconcilers/decimal.h"
#include "reconcilers/units.h"

namespace settle {

/// When and by whom a claim was made. The order of stamps is the order of claims:
/// the last writer is the one with the greatest stamp, whatever the order of arrival.
struct Stamp {
  Time at;             // CloudEvents "time".
  std::string source;  // CloudEvents "source".
  std::string id;      // CloudEvents "id"; source + id name the event.
  friend auto operator<=>(const Stamp&, const Stamp&) = default;
};

/// Three-valued, and a fourth for what cannot be a number of its kind.
enum class ReadingKind : std::uint8_t { value, no_data, error, invalid };

struct Reading {
  ReadingKind kind = ReadingKind::no_data;
  Decimal value;  // Zero unless kind is value.
  friend bool operator==(const Reading&, const Reading&) = default;
};

/// A webhook policy fires once.
struct AdjustClaim {
  std::string policy;
  friend bool operator==(const AdjustClaim&, const AdjustClaim&) = default;
};

/// A signal has been read. An empty instance means the group as a whole.
struct SampleClaim {
  std::string signal;
  Reading reading;
  InstanceId instance;
  friend bool operator==(const SampleClaim&, const SampleClaim&) = default;
};

enum class AlarmState : std::uint8_t { firing, resolved, no_data };

struct AlarmClaim {
  std::string alarm;
  AlarmState state = AlarmState::no_data;
  std::optional<Decimal> value;
  std::string alert{};          // Which of several that sound one alarm; empty: the only one.
  std::optional<Time> until{};  // One that fires has ended then, unless it is told again.
  friend bool operator==(const AlarmClaim&, const AlarmClaim&) = default;
};

enum class HealthStatus : std::uint8_t { healthy, unhealthy, unknown };

struct HealthClaim {
  InstanceId instance;
  HealthStatus status = HealthStatus::unknown;
  std::string reporter;
  std::string reason;
  std::optional<Time> until{};  // What is said against the instance lapses then.
  friend bool operator==(const HealthClaim&, const HealthClaim&) = default;
};

/// A cloud's notification: a hint to look, never a fact.
struct InstanceHint {
  InstanceId instance;
  std::string state;
  friend bool operator==(const InstanceHint&, const InstanceHint&) = default;
};

struct LifecycleClaim {
  InstanceId instance;
  std::string hook;
  bool proceed = true;  // "continue", or else "abandon".
  friend bool operator==(const LifecycleClaim&, const LifecycleClaim&) = default;
};

/// An operator restrains a group to `mode`, or lets it go on: then `mode` says nothing.
struct PauseOrder {
  bool paused = true;
  std::string owner;
  std::string reason;
  Mode mode = Mode::pause;
  friend bool operator==(const PauseOrder&, const PauseOrder&) = default;
};

/// An operator sets desired capacity until `until`; `lifted` ends an earlier hold.
struct HoldOrder {
  Capacity number = 0;
  Time until;
  bool lifted = false;
  std::string owner;
  std::string reason;
  friend bool operator==(const HoldOrder&, const HoldOrder&) = default;
};

/// An operator asks for a round now, from a fresh look at the cloud.
struct ConvergeOrder {
  std::string owner;
  friend bool operator==(const ConvergeOrder&, const ConvergeOrder&) = default;
};

/// What an operator may say of one instance. Each takes back another: the last one holds.
enum class InstanceVerb : std::uint8_t {
  protect,     // Never a victim of scale-in or of a rolling change.
  unprotect,   // As the cloud has it.
  standby,     // Set aside: neither capacity nor a victim, but it counts toward max.
  in_service,  // Back from standby; no longer to be replaced.
  detach,      // No longer the group's: not counted, and never touched.
  adopt,       // The group's again.
  replace,     // Another takes its place.
};

/// As events and commands have them.
inline constexpr std::array<std::string_view, 7> instance_verbs{
    "protect", "unprotect", "standby", "in-service", "detach", "adopt", "replace"};

struct InstanceOrder {
  InstanceId instance;
  InstanceVerb verb = InstanceVerb::protect;
  std::string owner;
  std::string reason;
  friend bool operator==(const InstanceOrder&, const InstanceOrder&) = default;
};

using Claim = std::variant<AdjustClaim, SampleClaim, AlarmClaim, HealthClaim, InstanceHint,
                           LifecycleClaim, PauseOrder, HoldOrder, ConvergeOrder, InstanceOrder>;

/// What an event says beside its claim: a CloudEvents extension attribute. No group remembers it;
/// alarms over many groups may go by it.
struct Attribute {
  std::string name;
  std::string value;
  friend bool operator==(const Attribute&, const Attribute&) = default;
};

struct Signal {
  GroupId group;
  Stamp stamp;
  Claim claim;
  std::vector<Attribute> attributes{};  // In order of name, each once.
  friend bool operator==(const Signal&, const Signal&) = default;
};

}  // namespace settle
