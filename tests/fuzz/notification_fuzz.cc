// Messages of brokers of any shape: Nova's notifications, and events in an AMQP message.
#include "daemon/codec/json.h"
#include "daemon/sources/amqp/nova_notification.h"
#include "daemon/sources/amqp/reading.h"
#include "tests/fuzz/fuzz.h"

namespace settle::fuzz {
namespace {

constexpr Time noon{Duration{1'795'435'200'000}};

void examine_signal(const Signal& signal) {
  const auto told = parse_event(event_json(signal), noon);
  must(told && *told == signal, "what is read is an event like any other");
}

}  // namespace

void examine(std::string_view input) {
  const auto bare = amqp::read_nova_notification(input, noon);
  if (bare && *bare) examine_signal(**bare);
  std::string wrapped = R"({"oslo.version":"2.0","oslo.message":)";
  append_json_text(wrapped, input);
  const auto inner = amqp::read_nova_notification(wrapped + "}", noon);
  if (inner && *inner) examine_signal(**inner);
  amqp::Message message;
  message.body = input;
  const auto event = amqp::read_event(message, noon);
  if (event) examine_signal(*event);
}

}  // namespace settle::fuzz
