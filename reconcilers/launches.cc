// What is missing to desired, and the zones to launch it in.
#include <algorithm>
#include <string_view>

#include "reconcilers/guards.h"
#include "reconcilers/planning.h"

namespace settle {
namespace {

// How many instances each of the group's zones will have. What is to leave is not counted, so that
// a replacement goes where its predecessor was unless another zone has fewer.
class Zones {
 public:
  explicit Zones(const Planning& planning) : names_(planning.spec.zones) {
    counts_.resize(names_.size());
    if (names_.empty()) return;
    std::vector<Capacity> failed(names_.size());
    for (const Counted& counted : planning.census.instances) {
      if (counted.instance == nullptr || counted.standing == Standing::gone) continue;
      if (counted.standing == Standing::draining) continue;
      const bool has_failed = counted.standing == Standing::condemned;
      add(has_failed ? failed : counts_, counted.instance->zone);
    }
    shun_lost_zones(failed);
    for (const Intent& intent : planning.state.intents) {
      if (intent.kind == IntentKind::launch) add(counts_, intent.zone);
    }
  }

  // The emptiest, the first in the group's order among equals.
  std::string take_emptiest() {
    if (names_.empty()) return {};
    const auto least = std::min_element(counts_.begin(), counts_.end());
    ++*least;
    return names_[static_cast<std::size_t>(least - counts_.begin())];
  }

 private:
  void add(std::vector<Capacity>& counts, std::string_view zone) const {
    const auto at = std::find(names_.begin(), names_.end(), zone);
    if (at != names_.end()) ++counts[static_cast<std::size_t>(at - names_.begin())];
  }

  // Where everything has failed, and more than one, what is launched would fail too: such a zone
  // counts as full, as long as there is another.
  void shun_lost_zones(const std::vector<Capacity>& failed) {
    const auto is_lost = [&](std::size_t zone) { return counts_[zone] == 0 && failed[zone] > 1; };
    for (std::size_t zone = 0; zone < counts_.size(); ++zone) {
      if (is_lost(zone)) counts_[zone] = capacity_limit;
    }
  }

  const std::vector<std::string>& names_;
  std::vector<Capacity> counts_;
};

// What failed and has no launch in its place yet, as far as we know: first what is still to leave,
// then what leaves already.
std::vector<const Counted*> to_be_replaced(const Planning& planning) {
  std::vector<const Counted*> found;
  const auto look_for = [&](Standing standing) {
    for (const Counted& counted : planning.census.instances) {
      if (counted.standing != standing || counted.instance == nullptr) continue;
      if (counted.memory == nullptr || !counted.memory->condemned) continue;
      const bool is_under_way = std::any_of(
          planning.state.intents.begin(), planning.state.intents.end(), [&](const Intent& intent) {
            return intent.kind == IntentKind::launch && intent.replaces == counted.id();
          });
      if (!is_under_way) found.push_back(&counted);
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

// How many of these stay in service until there is room for another in their place.
Capacity serving_from(const std::vector<const Counted*>& condemned, Capacity from, Capacity to) {
  return static_cast<Capacity>(
      std::count_if(condemned.begin() + from, condemned.begin() + to, [](const Counted* counted) {
        return counted->serves && counted->standing == Standing::condemned;
      }));
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
                          planning.census.missing_unasked + planning.back_in_service;
  return planning.desired() - coming;
}

}  // namespace

Capacity wish_launches(Planning& planning, Guards& guards, Wishes& wishes) {
  Capacity wanted = deficit_of(planning);
  if (wanted > 0) wanted -= take_back_scale_in(planning, wanted);
  if (wanted <= 0) return 0;
  const std::vector<const Counted*> condemned = to_be_replaced(planning);
  const Capacity healing = healing_allowed(planning.census);
  const auto replacing = std::min(wanted, static_cast<Capacity>(condemned.size()));
  Capacity room = planning.record.limits.max - planning.census.tally.possible();
  Zones zones(planning);

  // One kind after the other; what stops one launch of a kind stops the rest of it.
  const auto launch = [&](StepClass step_class, Capacity count) {
    for (Capacity i = 0; i < count; ++i) {
      const bool replaces = step_class == StepClass::replace;
      const Capacity rest = count - i;
      if (room <= 0) {
        const Capacity waiting = replaces ? serving_from(condemned, i, count) : 0;
        if (rest > waiting)
          withhold(planning, StepOp::launch, {}, rest - waiting, no_room(planning));
        return waiting;
      }
      if (auto block = guards.against_launch(step_class)) {
        withhold(planning, StepOp::launch, {}, rest, *std::move(block));
        return Capacity{0};
      }
      if (replaces && i >= healing) {
        withhold(planning, StepOp::launch, {}, rest,
                 {"healing rate",
                  Reason::disruption_budget_spent,
                  {},
                  {{"condemned", std::int64_t{planning.census.tally.condemned}},
                   {"limit", std::int64_t{healing}}}});
        return Capacity{0};
      }
      const Counted* replaced = replaces ? condemned[static_cast<std::size_t>(i)] : nullptr;
      wishes.launches.push_back(launch_of(planning, replaced, zones.take_emptiest()));
      guards.spend_launch();
      --room;
    }
    return Capacity{0};
  };
  const Capacity without_room = launch(StepClass::replace, replacing);
  launch(StepClass::scale_out, wanted - replacing);
  return without_room;
}

}  // namespace settle
