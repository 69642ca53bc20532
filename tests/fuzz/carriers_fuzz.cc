// Events as others carry them, in fields beside the data or as one text: a record of Kafka, a
// message of AMQP, a request of HTTP. The input is fields, one a line ("NAME: VALUE"), an empty
// line, and the data.
#include <algorithm>
#include <utility>
#include <vector>

#include "daemon/codec/json.h"
#include "daemon/sources/amqp/reading.h"
#include "daemon/sources/http_events.h"
#include "daemon/sources/kafka/binding.h"
#include "tests/fuzz/fuzz.h"

namespace settle::fuzz {
namespace {

constexpr Time noon{Duration{1'795'435'200'000}};

using Fields = std::vector<std::pair<std::string, std::string>>;

Fields take_fields(std::string_view& input) {
  Fields fields;
  while (!input.empty() && input.front() != '\n') {
    const auto end = std::min(input.find('\n'), input.size());
    const std::string_view line = input.substr(0, end);
    const auto colon = line.find(": ");
    if (colon != std::string_view::npos) {
      fields.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    }
    input.remove_prefix(std::min(end + 1, input.size()));
  }
  if (!input.empty()) input.remove_prefix(1);
  return fields;
}

void examine_signal(const Signal& signal) {
  const auto told = parse_event(event_json(signal), noon);
  must(told && *told == signal, "what is read is an event like any other");
}

Result<Signal> read_record(const Fields& fields, std::string_view data) {
  std::vector<std::string> names;  // A record only looks at them.
  for (const auto& [name, value] : fields) {
    names.push_back(name.starts_with("ce-") ? "ce_" + name.substr(3) : name);
  }
  kafka::Record record;
  record.value = data;
  for (std::size_t at = 0; at < names.size(); ++at) {
    record.headers.emplace_back(names[at], fields[at].second);
  }
  return kafka::read_event(record, noon);
}

amqp::Message message_of(const Fields& fields, std::string_view data) {
  amqp::Message message;
  message.body = data;
  for (const auto& [name, value] : fields) {
    const bool is_event = name.starts_with("ce-");
    message.headers[is_event ? "cloudEvents:" + name.substr(3) : name] = value;
  }
  return message;
}

}  // namespace

void examine(std::string_view input) {
  const Fields fields = take_fields(input);
  const auto by_kafka = read_record(fields, input);
  if (by_kafka) examine_signal(*by_kafka);
  const auto by_amqp = amqp::read_event(message_of(fields, input), noon);
  if (by_amqp) examine_signal(*by_amqp);
  const Headers headers(fields.begin(), fields.end());
  const auto by_http = read_http_events(headers, input, noon);
  const auto* events = std::get_if<std::vector<Signal>>(&by_http);
  if (events != nullptr) {
    must(events->size() <= batch_events_max, "a batch is bounded");
    for (const Signal& signal : *events) examine_signal(signal);
  }
  const bool is_by_fields =
      events != nullptr && headers.contains("ce-id") && !headers.contains("content-type");
  if (is_by_fields && by_kafka) must(events->front() == *by_kafka, "one event, however carried");
}

}  // namespace settle::fuzz
