// JSON as the world reads it: decision records out, CloudEvents in.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/partition/event.h"

namespace settle {

/// The decision record of DESIGN section 5: one line, keys in a fixed order, the same from
/// simulate, journal and API.
[[nodiscard]] std::string record_json(const DecisionRecord& record);

/// "2026-11-23T09:14:30.250Z".
[[nodiscard]] std::string time_text(Time at);
/// RFC 3339 with any offset; to the millisecond.
[[nodiscard]] std::optional<Time> parse_time(std::string_view text);

/// Whose events a door lets in: orders (io.settle.operator.*) come from an operator alone.
enum class Senders : std::uint8_t { anyone, operators };

/// One CloudEvent, structured JSON. An event without "time" bears `received`.
/// Refuses what can never work: bad JSON, duplicate keys, depth over 32, unknown type, no subject,
/// a number that is none, a member that its type does not have. A NaN or infinite value is a
/// reading of kind invalid, not an error.
[[nodiscard]] Result<Signal> parse_event(std::string_view json, Time received,
                                         Senders senders = Senders::anyone);
/// A JSON array of them. The first that is refused refuses the batch, by its index.
[[nodiscard]] Result<std::vector<Signal>> parse_batch(std::string_view json, Time received,
                                                      Senders senders = Senders::anyone);
/// Binary mode: `ce-` headers (lower case names, values percent-decoded) and the data.
[[nodiscard]] Result<Signal> parse_binary(const std::map<std::string, std::string>& headers,
                                          std::string_view data, Time received);
/// A signal as structured CloudEvents JSON again; parse_event reads it back.
[[nodiscard]] std::string event_json(const Signal& signal);

/// `text` as a JSON string with its quotes. What is not UTF-8 becomes U+FFFD.
void append_json_text(std::string& out, std::string_view text);

}  // namespace settle
