// Between our structures and protobuf's messages: put() fills an empty message, take() reads one
// back. Seen by the codec alone.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/partition/event.h"
#include "proto/action.pb.h"
#include "proto/context.pb.h"
#include "proto/observation.pb.h"
#include "proto/record.pb.h"
#include "proto/signal.pb.h"
#include "proto/state.pb.h"

namespace settle::codec {

/// Keeps the first thing that was wrong. What was read beside it is not to be used.
class Fault {
 public:
  void note(std::string what) {
    if (what_.empty()) what_ = std::move(what);
  }
  [[nodiscard]] const std::string& what() const { return what_; }

 private:
  std::string what_;
};

inline std::int64_t stored(Time at) {
  return at.time_since_epoch().count();
}
inline Time time_at(std::int64_t stored) {
  return Time(Duration(stored));
}

/// REQUIRES: enumerators count from zero to `last` without a gap.
template <typename Enum>
Enum enumerator(std::uint32_t stored, Enum last, Fault& fault) {
  if (stored <= static_cast<std::uint32_t>(last)) return static_cast<Enum>(stored);
  fault.note("an enumerator that this version does not know");
  return last;
}
template <typename Enum>
std::uint32_t stored(Enum value) {
  return static_cast<std::uint32_t>(value);
}

inline std::uint8_t small(std::uint32_t stored, Fault& fault) {
  if (stored > std::numeric_limits<std::uint8_t>::max()) fault.note("a count above 255");
  return static_cast<std::uint8_t>(stored);
}

Reason reason_named(std::string_view name, Fault& fault);

void put(const Decimal& from, storage::Decimal& to);
Decimal take(const storage::Decimal& from, Fault& fault);
void put(const Stamp& from, storage::Stamp& to);
Stamp take(const storage::Stamp& from, Fault& fault);
void put(const Reading& from, storage::Reading& to);
Reading take(const storage::Reading& from, Fault& fault);
void put(const SampleClaim& from, storage::SampleClaim& to);
SampleClaim take(const storage::SampleClaim& from, Fault& fault);
void put(const AlarmClaim& from, storage::AlarmClaim& to);
AlarmClaim take(const storage::AlarmClaim& from, Fault& fault);
void put(const HealthClaim& from, storage::HealthClaim& to);
HealthClaim take(const storage::HealthClaim& from, Fault& fault);
void put(const LifecycleClaim& from, storage::LifecycleClaim& to);
LifecycleClaim take(const storage::LifecycleClaim& from, Fault& fault);
void put(const InstanceOrder& from, storage::InstanceOrder& to);
InstanceOrder take(const storage::InstanceOrder& from, Fault& fault);
void put(const PauseOrder& from, storage::PauseOrder& to);
PauseOrder take(const storage::PauseOrder& from, Fault& fault);
void put(const HoldOrder& from, storage::HoldOrder& to);
HoldOrder take(const storage::HoldOrder& from, Fault& fault);
void put(const Signal& from, storage::Signal& to);
Signal take(const storage::Signal& from, Fault& fault);

void put(const Range& from, storage::Range& to);
Range take(const storage::Range& from, Fault& fault);
void put(const GroupState& from, storage::GroupState& to);
GroupState take(const storage::GroupState& from, Fault& fault);
void put(const windows::Watched& from, storage::Watched& to);
windows::Watched take(const storage::Watched& from, Fault& fault);
void put(const Memory& from, storage::Memory& to);
Memory take(const storage::Memory& from, Fault& fault);

void put(const Observation& from, storage::Observation& to);
Observation take(const storage::Observation& from, Fault& fault);
void put(const RoundContext& from, storage::RoundContext& to);
RoundContext take(const storage::RoundContext& from, Fault& fault);

void put(const DecisionRecord& from, storage::DecisionRecord& to);
DecisionRecord take(const storage::DecisionRecord& from, Fault& fault);
void put(const ActionEntry& from, storage::ActionEntry& to);
ActionEntry take(const storage::ActionEntry& from, Fault& fault);

}  // namespace settle::codec
