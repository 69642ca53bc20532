// What is missing to desired, and the zones to launch it in.
#include <algorithm>
#include <optional>
#include <span>
#include <string_view>

#include "reconcilers/guards.h"
#include "reconcilers/planning.h"
#include "reconcilers/pool.h"

namespace settle {
namespace {

// How many instances each of the group's zones will have. What is to leave is not counted, so that
// a replacement goes where its predecessor was unless another zone has fewer.
class Zones {
 public:
  explicit Zones(const Planning& planning) : names_(planning.spec.zones), now_(planning.now) {
    zones_.resize(names_.size());
    if (names_.empty()) return;
    for (const Counted& counted : planning.census.instances) {
      if (counted.instance == nullptr || counted.standing == Standing::gone) continue;
      if (counted.standing == Standing::draining || counted.is_retiring) continue;
      Zone* const zone = find(counted.instance->zone);
      if (zone != nullptr) ++(counted.standing == Standing::condemned ? zone->failed : zone->count);
    }
    shun_lost_zones();
    for (const Setback& setback : planning.state.setbacks) {
      Zone* const zone = setback.zone.empty() ? nullptr : find(setback.zone);
      if (zone == nullptr || !planning.context.guards.has(Guard::setback)) continue;
      zone->setback = &setback;
      zone->is_shut = now_ < setback.until;
    }
    for (const Intent& intent : planning.state.intents) {
      Zone* const zone = intent.kind == IntentKind::launch ? find(intent.zone) : nullptr;
      if (zone != nullptr) add_launch(*zone);
    }
  }

  // Why there is none to launch in: the cloud has said that each is full.
  [[nodiscard]] std::optional<Block> why_none() const {
    const Setback* first = nullptr;
    for (const Zone& zone : zones_) {
      if (!zone.is_shut) return {};
      if (first == nullptr || zone.setback->until < first->until) first = zone.setback;
    }
    if (first == nullptr) return {};
    Block block{
        "cloud", first->why, {}, {{"times", std::int64_t{first->times}}, {"zone", first->zone}}};
    if (now_ < first->until) block.until = first->until;
    return block;
  }

  // The emptiest, the first in the group's order among equals.
  // REQUIRES: there is one to launch in.
  std::string take_emptiest() {
    Zone* least = nullptr;
    for (Zone& zone : zones_) {
      if (!zone.is_shut && (least == nullptr || zone.count < least->count)) least = &zone;
    }
    if (least == nullptr) return {};
    add_launch(*least);
    return names_[static_cast<std::size_t>(least - zones_.data())];
  }

 private:
  struct Zone {
    Capacity count = 0;
    Capacity failed = 0;
    const Setback* setback = nullptr;  // It had no room when it was last asked.
    bool is_shut = false;
  };

  Zone* find(std::string_view name) {
    const auto at = std::find(names_.begin(), names_.end(), name);
    return at == names_.end() ? nullptr : &zones_[static_cast<std::size_t>(at - names_.begin())];
  }

  // One launch tries whether there is room again.
  static void add_launch(Zone& zone) {
    ++zone.count;
    zone.is_shut = zone.is_shut || zone.setback != nullptr;
  }

  // Where everything has failed, and more than one, what is launched would fail too: such a zone
  // counts as full, as long as there is another.
  void shun_lost_zones() {
    for (Zone& zone : zones_) {
      if (zone.count == 0 && zone.failed > 1) zone.count = capacity_limit;
    }
  }

