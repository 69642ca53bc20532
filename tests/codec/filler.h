// Fills whole structures, field by field. Each structure is taken apart by a structured binding
// that names every field, so that one which is added and not filled (and so perhaps not stored)
// does not compile: then add it here, in proto/ and in daemon/codec/.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/partition/event.h"

namespace settle {

class Filler {
 public:
  /// Every field gets a value of its own that is not its default, every optional and list has one.
  static Filler thorough() {
    return Filler(true, [count = std::uint64_t{0}]() mutable { return ++count; });
  }
  explicit Filler(bool is_full, std::function<std::uint64_t()> draw)
      : is_full_(is_full), draw_(std::move(draw)) {}

  void fill(bool& to) { to = is_full_ || draw_() % 2 == 0; }
  void fill(std::int32_t& to) { to = static_cast<std::int32_t>(draw_()); }
  void fill(std::int64_t& to) { to = static_cast<std::int64_t>(draw_()); }
  void fill(std::uint8_t& to) { to = static_cast<std::uint8_t>(draw_()); }
  void fill(std::uint32_t& to) { to = static_cast<std::uint32_t>(draw_()); }
  void fill(std::uint64_t& to) { to = draw_(); }
  void fill(Time& to) { to = Time(Duration(static_cast<std::int64_t>(draw_() >> 2U))); }
  void fill(Duration& to) { to = Duration(static_cast<std::int64_t>(draw_())); }
  void fill(Decimal& to) {
    to = Decimal::of(static_cast<std::int64_t>(draw_()), static_cast<int>(draw_() % 300) - 150);
  }
  void fill(std::string& to) {
    const std::uint64_t number = draw_();
    to = is_full_ ? "t" + std::to_string(number)
                  : std::string(reinterpret_cast<const char*>(&number), number % 8);
  }
  template <typename Tag>
  void fill(Id<Tag>& to) {
    fill(to.value);
  }
  template <typename T>
  void fill(std::optional<T>& to) {
    to.reset();
    if (is_full_ || draw_() % 2 == 0) fill(to.emplace());
  }
  template <typename T>
  void fill(std::vector<T>& to) {
    to.resize(is_full_ ? 2 : draw_() % 3);
    for (T& entry : to) fill(entry);
  }
  template <typename Enum>
  void one_of(Enum& to, Enum last) {
    to = static_cast<Enum>(draw_() % (static_cast<std::uint64_t>(last) + 1));
  }
  void fill(Reason& to) { to = static_cast<Reason>(draw_() % static_cast<int>(Reason::count_)); }

  void fill(Stamp& to) {
    auto& [at, source, id] = to;
    all(at, source, id);
  }
  void fill(Reading& to) {
    auto& [kind, value] = to;
    one_of(kind, ReadingKind::invalid);
    fill(value);
  }
  void fill(AdjustClaim& to) { fill(to.policy); }
  void fill(SampleClaim& to) {
    auto& [signal, reading, instance] = to;
    all(signal, reading, instance);
  }
  void fill(AlarmClaim& to) {
    auto& [alarm, state, value, alert, until] = to;
    one_of(state, AlarmState::no_data);
    all(alarm, value, alert, until);
  }
  void fill(HealthClaim& to) {
    auto& [instance, status, reporter, reason, until] = to;
    one_of(status, HealthStatus::unknown);
    all(instance, reporter, reason, until);
  }
  void fill(InstanceHint& to) {
    auto& [instance, state] = to;
    all(instance, state);
  }
  void fill(LifecycleClaim& to) {
    auto& [instance, hook, proceed] = to;
    all(instance, hook, proceed);
  }
  void fill(PauseOrder& to) {
    auto& [paused, owner, reason, mode] = to;
    one_of(mode, Mode::act);
    all(paused, owner, reason);
  }
  void fill(HoldOrder& to) {
    auto& [number, until, lifted, owner, reason] = to;
    all(number, until, lifted, owner, reason);
  }
  void fill(ConvergeOrder& to) { fill(to.owner); }
  void fill(InstanceOrder& to) {
    auto& [instance, verb, owner, reason] = to;
    one_of(verb, InstanceVerb::replace);
    all(instance, owner, reason);
  }
  /// REQUIRES: `kind` is below the number of kinds of claim.
  void fill_claim(Claim& to, std::size_t kind) {
    switch (kind) {
      case 0:
        return fill(to.emplace<0>());
      case 1:
        return fill(to.emplace<1>());
      case 2:
        return fill(to.emplace<2>());
      case 3:
        return fill(to.emplace<3>());
      case 4:
        return fill(to.emplace<4>());
      case 5:
        return fill(to.emplace<5>());
      case 6:
        return fill(to.emplace<6>());
      case 7:
        return fill(to.emplace<7>());
      case 8:
        return fill(to.emplace<8>());
      default:
        return fill(to.emplace<9>());
    }
  }
  void fill(Claim& to) { fill_claim(to, draw_() % std::variant_size_v<Claim>); }
  void fill(Attribute& to) {
    auto& [name, value] = to;
    all(name, value);
  }
  void fill(Signal& to) {
    auto& [group, stamp, claim, attributes] = to;
    all(group, stamp, claim, attributes);
  }

