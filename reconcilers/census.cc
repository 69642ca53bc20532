#include "reconcilers/census.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

#include "reconcilers/balancer.h"
#include "reconcilers/decimal.h"
#include "reconcilers/evidence.h"
#include "reconcilers/health.h"
#include "reconcilers/hooks.h"
#include "reconcilers/orders.h"
#include "reconcilers/retiring.h"
#include "reconcilers/reversals.h"
#include "reconcilers/rollout.h"
#include "reconcilers/sentry.h"

namespace settle {
namespace {

constexpr std::uint8_t listings_of_the_dead = 3;
// When many are missing at once, the listing is doubted before they are given up. So it is about
// what it has never shown: clouds have been seen to list a new instance minutes after its birth.
constexpr std::uint8_t listings_in_doubt = 10;
constexpr std::uint8_t listings_counted_max = 100;
constexpr Duration between_missing_listings{60'000};
constexpr Duration born_dead_forgotten_after{10'800'000};
constexpr Duration losses_kept{600'000};
constexpr Duration balancer_setbacks_kept{3'600'000};

// One pass over the observation, the memory of instances and the health reports, side by side.
class Counting {
 public:
  Counting(const GroupSpec& spec, GroupState& state, const Observation& seen, Time now,
           const GuardMask& guards)
      : guards_(guards),
        spec_(spec),
        state_(state),
        seen_(seen),
        now_(now),
        // An older listing that arrives late is no news, and what it omits may be younger.
        proves_absence_(seen.is_complete && state.observed_at <= seen.at),
        is_news_(seen.is_complete && state.observed_at < seen.at) {}

  Census take() {
    forget_what_is_past();
    order_instances();
    if (proves_absence_) look_for_mass_absence();
    walk();
    end_intents(state_, census_, {&seen_, is_news_});
    mark_leaving(state_, census_);
    mark_duplicates(census_);
    doubt_the_probe();
    tally();
    return std::move(census_);
  }

 private:
  void forget_what_is_past() {
    std::erase_if(state_.losses,
                  [this](const Spent& loss) { return loss.at + losses_kept <= now_; });
    if (!state_.reversals.empty()) forget_reversals(state_.reversals, now_);
    std::erase_if(state_.setbacks, [this](const Setback& setback) {
      const auto& zones = spec_.zones;
      return !setback.zone.empty() &&
             std::find(zones.begin(), zones.end(), setback.zone) == zones.end();
    });
    std::erase_if(state_.setbacks, [this](const Setback& setback) {
      return setback.is_of_balancer && setback.until + balancer_setbacks_kept <= now_;
    });
    BornDead& born_dead = state_.born_dead;
    const bool is_past = born_dead.failed_at + born_dead_forgotten_after <= now_;
    if (born_dead.failures > 0 &&
        (born_dead.launch_hash != launch_in_force(spec_, state_) || is_past)) {
      born_dead = {};
    }
  }

  void order_instances() {
    const auto by_id = [](const Instance* a, const Instance* b) { return a->id < b->id; };
    ordered_.reserve(seen_.instances.size());
    for (const Instance& instance : seen_.instances) {
      if (!instance.id.value.empty()) ordered_.push_back(&instance);
    }
    if (!std::is_sorted(ordered_.begin(), ordered_.end(), by_id)) {
      std::stable_sort(ordered_.begin(), ordered_.end(), by_id);
    }
    const auto is_same = [](const Instance* a, const Instance* b) { return a->id == b->id; };
    ordered_.erase(std::unique(ordered_.begin(), ordered_.end(), is_same), ordered_.end());
  }

  void look_for_mass_absence() {
    Capacity missing = 0;
    auto shown = ordered_.begin();
    for (const InstanceMemory& memory : state_.instances) {
      while (shown != ordered_.end() && (*shown)->id < memory.id) ++shown;
      if (shown != ordered_.end() && (*shown)->id == memory.id) continue;
      if (memory.first_seen != Time{} && !is_let_go(memory.id)) ++missing;
    }
    is_mass_absence_ =
        guards_.has(Guard::mass_change) &&
        is_mass_change(spec_, missing, static_cast<Capacity>(state_.instances.size()));
  }

  // Merges what is seen into what is remembered, in order of id.
  void walk() {
    std::vector<InstanceMemory> before = std::move(state_.instances);
    state_.instances.clear();
    state_.instances.reserve(std::max(before.size(), ordered_.size()));
    census_.instances.reserve(std::max(before.size(), ordered_.size()));
    auto remembered = before.begin();
    for (const Instance* instance : ordered_) {
      for (; remembered != before.end() && remembered->id < instance->id; ++remembered) {
        unseen(std::move(*remembered));
      }
      if (remembered != before.end() && remembered->id == instance->id) {
        count_seen(*instance, std::move(*remembered++), true);
      } else {
        InstanceMemory memory;
        memory.id = instance->id;
        count_seen(*instance, std::move(memory), false);
      }
    }
    for (; remembered != before.end(); ++remembered) unseen(std::move(*remembered));
    if (is_news_) observed();
    for (std::size_t i = 0; i < census_.instances.size(); ++i) {
      if (places_[i] != nowhere) census_.instances[i].memory = &state_.instances[places_[i]];
    }
  }

  void observed() {
    state_.observed_at = seen_.at;
    if (state_.good_observations >= observations_to_warm) return;
    const bool agrees = state_.good_observations > 0 && !contradicts_;
    state_.good_observations = agrees ? observations_to_warm : 1;
  }

  void keep(Counted counted, InstanceMemory memory) {
    places_.push_back(state_.instances.size());
    census_.instances.push_back(counted);
    state_.instances.push_back(std::move(memory));
  }

  void count_seen(const Instance& instance, InstanceMemory memory, bool is_known) {
    Counted counted;
    counted.instance = &instance;
    const Fate what = fate(instance.state);
    const Said said = said_of(state_.memory, instance.id);
    counted.is_protected = instance.is_protected || said.is_protected;
    if (what == Fate::gone) {
      if (is_known) lost(memory);
      if (is_known && !memory.active_since && !memory.condemned) was_born_dead(instance);
      counted.has_newly_failed =
          is_known && !memory.condemned && !is_let_go(instance.id) && !memory.draining_since;
      counted.standing = Standing::gone;
      counted.reason = Reason::instance_gone;
      places_.push_back(nowhere);
      census_.instances.push_back(counted);
      return;
    }
    if (memory.first_seen == Time{}) {
      memory.first_seen = seen_.at;
      memory.is_launched = is_of_a_launch(instance);
      contradicts_ = contradicts_ || !memory.is_launched;
      memory.awaits_hooks = memory.is_launched && has_hooks(spec_, HookOn::launch);
      memory.awaits_join = memory.is_launched && is_balanced(spec_);
      if (comes_back(instance, memory)) note_reversal(state_.reversals, now_);
    }
    memory.missing_since.reset();
    memory.missing_listings = 0;
    memory.missing_counted_at = {};
    if (said.service == Duty::standby || said.service == Duty::detached) {
      set_aside(counted, said.service, memory);
      keep(counted, std::move(memory));
      return;
    }
    if (!memory.draining_since) {
      if (instance.is_draining) {
        memory.draining_since = seen_.at;
      } else if (is_drained_by_us(instance)) {
        memory.draining_since = now_;  // It may have been done while the listing was made.
      }
    }
    counted.serves = what == Fate::keep;
    if (counted.serves && !memory.active_since) became_active(instance, memory);
    judge(what, counted, memory);
    // What somebody put aside meanwhile is not ours to take away, whatever we were about to do.
    const bool may_go = counted.standing != Standing::ignored && what != Fate::avoid_replacing;
    if (memory.draining_since && may_go) counted.standing = Standing::draining;
    keep(counted, std::move(memory));
  }

  // The answer to a drain was lost, and the balancer shows that it was done. Nobody else's weight
  // of zero says that an instance is to go.
  [[nodiscard]] bool is_drained_by_us(const Instance& instance) const {
    if (instance.membership != Membership::drained) return false;
    return std::any_of(state_.intents.begin(), state_.intents.end(), [&](const Intent& intent) {
      return intent.kind == IntentKind::drain && intent.instance == instance.id;
    });
  }

  // By an operator's order. What we were about to do with it is past.
  void set_aside(Counted& counted, Duty service, InstanceMemory& memory) const {
    counted.standing = service == Duty::standby ? Standing::standby : Standing::detached;
    memory.draining_since.reset();
    memory.condemned = memory.retiring = memory.is_pooled = false;
    memory.awaits_join = is_balanced(spec_);  // Once it is back.
  }

  void became_active(const Instance& instance, InstanceMemory& memory) {
    // One that was active when first seen became so at some time since its creation.
    const bool is_new = memory.first_seen == seen_.at;
    const bool is_dated = instance.created != Time{} && instance.created <= seen_.at;
    memory.active_since = is_new && is_dated ? instance.created : seen_.at;
    if (!memory.awaits_hooks) came_alive(instance);
  }

  void came_alive(const Instance& instance) {
    if (instance.launch_hash == launch_in_force(spec_, state_)) state_.born_dead = {};
  }

  void judge(Fate what, Counted& counted, InstanceMemory& memory) {
    const Instance& instance = *counted.instance;
    const auto& words = spec_.health.cloud_states;
    const bool is_failed = what == Fate::replace || instance.state == state_retiring ||
                           std::find(words.begin(), words.end(), instance.state) != words.end();
    if (is_failed) {
      counted.standing = Standing::condemned;
      counted.reason = Reason::instance_failed;
      if (!memory.condemned && !memory.active_since) was_born_dead(instance);
    } else if (what == Fate::ignore) {
      counted.standing = Standing::ignored;
    } else if (what == Fate::keep) {
      counted.standing = Standing::ready;
      if (memory.awaits_hooks) weigh_hooks(counted, memory);
      if (!memory.awaits_hooks) weigh_reports(counted, memory);
      if (memory.awaits_join) weigh_membership(counted, memory);
    } else {
      counted.standing = Standing::building;
      if (what == Fate::wait && !memory.active_since) weigh_age(counted, memory);
      const bool is_overdue = counted.standing == Standing::condemned;
      if (is_overdue && !memory.condemned) was_born_dead(instance);
    }
    const bool was_condemned = memory.condemned;
    memory.condemned = counted.standing == Standing::condemned;
    counted.has_newly_failed = memory.condemned && !was_condemned;
    if (!memory.is_pooled) return;
    counted.serves = false;
    if (counted.standing == Standing::ready) counted.standing = Standing::standby;
  }

  // It is up, and serves once those who asked to be heard first have answered.
  void weigh_hooks(Counted& counted, InstanceMemory& memory) {
    const Instance& instance = *counted.instance;
    const HookStand stand =
        stand_of(spec_, state_.memory, instance.id, HookOn::launch, *memory.active_since, now_);
    if (!stand.abandoned.empty()) {
      counted.standing = Standing::condemned;
      counted.reason = Reason::hook_abandoned;
      counted.hook = stand.abandoned;
      counted.serves = false;
      if (!memory.condemned) was_born_dead(instance);
    } else if (!stand.pending.empty()) {
      counted.standing = Standing::building;
      counted.hook = stand.pending;
      counted.changes_at = stand.until;
      counted.serves = false;
    } else {
      memory.awaits_hooks = false;
      came_alive(instance);
    }
  }

  // It is up, and serves once the balancer sends it work.
  void weigh_membership(Counted& counted, InstanceMemory& memory) const {
    if (!is_balanced(spec_) || counted.instance->membership == Membership::member) {
      memory.awaits_join = false;
      return;
    }
    counted.serves = false;
    if (counted.standing == Standing::ready) counted.standing = Standing::building;
  }

  void weigh_age(Counted& counted, const InstanceMemory& memory) const {
    const Instance& instance = *counted.instance;
    if (!is_birth(instance.state)) return;
    const bool is_dated = instance.created != Time{} && instance.created <= seen_.at;
    const Time born = is_dated ? instance.created : memory.first_seen;
    const Time deadline = born + spec_.health.launch_timeout;
    if (now_ < deadline) {
      counted.changes_at = deadline;
      return;
    }
    counted.standing = Standing::condemned;
    counted.reason = Reason::launch_timed_out;
  }

  // Reports about one instance lie side by side, in order of instance.
  void weigh_reports(Counted& counted, InstanceMemory& memory) {
    const auto& reports = state_.memory.health;
    const InstanceId& id = counted.instance->id;
    while (report_ < reports.size() && reports[report_].report.instance < id) ++report_;
    std::size_t end = report_;
    while (end < reports.size() && reports[end].report.instance == id) ++end;
    const std::span about(reports.data() + report_, end - report_);
    const Time counts_since = guards_.has(Guard::grace) ? *memory.active_since
                                                        : *memory.active_since - spec_.health.grace;
    Diagnosis diagnosis = diagnose(spec_.health, about, counts_since, now_);
    watch_relapses(spec_.health, memory, diagnosis, now_);
    counted.by_report = diagnosis.is_ill;
    counted.is_unknown = diagnosis.is_unknown;
    counted.changes_at = diagnosis.changes_at;
    if (!diagnosis.is_condemned) return;
    counted.standing = Standing::condemned;
    counted.reason = diagnosis.reason;
    counted.reporter = diagnosis.reporter;
  }

  void unseen(InstanceMemory memory) {
    Counted counted;
    if (!proves_absence_) {
      as_remembered(counted, memory);
      keep(counted, std::move(memory));
      return;
    }
    const bool was_listed = memory.first_seen != Time{};
    const bool is_first = memory.missing_listings == 0 && was_listed;
    if (is_news_ &&
        (is_first || memory.missing_counted_at + between_missing_listings <= seen_.at)) {
      if (!memory.missing_since) memory.missing_since = seen_.at;
      if (is_first) contradicts_ = true;
      // By our clock: a listing that took long shows what was when it ended, not when it began.
      memory.missing_counted_at = std::max(seen_.at, now_);
      if (memory.missing_listings < listings_counted_max) ++memory.missing_listings;
    }
    const bool is_doubted = !was_listed || (is_mass_absence_ && !is_let_go(memory.id));
    // Given up by a listing that says so, not by a second look at one that was taken into account:
    // there the others that were missing may be fewer already, and with them the doubt.
    std::uint8_t listings = is_doubted ? listings_in_doubt : listings_of_the_dead;
    if (!guards_.has(Guard::absence)) listings = 1;
    if (is_news_ && memory.missing_listings >= listings && is_gone_by_id(memory.id)) {
      if (was_listed) lost(memory);
      return;
    }
    counted.standing = was_listed ? Standing::missing : Standing::ignored;
    if (was_listed) stand_aside(counted, memory);
    counted.changes_at = memory.missing_counted_at + between_missing_listings;
    keep(counted, std::move(memory));
  }

  // Or the cloud has no other word than its listings.
  [[nodiscard]] bool is_gone_by_id(const InstanceId& id) const {
    if (!seen_.tells_by_id || !guards_.has(Guard::absence)) return true;
    return std::binary_search(seen_.gone.begin(), seen_.gone.end(), id);
  }

  // What was set aside is not missed.
  void stand_aside(Counted& counted, const InstanceMemory& memory) const {
    const Duty service = said_of(state_.memory, memory.id).service;
    if (service == Duty::detached) counted.standing = Standing::detached;
    if (service == Duty::standby || memory.is_pooled) counted.standing = Standing::standby;
  }

  // We asked for its end, or it is the group's no more.
  [[nodiscard]] bool is_let_go(const InstanceId& id) const {
    return was_asked_for(state_, id) || said_of(state_.memory, id).service == Duty::detached;
  }

  void as_remembered(Counted& counted, const InstanceMemory& memory) const {
    if (memory.first_seen == Time{}) {
      counted.standing = Standing::ignored;
    } else if (memory.missing_since) {
      counted.standing = Standing::missing;
    } else if (memory.draining_since) {
      counted.standing = Standing::draining;
    } else if (memory.condemned) {
      counted.standing = Standing::condemned;
      counted.reason = Reason::instance_failed;
    } else {
      const bool serves = memory.active_since && !memory.awaits_hooks && !memory.awaits_join;
      counted.standing = serves ? Standing::ready : Standing::building;
    }
    if (memory.first_seen != Time{}) stand_aside(counted, memory);
  }

  [[nodiscard]] bool is_of_a_launch(const Instance& instance) const {
    return std::any_of(state_.intents.begin(), state_.intents.end(), [&](const Intent& intent) {
      return intent.kind == IntentKind::launch &&
             (intent.instance == instance.id ||
              (!instance.token.empty() && intent.token == instance.token));
    });
  }

  // Somebody brings back what we have just taken away: it is not of any launch of ours.
  [[nodiscard]] bool comes_back(const Instance& instance, const InstanceMemory& memory) const {
    if (memory.is_launched || !instance.token.empty()) return false;
    if (state_.good_observations < observations_to_warm) return false;
    return std::any_of(state_.terminations.begin(), state_.terminations.end(),
                       [this](const Spent& spent) { return now_ < spent.at + reversals_within; });
  }

  void lost(const InstanceMemory& memory) {
    std::erase_if(state_.setbacks, [&](const Setback& s) { return s.instance == memory.id; });
    if (is_let_go(memory.id)) return;
    // Somebody takes away what we have just launched, and what served.
    const bool is_young = now_ < memory.first_seen + reversals_within;
    if (memory.is_launched && memory.active_since && is_young && !memory.condemned) {
      note_reversal(state_.reversals, now_);
    }
    if (state_.losses.empty() || state_.losses.back().at != now_) {
      state_.losses.push_back({now_, 0});
    }
    ++state_.losses.back().count;
  }

  void was_born_dead(const Instance& instance) {
    const std::string& launch = launch_in_force(spec_, state_);
    if (instance.launch_hash != launch || is_let_go(instance.id)) return;
    state_.born_dead.launch_hash = launch;
    ++state_.born_dead.failures;
    state_.born_dead.failed_at = now_;
  }

  // So much bad news at once says more about the probe than about the instances.
  void doubt_the_probe() {
    Capacity size = 0;
    Capacity doubtful = 0;
    for (const Counted& counted : census_.instances) {
      if (counted.instance == nullptr || counted.standing == Standing::gone ||
          counted.standing == Standing::ignored || counted.standing == Standing::standby ||
          counted.standing == Standing::detached) {
        continue;
      }
      ++size;
      if (counted.by_report || counted.is_unknown) ++doubtful;
    }
    if (!guards_.has(Guard::probe)) return;
    if (doubtful <= 1) return;  // A single one is never a pattern.
    const Decimal share = Decimal(size) * spec_.health.stop_above;
    if (doubtful < size && !(share < Decimal(doubtful) * Decimal(100))) return;
    census_.probe_suspect = true;
    census_.doubtful = doubtful;
    for (std::size_t i = 0; i < census_.instances.size(); ++i) {
      Counted& counted = census_.instances[i];
      if (counted.standing != Standing::condemned) continue;
      if (!is_by_report(counted.reason)) continue;
      counted.standing = Standing::ready;
      counted.has_newly_failed = false;
      state_.instances[places_[i]].condemned = false;
      ++census_.doubted;
    }
  }

  void tally() {
    Tally& tally = census_.tally;
    for (const Counted& counted : census_.instances) {
      switch (counted.standing) {
        case Standing::ready:
          ++tally.ready;
          if (counted.is_unknown) ++census_.unknown;
          break;
        case Standing::building:
          ++tally.building;
          break;
        case Standing::condemned:
          ++tally.condemned;
          break;
        case Standing::draining:
          ++tally.draining;
          break;
        case Standing::missing:
          ++tally.missing;
          if (!was_asked_for(state_, counted.id())) ++census_.missing_unasked;
          break;
        case Standing::ignored:
          if (counted.instance != nullptr) ++tally.ignored;
          break;
        case Standing::standby:
          ++tally.standby;
          break;
        case Standing::gone:
        case Standing::detached:
          break;
      }
    }
    for (const Intent& intent : state_.intents) {
      if (intent.kind == IntentKind::launch) ++tally.in_flight;
    }
  }

  static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

  const GuardMask guards_;
  const GroupSpec& spec_;
  GroupState& state_;
  const Observation& seen_;
  const Time now_;
  const bool proves_absence_;
  const bool is_news_;
  bool is_mass_absence_ = false;
  bool contradicts_ = false;  // It shows what no earlier one did, or omits what one did.

  std::vector<const Instance*> ordered_;
  std::vector<std::size_t> places_;  // Of each counted instance, in state_.instances.
  std::size_t report_ = 0;           // The next health report to look at.
  Census census_;
};

}  // namespace

bool is_mass_change(const GroupSpec& spec, Capacity lost, Capacity of) {
  if (lost <= 1) return false;
  return Decimal(of) * spec.guards.mass_change < Decimal(lost) * Decimal(100);
}

Census take_census(const GroupSpec& spec, GroupState& state, const Observation& seen, Time now,
                   const GuardMask& guards) {
  return Counting(spec, state, seen, now, guards).take();
}

}  // namespace settle