  const std::vector<std::string>& names_;
  const Time now_;
  std::vector<Zone> zones_;  // In the order of their names.
};

bool is_under_way(const Planning& planning, const Counted& replaced) {
  const auto& intents = planning.state.intents;
  return std::any_of(intents.begin(), intents.end(), [&](const Intent& intent) {
    return intent.kind == IntentKind::launch && intent.replaces == replaced.id();
  });
}

// What failed and has no launch in its place yet, as far as we know: first what is still to leave,
// then what leaves already.
std::vector<const Counted*> to_be_replaced(const Planning& planning) {
  std::vector<const Counted*> found;
  const auto look_for = [&](Standing standing) {
    for (const Counted& counted : planning.census.instances) {
      if (counted.standing != standing || counted.instance == nullptr) continue;
      if (counted.memory == nullptr || !counted.memory->condemned) continue;
      if (!is_under_way(planning, counted)) found.push_back(&counted);
    }
  };
  look_for(Standing::condemned);
  look_for(Standing::draining);
  return found;
}

// Beyond so much of the group lost, healing slows down (Kubernetes node lifecycle, zones).
constexpr Capacity secondary_rate_from_percent = 55;

Capacity healing_allowed(const Census& census) {
  const Tally& tally = census.tally;
  std::int64_t failed = 0;  // Those that leave already included.
  for (const Counted& counted : census.instances) {
    if (counted.memory != nullptr && counted.memory->condemned) ++failed;
  }
  const std::int64_t size = tally.ready + tally.building + failed;
  if (failed * 100 < size * secondary_rate_from_percent) return capacity_limit;
  const auto at_one_time = static_cast<Capacity>(std::max<std::int64_t>(1, size / 10));
  return std::max<Capacity>(0, at_one_time - tally.building - tally.in_flight);
}

Block no_room(const Planning& planning) {
  return {"max",
          Reason::no_room,
          {},
          {{"max", std::int64_t{planning.record.limits.max}},
           {"possible", std::int64_t{planning.census.tally.possible()}}}};
}

Wish launch_of(const Planning& planning, const Counted* replaced, std::string zone) {
  const Tally& tally = planning.census.tally;
  Wish wish;
  wish.step.op = StepOp::launch;
  wish.step.zone = std::move(zone);
  wish.step.facts = {{"building", std::int64_t{tally.building}},
                     {"desired", std::int64_t{planning.desired()}},
                     {"in_flight", std::int64_t{tally.in_flight}},
                     {"ready", std::int64_t{tally.ready}}};
  if (replaced == nullptr) return wish;
  wish.step.replaces = replaced->id();
  wish.step.reason = replaced->reason;
  wish.step.facts.emplace_back("state", replaced->instance->state);
  return wish;
}

Capacity deficit_of(const Planning& planning) {
  const Tally& tally = planning.census.tally;
  Capacity duplicates = 0;
  for (const Counted& counted : planning.census.instances) {
    const bool is_capacity =
        counted.standing == Standing::ready || counted.standing == Standing::building;
    if (counted.is_duplicate && is_capacity) ++duplicates;
  }
  // What is missing is not yet dead: nothing takes its place before it is.
  const Capacity coming = tally.ready + tally.building + tally.in_flight - duplicates +
                          planning.census.missing_unasked + planning.back_in_service -
                          planning.census.retiring;
  return planning.desired() - coming;
}

// One kind of launch after the other; what stops one of a kind stops the rest of it.
class Launching {
 public:
  Launching(const Planning& planning, Guards& guards, Wishes& wishes)
      : guards_(guards),
        wishes_(wishes),
        zones_(planning),
        healing_(planning.context.guards.has(Guard::healing_rate) ? healing_allowed(planning.census)
                                                                  : capacity_limit),
        room_(planning.context.guards.has(Guard::room)
                  ? planning.record.limits.max - planning.census.tally.possible()
                  : capacity_limit) {}

  // In place of these, as many of them as `count`. Returns how many of those still in service wait
  // for room under max.
  Capacity replace(Planning& planning, StepClass step_class, std::span<const Counted* const> old,
                   Capacity count) {
    for (Capacity i = 0; i < count; ++i) {
      if (room_ <= 0) {
        const auto waiting = static_cast<Capacity>(
            std::count_if(old.begin() + i, old.begin() + count, is_in_service));
        if (count - i > waiting) {
          withhold(planning, StepOp::launch, {}, count - i - waiting, no_room(planning));
        }
        return waiting;
      }
      if (is_held(planning, step_class, count - i)) return 0;
      if (step_class == StepClass::replace && i >= healing_) {
        withhold(planning, StepOp::launch, {}, count - i, too_many_to_heal(planning));
        return 0;
      }
      launch(launch_of(planning, old[static_cast<std::size_t>(i)], {}));
    }
    return 0;
  }

