#include "reconcilers/pool.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include "reconcilers/rollout.h"

namespace settle {
namespace {

class Pool {
 public:
  Pool(const GroupSpec& spec, GroupState& state, Census& census)
      : state_(state), census_(census), launch_(launch_in_force(spec, state)) {
    for (Counted& counted : census.instances) {
      if (counted.instance == nullptr || counted.memory == nullptr) continue;
      if (counted.standing == Standing::standby && counted.memory->is_pooled) {
        pooled_.push_back(&counted);
      } else if (counted.standing == Standing::ready && !counted.memory->retiring) {
        ++serving_;
        if (may_rest(counted)) idle_.push_back(&counted);
      }
    }
  }

  void fit(Capacity desired, Capacity size) {
    auto drawn = std::max(desired - serving_, static_cast<Capacity>(pooled_.size()) - size);
    sort_by_age(pooled_);
    for (auto at = pooled_.begin(); at != pooled_.end() && drawn > 0; ++at, --drawn) draw(**at);
    Capacity surplus = std::min(serving_ - desired, size - static_cast<Capacity>(pooled_.size()));
    sort_by_age(idle_);
    for (auto at = idle_.rbegin(); at != idle_.rend() && surplus > 0; ++at, --surplus) rest(**at);
  }

 private:
  [[nodiscard]] bool may_rest(const Counted& counted) const {
    const bool is_current =
        counted.instance->launch_hash.empty() || counted.instance->launch_hash == launch_;
    return is_current && !counted.is_protected && !counted.is_duplicate && !counted.by_report &&
           !counted.is_unknown;
  }

  static void sort_by_age(std::vector<Counted*>& list) {
    std::sort(list.begin(), list.end(), [](const Counted* a, const Counted* b) {
      return std::tie(a->instance->created, a->instance->id) <
             std::tie(b->instance->created, b->instance->id);
    });
  }

  void draw(Counted& counted) {
    memory_of(counted).is_pooled = false;
    counted.standing = Standing::ready;
    counted.serves = true;
    ++census_.tally.ready;
    --census_.tally.standby;
  }

  void rest(Counted& counted) {
    memory_of(counted).is_pooled = true;
    counted.standing = Standing::standby;
    counted.serves = false;
    --census_.tally.ready;
    ++census_.tally.standby;
  }

  InstanceMemory& memory_of(const Counted& counted) {
    return state_.instances[static_cast<std::size_t>(counted.memory - state_.instances.data())];
  }

  GroupState& state_;
  Census& census_;
  const std::string& launch_;
  Capacity serving_ = 0;
  std::vector<Counted*> pooled_;
  std::vector<Counted*> idle_;  // In service, and may be spared.
};

}  // namespace

Capacity pool_size(const GroupSpec& spec, const GroupState& state, Range limits) {
  return std::clamp<Capacity>(limits.max - state.desired.value_or(0), 0,
                              std::max<Capacity>(spec.warm_pool, 0));
}

void tend_pool(const GroupSpec& spec, GroupState& state, Range limits, Census& census) {
  if (!state.desired || (spec.warm_pool <= 0 && census.tally.standby == 0)) return;
  Pool(spec, state, census).fit(*state.desired, pool_size(spec, state, limits));
}

}  // namespace settle
