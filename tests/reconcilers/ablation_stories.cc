#include <algorithm>

#include "reconcilers/decide.h"
#include "tests/reconcilers/ablation.h"
#include "tests/reconcilers/fleet.h"

namespace settle {
namespace {

using namespace std::chrono_literals;

Fleet fleet_of(int count, const GuardMask& guards) {
  Fleet fleet;
  fleet.context.guards = guards;
  fleet.has_many(count);
  fleet.warms_up();
  return fleet;
}

// The census of a round heeds the mask as converge() makes it heed.
const DecisionRecord& plans(Fleet& fleet, Capacity desired) {
  fleet.state.desired = desired;
  fleet.record = {};
  fleet.record.limits = fleet.state.limits = fleet.spec.limits;
  fleet.census = take_census(fleet.spec, fleet.state, fleet.seen, fleet.now, fleet.context.guards);
  fleet.record.tally = fleet.census.tally;
  fleet.planned = plan(fleet.spec, fleet.state, fleet.seen, fleet.census, fleet.now, fleet.context,
                       fleet.record);
  return fleet.record;
}

std::ptrdiff_t steps_of(const DecisionRecord& record, StepOp op) {
  return std::count_if(record.steps.begin(), record.steps.end(),
                       [op](const TakenStep& step) { return step.op == op; });
}
std::ptrdiff_t launches(const DecisionRecord& record) {
  return steps_of(record, StepOp::launch);
}
std::ptrdiff_t terminations(const DecisionRecord& record) {
  return steps_of(record, StepOp::terminate);
}

// A new owner whose memory is lost sees three of ten.
bool observation_gate(const GuardMask& guards) {
  Fleet fleet;
  fleet.context.guards = guards;
  fleet.has_many(3);
  fleet.seen.is_complete = false;
  return launches(plans(fleet, 10)) == 0;
}

bool absence(const GuardMask& guards) {
  Fleet fleet = fleet_of(4, guards);
  plans(fleet, 4);
  fleet.loses("i01");
  fleet.after(15s);
  return launches(plans(fleet, 4)) == 0;
}

bool mass_change(const GuardMask& guards) {
  Fleet fleet = fleet_of(10, guards);
  fleet.spec.guards.mass_change = Decimal(20);
  plans(fleet, 10);
  for (const char* id : {"i00", "i01", "i02"}) fleet.at(id).state = "DELETED";
  fleet.after(15s);
  return terminations(plans(fleet, 6)) == 0;
}

bool fleet_change(const GuardMask& guards) {
  Fleet fleet = fleet_of(10, guards);
  fleet.context.fleet_loss = {12, 100};
  return terminations(plans(fleet, 9)) == 0;
}

bool termination_budget(const GuardMask& guards) {
  Fleet fleet = fleet_of(20, guards);
  fleet.spec.drain_timeout = 1h;
  fleet.spec.guards.terminations = {Decimal(10), true, 1, 10min};
  plans(fleet, 20);
  fleet.state.terminations = {{fleet.now, 2}};
  return steps_of(plans(fleet, 19), StepOp::drain) == 0;
}

bool launch_budget(const GuardMask& guards) {
  Fleet fleet = fleet_of(2, guards);
  fleet.spec.guards.launches = {Decimal(4), false, 1, 1min};
  return launches(plans(fleet, 40)) <= 4;
}

bool born_dead(const GuardMask& guards) {
  Fleet fleet = fleet_of(2, guards);
  fleet.state.born_dead = {"v1", 3, fleet.now};
  return launches(plans(fleet, 4)) == 0;
}

// A policy whose signal is gone stands beside one that asks for less.
bool missing_holds(const GuardMask& guards) {
  Fleet fleet = fleet_of(10, guards);
  TargetPolicy quiet;
  quiet.target = Decimal(50);
  quiet.metric.is_total = true;
  fleet.spec.policies = {{"cpu", quiet, {}}, {"queue", quiet, {}}};
  fleet.state.desired = fleet.state.initial = 10;
  fleet.state.memory.samples = {
      {{fleet.now, "s", "1"}, {"cpu", {ReadingKind::value, Decimal(50)}, {}}}};
  fleet.record.tally.ready = 10;
  decide(fleet.spec, fleet.state, fleet.now, fleet.record, guards);
  return fleet.state.desired == 10;
}

// One metric asks for less; a steps policy that may shrink is not in its step for that.
bool contradiction(const GuardMask& guards) {
  Fleet fleet = fleet_of(10, guards);
  TargetPolicy quiet;
  quiet.target = Decimal(50);
  quiet.metric.is_total = true;
  StepsPolicy pressed;
  Step shrink;
  shrink.at_most = Decimal(10);
  shrink.adjustment = {Adjustment::Kind::change, Decimal(-1), 0};
  pressed.steps = {shrink};
  fleet.spec.policies = {{"cpu", quiet, {}}, {"queue", pressed, {}}};
  fleet.state.desired = fleet.state.initial = 10;
  fleet.state.memory.samples = {
      {{fleet.now, "s", "1"}, {"cpu", {ReadingKind::value, Decimal(50)}, {}}},
      {{fleet.now, "s", "2"}, {"queue", {ReadingKind::value, Decimal(500)}, {}}}};
  fleet.record.tally.ready = 10;
  decide(fleet.spec, fleet.state, fleet.now, fleet.record, guards);
  return fleet.state.desired == 10;
}

bool grace(const GuardMask& guards) {
  Fleet fleet = fleet_of(10, guards);
  fleet.has("z1").created = fleet.now;
  fleet.is_unhealthy("z1");
  fleet.after(15s);
  plans(fleet, 11);
  return fleet.census.tally.condemned == 0;
}

bool flapping(const GuardMask& guards) {
  Fleet fleet = fleet_of(10, guards);
  fleet.spec.guards.flapping.reversals = 3;
  fleet.state.flapping_until = fleet.now + 10min;
  return terminations(plans(fleet, 9)) == 0;
}

bool probe(const GuardMask& guards) {
  Fleet fleet = fleet_of(10, guards);
  for (int i = 0; i < 10; ++i) fleet.is_unhealthy("i0" + std::to_string(i));
  fleet.after(15s);
  return launches(plans(fleet, 10)) == 0;
}

// Two drain already: a third would leave a quarter of the group out of service.
bool disruption(const GuardMask& guards) {
  Fleet fleet = fleet_of(10, guards);
  fleet.spec.drain_timeout = 1h;
  fleet.spec.guards.disruption = {Decimal(20), true, 1, Duration{}};
  fleet.at("i00").is_draining = fleet.at("i01").is_draining = true;
  fleet.after(15s);
  return steps_of(plans(fleet, 7), StepOp::drain) == 0;
}

bool healing_rate(const GuardMask& guards) {
  Fleet fleet = fleet_of(10, guards);
  plans(fleet, 10);
  for (int i = 0; i < 6; ++i) fleet.at("i0" + std::to_string(i)).state = "ERROR";
  fleet.after(15s);
  return launches(plans(fleet, 10)) <= 1;
}

// What was launched is deleted by somebody, time and again.
bool contended(const GuardMask& guards) {
  Fleet fleet = fleet_of(2, guards);
  for (int round = 0; round < 3; ++round) {
    plans(fleet, 3);
    fleet.obeys();
    fleet.after(30s);
    plans(fleet, 3);
    for (Instance& instance : fleet.seen.instances) {
      if (!instance.token.empty()) instance.state = "DELETED";
    }
    fleet.after(30s);
  }
  return launches(plans(fleet, 3)) == 0;
}

// The round was late, and so is the send: the listing is of a minute ago.
bool last_look(const GuardMask& guards) {
  Fleet fleet = fleet_of(10, guards);
  fleet.now += 60s;
  plans(fleet, 9);
  if (fleet.state.intents.empty()) return false;
  return !may_send(fleet.spec, fleet.state, &fleet.seen, fleet.state.intents.front(), fleet.now,
                   fleet.context)
              .is_cleared;
}

bool restraint(const GuardMask& guards) {
  Fleet fleet = fleet_of(10, guards);
  fleet.context.standing = FleetOrder{Mode::pause, "all", "ada", "storage is down", fleet.now};
  return plans(fleet, 9).steps.empty() && plans(fleet, 12).steps.empty();
}

bool setback(const GuardMask& guards) {
  Fleet fleet = fleet_of(2, guards);
  fleet.state.setbacks = {{{}, Reason::cloud_quota, fleet.now + 1min, 1}};
  return launches(plans(fleet, 4)) == 0;
}

bool daily_cap(const GuardMask& guards) {
  Fleet fleet = fleet_of(2, guards);
  fleet.state.day = {{fleet.now - 2h, 2'000, 2'000}};
  return launches(plans(fleet, 4)) == 0 && terminations(plans(fleet, 1)) == 0;
}

bool spend(const GuardMask& guards) {
  Fleet fleet = fleet_of(2, guards);
  fleet.spec.guards.spend = {Decimal(1), Decimal::of(4, -1), "EUR/h"};
  return launches(plans(fleet, 4)) == 0;
}

bool shared_budget(const GuardMask& guards) {
  Fleet fleet = fleet_of(2, guards);
  fleet.spec.budgets = {"media"};
  return launches(plans(fleet, 4)) == 0;
}

bool freeze(const GuardMask& guards) {
  Fleet fleet = fleet_of(10, guards);
  fleet.spec.guards.freezes = {{"always",
                                DatedWindow{{1970, 1, 1, 0}, {2100, 1, 1, 0}},
                                {StepClass::scale_in, StepClass::replace}}};
  return terminations(plans(fleet, 9)) == 0;
}

bool room(const GuardMask& guards) {
  Fleet fleet = fleet_of(4, guards);
  fleet.spec.limits.max = 5;
  fleet.has("u", "UNKNOWN");
  return launches(plans(fleet, 5)) == 0;
}

bool journal(const GuardMask& guards) {
  Fleet fleet = fleet_of(2, guards);
  fleet.context.journal_failed = true;
  return plans(fleet, 4).steps.empty();
}

// The planner has lost its own count; the interlock's says that the budget is used up.
bool second_count(const GuardMask& guards) {
  Fleet fleet = fleet_of(20, guards);
  fleet.spec.guards.terminations = {Decimal(10), true, 1, 10min};
  fleet.state.vetted = {{fleet.now, 2}};
  return terminations(plans(fleet, 18)) == 0;
}

// Twenty groups have one schedule, and half an hour for it.
bool jitter(const GuardMask& guards) {
  std::string error;
  int at_once = 0;
  for (int i = 0; i < 20; ++i) {
    GroupSpec spec;
    spec.id = {"web-" + std::to_string(i)};
    spec.limits = {0, 100};
    ScheduledAdjustment morning{*Cron::parse("0 8 * * *", error), {}};
    morning.adjustment.amount = Decimal(3);
    spec.schedules = {{"morning", morning, 30min}};
    GroupState state;
    state.desired = 10;
    const Time due = *Cron::parse("0 8 * * *", error)->next(spec.zone, noon);
    state.memory.scheduled_to = due - 1min;
    DecisionRecord record;
    decide(spec, state, due, record, guards);
    if (state.desired == 13) ++at_once;
  }
  return at_once < 5;
}

}  // namespace

const std::vector<AblationStory>& ablation_stories() {
  static const std::vector<AblationStory> stories{
      {Guard::observation_gate, "observation gate",
       "launches above max by a listing that shows three of ten", observation_gate},
      {Guard::absence, "absence is not death", "replaces what one listing omits", absence},
      {Guard::mass_change, "mass-change fuse", "scales in while a third of the group vanishes",
       mass_change},
      {Guard::fleet_change, "fleet fuse", "scales in while 12 % of all groups vanish",
       fleet_change},
      {Guard::termination_budget, "termination budget",
       "takes one more out of service after a tenth of the group within ten minutes",
       termination_budget},
      {Guard::launch_budget, "launch budget", "launches 38 in one round", launch_budget},
      {Guard::born_dead, "born-dead breaker", "goes on launching what dies before it serves",
       born_dead},
      {Guard::missing_holds, "missing never shrinks", "shrinks while a signal is missing",
       missing_holds},
      {Guard::contradiction, "contradiction rule", "shrinks against a voice that says stay",
       contradiction},
      {Guard::grace, "grace", "condemns what has just begun to serve", grace},
      {Guard::flapping, "flapping hold", "scales in within the hold", flapping},
      {Guard::probe, "suspect probe", "replaces the whole group on a probe's word", probe},
      {Guard::disruption, "disruption budget", "takes a third member while two drain", disruption},
      {Guard::healing_rate, "secondary healing rate", "heals six of ten at once", healing_rate},
      {Guard::contended, "single owner", "launches once more what somebody deleted three times",
       contended},
      {Guard::last_look, "last look", "terminates on a listing of a minute ago", last_look},
      {Guard::restraint, "pause and modes", "takes steps while everything is paused", restraint},
      {Guard::setback, "back-off of refusals", "asks again at once for what the quota refused",
       setback},
      {Guard::daily_cap, "caps of a day", "launches and terminates after 2,000 of each today",
       daily_cap},
      {Guard::spend, "spend cap", "launches what costs more than the group may", spend},
      {Guard::shared_budget, "shared budgets", "launches without a share of the budget",
       shared_budget},
      {Guard::freeze, "freeze windows", "scales in within a freeze", freeze},
      {Guard::room, "room under max", "launches above max, counting all that may exist", room},
      {Guard::journal, "journal", "takes steps of which there is no record", journal},
      {Guard::interlock, "interlock", "terminates what its own count forbids", second_count},
      {Guard::jitter, "jitter of schedules", "scales twenty groups of one schedule at one moment",
       jitter},
  };
  return stories;
}

}  // namespace settle
