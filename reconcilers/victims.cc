// Who leaves when there are more than desired: what does not serve yet first, then what somebody
// put aside, then from the fullest zone, by the group's order, then by id. Protected ones never.
#include <algorithm>
#include <string_view>
#include <tuple>

#include "reconcilers/guards.h"
#include "reconcilers/planning.h"
#include "reconcilers/pool.h"
#include "reconcilers/rollout.h"

namespace settle {
namespace {

class Victims {
 public:
  explicit Victims(const Planning& planning) : planning_(planning) {
    for (const Counted& counted : planning.census.instances) {
      if (counted.instance == nullptr || counted.is_duplicate) continue;
      const bool is_building = counted.standing == Standing::building;
      if (!is_building && counted.standing != Standing::ready) continue;
      if (counted.is_retiring) continue;  // It goes once another serves in its place.
      const bool is_refused = is_set_back(counted.id());
      if (counted.is_protected) {
        ++spared_;
      } else if (is_refused) {
        refused_.push_back(&counted);
      } else if (is_building) {
        building_.push_back(&counted);
      }
      // Who is spared is no victim, but fills its zone like any other.
      if (!is_building) zone_of(counted.instance->zone).add(counted, is_refused);
    }
    const auto goes_first = [this](const Counted* a, const Counted* b) { return before(*a, *b); };
    const auto idle_first = [this](const Counted* a, const Counted* b) {
      const bool is_put_aside_a = is_put_aside(*a);
      if (is_put_aside_a != is_put_aside(*b)) return !is_put_aside_a;
      return before(*a, *b);
    };
    std::sort(building_.rbegin(), building_.rend(), idle_first);
    for (Zone& zone : zones_) std::sort(zone.members.rbegin(), zone.members.rend(), goes_first);
  }

  // The next to go; null when none is left that may.
  const Counted* next() {
    if (!building_.empty()) return taken(building_);
    Zone* fullest = nullptr;
    for (Zone& zone : zones_) {
      if (zone.members.empty()) continue;
      if (fullest == nullptr || fuller(zone, *fullest)) fullest = &zone;
    }
    if (fullest == nullptr) return refused_.empty() ? nullptr : taken(refused_);
    --fullest->count;
    return taken(fullest->members);
  }

  [[nodiscard]] Capacity spared() const { return spared_; }

 private:
  struct Zone {
    std::string_view name;
    Capacity count = 0;
    std::vector<const Counted*> members;  // The first to go is last.

    void add(const Counted& counted, bool is_refused) {
      ++count;
      if (!counted.is_protected && !is_refused) members.push_back(&counted);
    }
  };

  static const Counted* taken(std::vector<const Counted*>& from) {
    const Counted* counted = from.back();
    from.pop_back();
    return counted;
  }

  // The cloud will not let it go for now: others go, and it keeps nobody back.
  [[nodiscard]] bool is_set_back(const InstanceId& id) const {
    return std::any_of(planning_.state.setbacks.begin(), planning_.state.setbacks.end(),
                       [&](const Setback& setback) {
                         return setback.instance == id && !setback.is_of_balancer &&
                                planning_.now < setback.until;
                       });
  }

  Zone& zone_of(std::string_view name) {
    for (Zone& zone : zones_) {
      if (zone.name == name) return zone;
    }
    zones_.push_back({name, 0, {}});
    return zones_.back();
  }

  // Among equally full zones, the one whose first victim is before the other's.
  [[nodiscard]] bool fuller(const Zone& a, const Zone& b) const {
    if (a.count != b.count) return a.count > b.count;
    return before(*a.members.back(), *b.members.back());
  }

  [[nodiscard]] static bool is_put_aside(const Counted& counted) {
    return fate(counted.instance->state) == Fate::avoid_replacing;
  }

  [[nodiscard]] bool is_outdated(const Counted& counted) const {
    return counted.instance->launch_hash != launch_in_force(planning_.spec, planning_.state);
  }

