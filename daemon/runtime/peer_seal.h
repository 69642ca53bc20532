// How a member knows that a request was passed on by another member: an HMAC of what it asks, under
// the key that the cluster's tree holds. Whoever says "passed on" without it is refused, since such
// a request speaks in somebody else's name and is not passed on again.
//
//   settle-seal: HEX of HMAC-SHA-256(key, method, target, the headers named below, body)
//
// No time is in it: what is asked again changes nothing, by the ids that events and orders have.
#pragma once

#include <string>
#include <string_view>

#include "daemon/admin/http.h"

namespace settle {

inline constexpr const char* passed_on = "settle-passed-on";  // Who passed it on.
inline constexpr const char* asked_by = "settle-asked-by";    // Who asked at first.
/// An order's time in milliseconds: one order is the same on every member, whatever their clocks.
inline constexpr const char* ordered_at = "settle-ordered-at";
inline constexpr const char* seal_header = "settle-seal";

/// Sets the seal, over what the request is now.
void seal(HttpRequest& request, std::string_view key);
/// Whether it bears the seal of a member; never under an empty key.
[[nodiscard]] bool is_sealed(const HttpRequest& request, std::string_view key);
/// Whether it bears any header that only members use.
[[nodiscard]] bool claims_to_be_passed_on(const HttpRequest& request);

}  // namespace settle
