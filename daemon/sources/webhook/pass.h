// A pass: whoever holds its token may let one webhook policy of one group fire, until it expires.
//
// The token is 256 bits from the kernel, shown once and kept nowhere; what is kept is its SHA-256.
// (It needs no salt and no slow hash: nobody guesses 256 bits.) Pure, but for the drawing of
// tokens.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "reconcilers/units.h"

namespace settle::webhook {

struct Pass {
  std::string hash;  // SHA-256 of the token, 64 digits.
  GroupId group;
  std::string policy;
  Time expires;
  /// Names it to people; says nothing of its token.
  [[nodiscard]] std::string id() const { return hash.substr(0, 12); }
  friend bool operator==(const Pass&, const Pass&) = default;
};

/// 43 letters that may stand in a URL.
[[nodiscard]] Result<std::string> draw_token();
[[nodiscard]] std::string hash_of(std::string_view token);

/// A file of passes: one a line, "HASH GROUP/POLICY EXPIRES"; lines that begin with # are remarks.
/// The error names the first line that is none.
[[nodiscard]] Result<std::vector<Pass>> read_passes(std::string_view text);
[[nodiscard]] std::string write_passes(const std::vector<Pass>& passes);

/// "web/burst" as group and policy; none where a part is missing or could not be a name.
struct Aim {
  GroupId group;
  std::string policy;
};
[[nodiscard]] std::optional<Aim> read_aim(std::string_view text);

}  // namespace settle::webhook