  void fill(Adjustment& to) {
    auto& [kind, amount, magnitude_min] = to;
    one_of(kind, Adjustment::Kind::set);
    all(amount, magnitude_min);
  }
  void fill(RememberedSample& to) {
    auto& [stamp, sample] = to;
    all(stamp, sample);
  }
  void fill(RememberedAlarm& to) {
    auto& [stamp, alarm] = to;
    all(stamp, alarm);
  }
  void fill(RememberedHealth& to) {
    auto& [stamp, report, unhealthy_since, last_other, unhealthy] = to;
    all(stamp, report, unhealthy_since, last_other, unhealthy);
  }
  void fill(Firing& to) {
    auto& [stamp, origin, adjustment] = to;
    all(stamp, origin, adjustment);
  }
  template <typename Order>
  void fill(Remembered<Order>& to) {
    auto& [stamp, order] = to;
    all(stamp, order);
  }
  void fill(RememberedHook& to) {
    auto& [stamp, claim] = to;
    all(stamp, claim);
  }
  void fill(RememberedInstanceOrder& to) {
    auto& [stamp, order] = to;
    all(stamp, order);
  }
  void fill(Memory& to) {
    auto& [samples, alarms, health, firings, base, folded_to, scheduled_to, pause, hold, hooks,
           orders] = to;
    all(samples, alarms, health, firings, base, folded_to, scheduled_to, pause, hold, hooks,
        orders);
  }
  void fill(Range& to) {
    auto& [min, max] = to;
    min = static_cast<Capacity>(draw_() % 1000 + 1);
    max = min + static_cast<Capacity>(draw_() % 1000);
  }
  void fill(Proposal& to) {
    auto& [at, number] = to;
    all(at, number);
  }
  void fill(Change& to) {
    auto& [at, from, until] = to;
    all(at, from, until);
  }
  void fill(VoiceState& to) {
    auto& [policy, recent, changes, latched, release_at, evaluations] = to;
    all(policy, recent, changes, latched, release_at, evaluations);
  }
  void fill(Evaluation& to) {
    auto& [at, said] = to;
    all(at, said);
  }
  void fill(SeasonSlot& to) {
    auto& [slot, load] = to;
    all(slot, load);
  }
  void fill(Foretold& to) {
    auto& [at, expected, load] = to;
    all(at, expected, load);
  }
  void fill(Season& to) {
    auto& [policy, day, week, quarter, peak, heard_at, foretold] = to;
    all(policy, day, week, quarter, peak, heard_at, foretold);
  }
  void fill(Intent& to) {
    auto& [token, kind, stage, instance, replaces, zone, launch_hash, opened_at, sends, retry_at,
           is_voluntary, takes_service] = to;
    one_of(kind, IntentKind::leave);
    one_of(stage, IntentStage::accepted);
    all(token, instance, replaces, zone, launch_hash, opened_at, sends, retry_at, is_voluntary,
        takes_service);
  }
  void fill(InstanceMemory& to) {
    auto& [id, first_seen, active_since, missing_since, missing_listings, missing_counted_at,
           draining_since, condemned, retiring, awaits_hooks, awaits_join, is_pooled, is_launched,
           is_sick, is_marked, relapses] = to;
    all(id, first_seen, active_since, missing_since, missing_listings, missing_counted_at,
        draining_since, condemned, retiring, awaits_hooks, awaits_join, is_pooled, is_launched,
        is_sick, is_marked, relapses);
  }
  void fill(Spent& to) {
    auto& [at, count] = to;
    all(at, count);
  }
  void fill(DayCount& to) {
    auto& [at, launches, terminations] = to;
    all(at, launches, terminations);
  }
  void fill(Setback& to) {
    auto& [instance, why, until, times, zone, is_of_balancer] = to;
    all(instance, why, until, times, zone, is_of_balancer);
  }
  void fill(BornDead& to) {
    auto& [launch_hash, failures, failed_at] = to;
    all(launch_hash, failures, failed_at);
  }
  void fill(LaunchText& to) {
    auto& [key, value] = to;
    all(key, value);
  }
  void fill(RolloutState& to) {
    auto& [target, stage, since, failures, good, good_launch] = to;
    one_of(stage, RolloutStage::rolled_back);
    all(target, since, failures, good, good_launch);
  }
  void fill(GroupState& to) {
    auto& [memory, desired, initial, limits, changes, recent, voices, seasons, flapping_until,
           intents, instances, launches, terminations, vetted, losses, day, reversals, setbacks,
           born_dead, rollout, good_observations, observed_at, wrote_at, round, generation, refusal,
           refusal_repeats] = to;
    all(memory, desired, initial, limits, changes, recent, voices, seasons, flapping_until, intents,
        instances, launches, terminations, vetted, losses, day, reversals, setbacks, born_dead,
        rollout, good_observations, observed_at, wrote_at, round, generation, refusal,
        refusal_repeats);
  }

