// The words spoken with a program that is a source: one JSON object a line, version 1.
// docs/LINES_SOURCE.md is the contract for whoever writes such a program. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/sources/source.h"
#include "reconcilers/signal.h"

namespace settle::lines {

/// Sent first, and once.
[[nodiscard]] std::string hello(std::optional<std::int64_t> position);
[[nodiscard]] std::string ack(const std::vector<std::string>& ids);
[[nodiscard]] std::string fail(const std::vector<std::string>& ids, std::string_view why);

/// It can be heard, and emits from here on.
struct Ready {};
struct Emitted {
  std::string id;  // Of the event, as it will be acked.
  std::optional<std::int64_t> sequence;
  Signal signal;
};
/// It says itself that something is no event; or it said what is none.
struct Buried {
  std::optional<std::int64_t> sequence;
  Poison poison;
};
struct Told {
  std::optional<std::int64_t> lag;
  std::optional<std::string> error;  // Empty: all is well again.
};
using Said = std::variant<Ready, Emitted, Buried, Told>;

/// Total: a line that is nothing is Buried, with what is wrong with it.
[[nodiscard]] Said read_line(std::string_view line, Time received);

}  // namespace settle::lines