  // Whether `a` goes before `b`, both of one zone or neither yet serving.
  [[nodiscard]] bool before(const Counted& a, const Counted& b) const {
    if (a.by_report != b.by_report) return a.by_report;  // Doubted, but doubtful as well.
    const auto age = [](const Counted& c) { return std::tie(c.instance->created, c.id()); };
    switch (planning_.spec.victims) {
      case VictimOrder::oldest:
        return age(a) < age(b);
      case VictimOrder::newest:
        if (a.instance->created != b.instance->created) {
          return a.instance->created > b.instance->created;
        }
        return a.id() < b.id();
      case VictimOrder::oldest_launch:
        if (is_outdated(a) != is_outdated(b)) return is_outdated(a);
        return age(a) < age(b);
    }
    return age(a) < age(b);
  }

  const Planning& planning_;
  Capacity spared_ = 0;
  std::vector<const Counted*> building_;
  std::vector<const Counted*> refused_;  // Last of all: they say why it goes no further.
  std::vector<Zone> zones_;
};

// One whose health nobody can tell may have to be replaced: it is not counted as one too many.
Capacity hold_for_unknown(Planning& planning, Capacity surplus) {
  const Capacity unknown = planning.census.unknown;
  const Capacity held = std::min(surplus, unknown);
  if (held == 0 || planning.census.probe_suspect) return 0;
  withhold(planning, StepOp::terminate, {}, held,
           {"probe", Reason::probe_suspect, {}, {{"count", std::int64_t{unknown}}}});
  return held;
}

}  // namespace

Capacity short_of_pool(const Planning& planning) {
  Capacity pooled = 0;
  for (const Counted& counted : planning.census.instances) {
    if (counted.standing == Standing::standby && counted.is_pooled()) ++pooled;
  }
  const Capacity size = pool_size(planning.spec, planning.state, planning.record.limits);
  return std::max<Capacity>(0, size - pooled);
}

void wish_scale_in(Planning& planning, Guards& guards, Wishes& wishes) {
  const Tally& tally = planning.census.tally;
  Capacity serving = tally.ready - planning.census.unknown;
  Capacity surplus = tally.ready + tally.building - planning.desired() - planning.census.retiring;
  if (planning.spec.warm_pool > 0) surplus -= short_of_pool(planning);
  for (const Counted& counted : planning.census.instances) {
    if (!counted.is_duplicate) continue;
    if (counted.standing == Standing::ready) --serving;
    if (counted.standing == Standing::ready || counted.standing == Standing::building) --surplus;
  }
  if (surplus <= 0) return;
  surplus -= hold_for_unknown(planning, surplus);
  Victims victims(planning);
  for (; surplus > 0; --surplus) {
    const Counted* victim = victims.next();
    if (victim == nullptr) {
      withhold(planning, StepOp::terminate, {}, surplus,
               {"protection",
                Reason::instance_protected,
                {},
                {{"count", std::int64_t{victims.spared()}}}});
      return;
    }
    const bool takes_service = victim->standing == Standing::ready;
    Wish wish = leave(planning, *victim, Reason::above_desired);
    wish.is_voluntary = true;
    const InstanceId first = surplus == 1 ? victim->id() : InstanceId{};
    if (takes_service && serving <= planning.record.limits.min) {
      withhold(
          planning, wish.step.op, first, surplus,
          {"min",
           Reason::at_minimum,
           {},
           {{"min", std::int64_t{planning.record.limits.min}}, {"ready", std::int64_t{serving}}}});
      return;
    }
    if (auto block = guards.against_leaving(*victim, StepClass::scale_in, wish.step.op)) {
      withhold(planning, wish.step.op, first, surplus, *std::move(block));
      return;
    }
    if (takes_service) --serving;
    guards.spend_leaving(*victim, wish.step.op);
    wishes.leaving.push_back(std::move(wish));
  }
}

}  // namespace settle