  void fill(Instance& to) {
    auto& [id, state, created, zone, launch_hash, token, is_protected, is_draining, membership] =
        to;
    one_of(membership, Membership::member);
    all(id, state, created, zone, launch_hash, token, is_protected, is_draining);
  }
  void fill(Observation& to) {
    auto& [at, is_complete, instances, tells_by_id, gone, faults, strays] = to;
    all(at, is_complete, instances, tells_by_id, gone, faults, strays);
  }
  void fill(InstanceFault& to) {
    auto& [instance, says] = to;
    all(instance, says);
  }
  void fill(FleetOrder& to) {
    auto& [mode, scope, owner, reason, since] = to;
    one_of(mode, Mode::act);
    all(scope, owner, reason, since);
  }
  void fill(FleetShare& to) {
    auto& [most, budget, limit, used, unit, by] = to;
    all(most, budget, limit, used, unit, by);
  }
  void fill(Allowance& to) {
    auto& [serial, is_short, instances, launches] = to;
    all(serial, is_short, instances, launches);
  }
  void fill(FleetLoss& to) {
    auto& [lost, of] = to;
    all(lost, of);
  }
  void fill(RoundContext& to) {
    // A mask of guards is never stored: what was decided was decided with all of them.
    auto& [partition, epoch, cluster, revision, engine, tzdata, authority, journal_failed, standing,
           allowance, fleet_loss, guards] = to;
    one_of(authority, Authority::observe);
    all(partition, epoch, cluster, revision, engine, tzdata, journal_failed, standing, allowance,
        fleet_loss);
  }

  void fill(Fact& to) {
    const auto& names = fact_names();
    to.first = names[draw_() % names.size()];
    switch (draw_() % std::variant_size_v<decltype(to.second)>) {
      case 0:
        return fill(to.second.emplace<0>());
      case 1:
        return fill(to.second.emplace<1>());
      case 2:
        return fill(to.second.emplace<2>());
      case 3:
        return fill(to.second.emplace<3>());
      default:
        return fill(to.second.emplace<4>());
    }
  }
  void fill(Voice& to) {
    auto& [name, kind, verdict, proposes, input, input_at, reason, facts, won] = to;
    one_of(kind, VoiceKind::forecast);
    one_of(verdict, Verdict::missing);
    all(name, proposes, input, input_at, reason, facts, won);
  }
  void fill(RungNote& to) {
    auto& [rung, from, until, reason, facts] = to;
    one_of(rung, Rung::actions);
    all(from, until, reason, facts);
  }
  void fill(TakenStep& to) {
    auto& [op, instance, replaces, token, zone, reason, facts] = to;
    one_of(op, StepOp::leave);
    all(instance, replaces, token, zone, reason, facts);
  }
  void fill(WithheldStep& to) {
    auto& [op, instance, count, guard, reason, facts, until] = to;
    one_of(op, StepOp::leave);
    all(instance, count, guard, reason, facts, until);
  }
  void fill(Tally& to) {
    auto& [ready, building, condemned, draining, missing, in_flight, ignored, standby] = to;
    all(ready, building, condemned, draining, missing, in_flight, ignored, standby);
  }
  void fill(DecisionRecord& to) {
    auto& [group, at, partition, epoch, round, revision, engine, tzdata, desired_from, desired_to,
           limits, tally, voices, rungs, steps, withheld, refusal_repeats, converged, revisit_at,
           digest] = to;
    all(group, at, partition, epoch, round, revision, engine, tzdata, desired_from, desired_to,
        limits, tally, voices, rungs, steps, withheld, refusal_repeats, converged, revisit_at,
        digest);
  }

  void fill(ActionEntry& to) {
    auto& [group, at, token, op, instance, outcome, why, epoch] = to;
    one_of(op, StepOp::leave);
    all(group, at, token, instance, outcome, why, epoch);
  }

  template <typename T>
  T made() {
    T value;
    fill(value);
    return value;
  }

 private:
  template <typename... Fields>
  void all(Fields&... fields) {
    (fill(fields), ...);
  }
  bool is_full_;
  std::function<std::uint64_t()> draw_;
};

}  // namespace settle
