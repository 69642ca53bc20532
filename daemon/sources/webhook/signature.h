// Signed calls: HMAC-SHA-256 over the time, the path and the body. Pure: time comes in as an
// argument.
//
//   Settle-Timestamp: 1795435200
//   Settle-Signature: v1=HEX of HMAC-SHA-256(key, "1795435200.TOKEN.BODY")
//
// A time that is further off than five minutes is refused, on either side. What was signed once
// fires once: the signature is the event's id, which is remembered for longer than that, by whoever
// owns the group, through a crash and a change of owner.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "reconcilers/units.h"

namespace settle::webhook {

inline constexpr Duration clock_slack{300'000};

/// 64 digits.
[[nodiscard]] std::string sign(std::string_view key, std::string_view timestamp,
                               std::string_view token, std::string_view body);

/// The signature, if it is there and right. Header names in lower case.
[[nodiscard]] std::optional<std::string> verified(std::string_view key,
                                                  const std::map<std::string, std::string>& headers,
                                                  std::string_view token, std::string_view body,
                                                  Time now);

}  // namespace settle::webhook
