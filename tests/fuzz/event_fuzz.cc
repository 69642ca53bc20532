// CloudEvents of any shape, as JSON and as stored bytes: refused, or read back as they were.
#include <map>

#include "daemon/codec/binary.h"
#include "daemon/codec/json.h"
#include "reconcilers/memory.h"
#include "tests/fuzz/fuzz.h"

namespace settle::fuzz {
namespace {

constexpr Time noon{Duration{1'795'435'200'000}};

GroupSpec group() {
  GroupSpec spec;
  spec.id = {"web"};
  spec.limits = {0, 100};
  spec.policies.push_back({"more", WebhookPolicy{}, {}});
  return spec;
}

void examine_signal(const Signal& signal) {
  const auto stored = decode_signal(encode(signal));
  must(stored && *stored == signal, "a signal is stored as it is");
  const auto told = parse_event(event_json(signal), noon, Senders::operators);
  must(told && *told == signal, "a signal is told as it is");
  static const GroupSpec spec = group();
  GroupState state;
  (void)merge(spec, state, signal, noon);
  const GroupState once = state;
  (void)merge(spec, state, signal, noon);
  must(state == once, "a signal that comes twice changes nothing more");
  const auto read = decode_state(encode(state));
  must(read && *read == state, "memory is stored as it is");
}

}  // namespace

void examine(std::string_view input) {
  for (const Senders senders : {Senders::anyone, Senders::operators}) {
    if (const auto event = parse_event(input, noon, senders)) examine_signal(*event);
    if (const auto batch = parse_batch(input, noon, senders)) {
      for (const Signal& signal : *batch) examine_signal(signal);
    }
  }
  const std::map<std::string, std::string> headers{{"ce-specversion", "1.0"},
                                                   {"ce-id", "1"},
                                                   {"ce-source", "/fuzz"},
                                                   {"ce-subject", "web"},
                                                   {"ce-type", "io.settle.sample.v1"}};
  if (const auto event = parse_binary(headers, input, noon)) examine_signal(*event);
  if (const auto stored = decode_signal(input)) {
    must(encode(*stored) == input, "equal signals are equal bytes");
  }
}

}  // namespace settle::fuzz