  void add(Planning& planning, Capacity count, Reason reason, const Facts& facts) {
    for (Capacity i = 0; i < count; ++i) {
      if (room_ <= 0) {
        withhold(planning, StepOp::launch, {}, count - i, no_room(planning));
        return;
      }
      if (is_held(planning, StepClass::scale_out, count - i)) return;
      Wish wish = launch_of(planning, nullptr, {});
      wish.step.reason = reason;
      wish.step.facts.insert(wish.step.facts.end(), facts.begin(), facts.end());
      launch(std::move(wish));
    }
  }

 private:
  static bool is_in_service(const Counted* counted) {
    return counted->serves && counted->standing != Standing::draining;
  }

  [[nodiscard]] Block too_many_to_heal(const Planning& planning) const {
    return {"healing rate",
            Reason::disruption_budget_spent,
            {},
            {{"condemned", std::int64_t{planning.census.tally.condemned}},
             {"limit", std::int64_t{healing_}}}};
  }

  // Whether a guard holds back the rest of its kind.
  bool is_held(Planning& planning, StepClass step_class, Capacity rest) const {
    auto block = guards_.against_launch(step_class);
    if (!block) block = zones_.why_none();
    if (!block) return false;
    withhold(planning, StepOp::launch, {}, rest, *std::move(block));
    return true;
  }

  void launch(Wish wish) {
    wish.step.zone = zones_.take_emptiest();
    wishes_.launches.push_back(std::move(wish));
    guards_.spend_launch();
    --room_;
  }

  Guards& guards_;
  Wishes& wishes_;
  Zones zones_;
  const Capacity healing_;
  Capacity room_;
};

// What is to give way and has no launch in its place yet, as far as we know.
std::vector<const Counted*> to_be_relieved(const Planning& planning) {
  std::vector<const Counted*> found;
  if (planning.census.retiring == 0) return found;
  for (const Counted& counted : planning.census.instances) {
    if (counted.is_retiring && !is_under_way(planning, counted)) found.push_back(&counted);
  }
  return found;
}

// How many the warm pool lacks beyond what comes already.
Capacity pool_deficit(const Planning& planning, Capacity wanted) {
  if (planning.spec.warm_pool <= 0) return 0;
  return std::max<Capacity>(0, short_of_pool(planning) + std::min<Capacity>(wanted, 0));
}

Facts pool_facts(const Planning& planning) {
  const Capacity size = pool_size(planning.spec, planning.state, planning.record.limits);
  return {{"count", std::int64_t{size - short_of_pool(planning)}}, {"limit", std::int64_t{size}}};
}

}  // namespace

WithoutRoom wish_launches(Planning& planning, Guards& guards, Wishes& wishes) {
  Capacity wanted = deficit_of(planning);
  const Capacity for_pool = pool_deficit(planning, wanted);
  if (wanted > 0) wanted -= take_back_scale_in(planning, wanted);
  if (wanted > 0) wanted -= take_back_drains(planning, guards, wanted, wishes);
  if (wanted <= 0 && for_pool <= 0) return {};
  wanted = std::max<Capacity>(wanted, 0);
  const std::vector<const Counted*> failed = to_be_replaced(planning);
  const std::vector<const Counted*> retiring = to_be_relieved(planning);
  const auto to_replace = std::min(wanted, static_cast<Capacity>(failed.size()));
  const auto to_relieve = std::min(wanted - to_replace, static_cast<Capacity>(retiring.size()));
  Launching launching(planning, guards, wishes);
  WithoutRoom without_room;
  without_room.condemned = launching.replace(planning, StepClass::replace, failed, to_replace);
  launching.add(planning, wanted - to_replace - to_relieve, Reason::below_desired, {});
  without_room.retiring =
      launching.replace(planning, StepClass::replace_outdated, retiring, to_relieve);
  if (for_pool > 0) {
    launching.add(planning, for_pool, Reason::warm_pool_short, pool_facts(planning));
  }
  return without_room;
}

}  // namespace settle
