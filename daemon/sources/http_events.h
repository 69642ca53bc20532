// CloudEvents over HTTP, as text: what a POST to /v1/events holds, or why it is refused.
// Knows nothing of sockets, groups or the commit that the answer waits for.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "reconcilers/signal.h"

namespace settle {

/// Why a request can never work, as an HTTP status and words for a problem document.
struct Refusal {
  int status = 400;
  std::string title;
  std::string detail;
  friend bool operator==(const Refusal&, const Refusal&) = default;
};

using Headers = std::map<std::string, std::string>;  // Names in lower case.

/// Most events in one batch; it must fit a group's memory and a partition's patience.
inline constexpr std::size_t batch_events_max = 5'000;

/// Reads the events of one request, by its content type: `application/cloudevents+json` is one
/// event, `application/cloudevents-batch+json` an array, anything else with `ce-` headers one in
/// binary mode. An event without a time bears `received`.
[[nodiscard]] std::variant<std::vector<Signal>, Refusal> read_http_events(const Headers& headers,
                                                                          std::string_view body,
                                                                          Time received);

}  // namespace settle
