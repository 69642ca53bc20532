// One call to somebody else's HTTP API, and what came of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reconcilers/units.h"

namespace settle::http {

/// Who goes first when calls have to wait: what heals, then what grows, what shrinks, what looks.
enum class Urgency : std::uint8_t { replace, out, in, look };

using Header = std::pair<std::string, std::string>;

struct Call {
  std::string operation;  // For metrics and logs: "RunInstances". Never a secret.
  std::string method = "GET";
  std::string url;  // https, or http to this machine's own loopback.
  std::vector<Header> headers;
  std::string body;
  Urgency urgency = Urgency::look;
  Duration deadline{30'000};          // From the moment it is handed over, waiting included.
  std::size_t reply_max = 8U << 20U;  // Bytes of body; more is `too_large`.
  bool is_repeat = false;       // The same was sent before: counts against the budget of repeats.
  bool is_to_metadata = false;  // May also go to a cloud's metadata service, without a proxy.
};

enum class End : std::uint8_t {
  answered,    // There is a status.
  unsent,      // It never left, or reached nobody: nothing was changed.
  unanswered,  // It left, and no whole answer came back: it may have had its effect.
  too_large,   // It was answered with more than may be read.
};

struct Answer {
  End end = End::unsent;
  int status = 0;               // Of `answered`.
  std::vector<Header> headers;  // Names in lower case.
  std::string body;
  std::string why;  // Unless answered: for people. Holds neither body nor headers.

  [[nodiscard]] bool is(int wanted) const { return end == End::answered && status == wanted; }
  /// Empty if there is no such header; the name in lower case.
  [[nodiscard]] std::string_view header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
      if (key == name) return value;
    }
    return {};
  }
};

}  // namespace settle::http
