// Bytes for what is stored: protobuf behind plain functions. Each begins with a format version;
// format N reads N-1. Equal contents are equal bytes, on every machine. What a newer version wrote
// is refused in one sentence, be it a newer format or a field that is not known here: never
// guessed.
#pragma once

#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/partition/event.h"

namespace settle {

[[nodiscard]] std::string encode(const GroupState& state);
/// What a store keeps of a group, or of a key of an alarm; its name apart.
[[nodiscard]] std::string encode(const GroupRecord& record);
[[nodiscard]] std::string encode(const DecisionRecord& record);
[[nodiscard]] std::string encode(const Observation& observation);
[[nodiscard]] std::string encode(const RoundContext& context);
[[nodiscard]] std::string encode(const Signal& signal);
[[nodiscard]] std::string encode(const ActionEntry& action);
/// As if its time were zero: a fleet that does not change is the same bytes in every listing.
[[nodiscard]] std::string encode_timeless(const Observation& observation);

[[nodiscard]] Result<GroupState> decode_state(std::string_view bytes);
[[nodiscard]] Result<GroupRecord> decode_group(GroupId group, std::string_view bytes);
[[nodiscard]] Result<DecisionRecord> decode_record(std::string_view bytes);
[[nodiscard]] Result<Observation> decode_observation(std::string_view bytes);
[[nodiscard]] Result<RoundContext> decode_context(std::string_view bytes);
[[nodiscard]] Result<Signal> decode_signal(std::string_view bytes);
[[nodiscard]] Result<ActionEntry> decode_action(std::string_view bytes);

/// "d-" and 12 hex digits of the content's hash.
[[nodiscard]] std::string decision_id(const DecisionRecord& record);
/// The same, of a record's bytes.
[[nodiscard]] std::string decision_id_of(std::string_view record_bytes);

}  // namespace settle
