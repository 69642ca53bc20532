#include "daemon/sources/http_events.h"

#include <algorithm>
#include <utility>

#include "daemon/codec/json.h"

namespace settle {
namespace {

/// The media type alone, in lower case: "application/json; charset=utf-8" is "application/json".
std::string media_type(const Headers& headers) {
  const auto found = headers.find("content-type");
  if (found == headers.end()) return {};
  std::string type = found->second.substr(0, found->second.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.pop_back();
  std::transform(type.begin(), type.end(), type.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  });
  return type;
}

Headers event_headers(const Headers& headers) {
  Headers found;
  for (auto header = headers.lower_bound("ce-");
       header != headers.end() && header->first.starts_with("ce-"); ++header) {
    found.insert(*header);
  }
  return found;
}

Refusal refusal(const Error& error) {
  return {400, "This is not an event that can be taken", error.message};
}

}  // namespace

std::variant<std::vector<Signal>, Refusal> read_http_events(const Headers& headers,
                                                            std::string_view body, Time received) {
  const std::string type = media_type(headers);
  if (type == "application/cloudevents-batch+json") {
    Result<std::vector<Signal>> batch = parse_batch(body, received);
    if (!batch) return refusal(batch.error());
    if (batch->size() > batch_events_max) {
      return Refusal{413, "Too many events in one batch",
                     "At most " + std::to_string(batch_events_max) +
                         " events a batch; there were " + std::to_string(batch->size()) + "."};
    }
    return std::move(*batch);
  }
  if (type.starts_with("application/cloudevents") && type != "application/cloudevents+json") {
    return Refusal{415, "Unknown format of events",
                   "\"" + type + "\" is not read here; application/cloudevents+json is."};
  }
  if (type != "application/cloudevents+json") {
    const Headers named = event_headers(headers);
    if (!named.empty()) {
      Result<Signal> signal = parse_binary(named, body, received);
      if (!signal) return refusal(signal.error());
      return std::vector<Signal>{std::move(*signal)};
    }
    if (type != "application/json") {
      return Refusal{415, "Not an event",
                     "Send application/cloudevents+json, application/cloudevents-batch+json, or "
                     "ce- headers with application/json."};
    }
  }
  Result<Signal> signal = parse_event(body, received);
  if (!signal) return refusal(signal.error());
  return std::vector<Signal>{std::move(*signal)};
}

}  // namespace settle
