// However the same events arrive, the same bytes are stored: permuted, repeated, in one batch or in
// many, with rounds and changes of owner between them.
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "daemon/codec/binary.h"
#include "daemon/codec/json.h"
#include "reconcilers/converge.h"
#include "reconcilers/memory.h"
#include "tests/laws.h"
#include "tests/reconcilers/any_group.h"

namespace settle {
namespace {

constexpr Time now = any_start + Duration{6 * 3'600'000};

/// Moved by webhooks alone: its desired is a fold of them.
GroupSpec told_group() {
  GroupSpec spec;
  spec.id = {"web"};
  spec.limits = {1, 60};
  spec.initial = 10;
  const std::string bytes = any_bytes(24);
  Draw draw(bytes);
  for (const char* name : {"p0", "p1", "p2"}) {
    spec.policies.push_back({name, WebhookPolicy{any_adjustment(draw), Duration{}}, {}});
  }
  spec.schedules.push_back({"calm", ScheduledLimits{any_window(draw), 3, 20}});
  return spec;
}

std::vector<Signal> any_events() {
  const std::string bytes = any_bytes(200);
  Draw draw(bytes);
  Observation world;
  for (const char* id : {"i-1", "i-2"}) {
    world.instances.emplace_back().id = {id};
  }
  std::vector<Signal> events;
  for (int count = draw.between(0, 16); count > 0; --count) {
    Claim claim = draw.either() ? AdjustClaim{draw.one_of({"p0", "p1", "p2"})}
                                : any_claim_about(draw, world, now);
    // A round that an operator asks for is no memory, and a hold is not an adjustment.
    if (std::holds_alternative<HoldOrder>(claim)) claim = ConvergeOrder{"ann"};
    events.push_back({{"web"},
                      {now - any_while(draw, 1'000), "test", std::to_string(draw.between(0, 12))},
                      std::move(claim)});
  }
  return events;
}

struct Told {
  std::string memory;
  std::optional<Capacity> desired;
};

Told told_of(const GroupSpec& spec, GroupState state) {
  (void)converge(spec, state, {}, now, {});
  GroupState memory;
  memory.memory = state.memory;
  return {encode(memory), state.desired};
}

Told at_once(const GroupSpec& spec, const std::vector<Signal>& events) {
  GroupState state;
  (void)converge(spec, state, {}, now, {});
  for (const Signal& event : events) (void)merge(spec, state, event, now);
  return told_of(spec, std::move(state));
}

std::vector<Signal> shuffled(std::vector<Signal> events) {
  for (std::size_t i = events.size(); i > 1; --i) {
    std::swap(events[i - 1], events[evenly<std::size_t>(0, i)]);
  }
  return events;
}

TEST(Arrival, AnyOrderRepetitionAndBatchingStoresTheSameBytes) {
  int telling = 0;
  EXPECT_TRUE(rc::check([&] {
    const GroupSpec spec = told_group();
    const std::vector<Signal> events = any_events();
    const Told once = at_once(spec, events);

    std::vector<Signal> again = events;
    again.insert(again.end(), events.begin(), events.end());
    GroupState state;
    (void)converge(spec, state, {}, now, {});
    for (const Signal& event : shuffled(std::move(again))) {
      (void)merge(spec, state, event, now);
      const int luck = evenly(0, 4);
      if (luck == 0) (void)converge(spec, state, {}, now, {});
      if (luck == 1) state = decode_state(encode(state)).operator*();  // Another owner.
    }
    const Told often = told_of(spec, std::move(state));
    RC_ASSERT(often.memory == once.memory);
    RC_ASSERT(often.desired == once.desired);
    if (often.desired != spec.initial && events.size() > 2) ++telling;
  }));
  EXPECT_GE(telling, 50) << "groups that several events have moved";
}

TEST(Arrival, ABatchIsItsEventsOneByOne) {
  int telling = 0;
  EXPECT_TRUE(rc::check([&] {
    const GroupSpec spec = told_group();
    const std::vector<Signal> events = any_events();
    std::vector<Signal> one_by_one;
    std::vector<Signal> in_batches;
    std::string batch;
    const auto send = [&] {
      const auto parsed = parse_batch("[" + batch + "]", now, Senders::operators);
      RC_ASSERT(parsed.has_value());
      in_batches.insert(in_batches.end(), parsed->begin(), parsed->end());
      batch.clear();
    };
    for (const Signal& event : events) {
      const std::string json = event_json(event);
      const auto parsed = parse_event(json, now, Senders::operators);
      // What no source may say (a report about nobody) is left out of both.
      if (!parsed) continue;
      one_by_one.push_back(*parsed);
      batch += (batch.empty() ? "" : ",") + json;
      if (evenly(0, 3) == 0) send();
    }
    if (!batch.empty()) send();
    RC_ASSERT(in_batches == one_by_one);
    if (one_by_one.size() > 2) ++telling;
    RC_ASSERT(at_once(spec, in_batches).memory == at_once(spec, one_by_one).memory);
  }));
  EXPECT_GE(telling, 50) << "batches of several events";
}

}  // namespace
}  // namespace settle
