#include <algorithm>
#include <cstdio>
#include <utility>

#include "tests/sim/owner.h"

namespace settle::sim {
using namespace std::chrono_literals;

Simulation::Simulation(const RunOptions& options)
    : options_(options),
      dice_(options.seed ^ 0x5e771e),
      scenario_(draw_scenario(options.seed)),
      faults_(scenario_.faults),
      cloud_(dice_),
      oracles_(scenario_, cloud_),
      now_(scenario_.begins) {
  for (const GroupPlan& plan : scenario_.groups) {
    given_[plan.spec->id] = mutated_spec(plan.spec, options.mutation);
  }
}

Simulation::~Simulation() = default;

RunResult Simulation::run() {
  const Time heals = scenario_.begins + scenario_.chaos;
  const Time quiets = heals + scenario_.healed - scenario_.quiet;
  const Time ends = heals + scenario_.healed;
  elect();
  begin_chaos();
  after(scenario_.chaos, [this] { begin_healing(); });
  after(quiets - now_, [this] { oracles_.on_quiet(now_); });
  const auto later = [](const Item& a, const Item& b) {
    return a.at != b.at ? a.at > b.at : a.order > b.order;
  };
  while (!queue_.empty() && !oracles_.violation()) {
    std::pop_heap(queue_.begin(), queue_.end(), later);
    Item item = std::move(queue_.back());
    queue_.pop_back();
    if (item.at > ends) break;
    now_ = item.at;
    item.what();
  }
  const auto unanswered = static_cast<std::size_t>(std::count_if(
      pending_.begin(), pending_.end(), [](const auto& entry) { return entry.second.is_retried; }));
  if (!oracles_.violation()) {
    oracles_.on_end(unanswered, scenario_.faults.jump_every > 0s, now_, wall());
  }
  result_.violation = oracles_.violation();
  return result_;
}

void Simulation::after(Duration delay, std::function<void()> what) {
  queue_.push_back({now_ + std::max(delay, Duration{}), ++order_, std::move(what)});
  std::push_heap(queue_.begin(), queue_.end(), [](const Item& a, const Item& b) {
    return a.at != b.at ? a.at > b.at : a.order > b.order;
  });
}

void Simulation::trace(std::string_view kind, std::string_view about, std::uint64_t number) {
  const auto mix = [this](std::uint64_t value) {
    result_.trace = (result_.trace ^ value) * 0x100000001b3ULL;
  };
  mix(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
  for (const char letter : kind) mix(static_cast<unsigned char>(letter));
  for (const char letter : about) mix(static_cast<unsigned char>(letter));
  mix(number);
  if (!options_.is_traced) return;
  const auto since = (now_ - scenario_.begins).count();
  std::printf("%9.3f %-12.*s %.*s %llu\n", static_cast<double>(since) / 1000.0,
              static_cast<int>(kind.size()), kind.data(), static_cast<int>(about.size()),
              about.data(), static_cast<unsigned long long>(number));
}

void Simulation::tell(const Journal& journal) const {
  for (const JournalEntry& entry : journal.decisions) {
    const DecisionRecord& record = entry.record;
    std::printf("          decided      %s desired %d to %d, ready %d of %d\n",
                record.group.value.c_str(), record.desired_from.value_or(-1),
                record.desired_to.value_or(-1), record.tally.ready, record.tally.possible());
    for (const TakenStep& step : record.steps) {
      std::printf("            step %d %s for %s: %.*s, %s\n", static_cast<int>(step.op),
                  step.instance.value.c_str(), step.replaces.value.c_str(),
                  static_cast<int>(name(step.reason).size()), name(step.reason).data(),
                  step.token.c_str());
    }
    for (const WithheldStep& step : record.withheld) {
      std::printf("            withheld %d %s: %.*s\n", static_cast<int>(step.op),
                  step.instance.value.c_str(), static_cast<int>(name(step.reason).size()),
                  name(step.reason).data());
    }
  }
  for (const ActionEntry& action : journal.actions) {
    std::printf("            action %s %s %s\n", action.token.c_str(),
                action.instance.value.c_str(), action.outcome.c_str());
  }
}

void Simulation::tell(const GroupId& group, const Observation& seen) const {
  std::printf("          listing      %s%s", group.value.c_str(),
              seen.is_complete ? "" : " in part");
  for (const Instance& one : seen.instances) {
    std::printf(" %s=%s%s", one.id.value.c_str(), one.state.c_str(),
                one.is_draining ? "/drains" : "");
  }
  std::printf("\n");
}

bool Simulation::strikes(unsigned per_mille) {
  if (per_mille == 0 || !dice_.chance(per_mille)) return false;
  ++result_.faults;
  return true;
}

// ---- Owners -------------------------------------------------------------------------------

void Simulation::elect() {
  ++epoch_;
  std::vector<GroupRecord> inherited;
  for (const auto& [group, state] : oracles_.committed()) {
    inherited.push_back({group, state});
    if (epoch_ > 1) restore_mutated(inherited.back().state);
  }
  auto owner = std::make_unique<Owner>(*this, epoch_);
  PartitionLimits limits;
  limits.turn_rounds_max = 1 + dice_.below(8);
  limits.commit_groups_max = 1 + dice_.below(4);
  owner->loop = std::make_unique<Loop>(
      Loop::Limits{1'000, 1 + static_cast<std::size_t>(dice_.below(16))},
      Partition({0, Epoch{epoch_}, "sim", "sim", "sim"}, limits, std::move(inherited)), *owner,
      *owner);
  owners_.push_back(std::move(owner));
  owner_ = owners_.back().get();
  crash_in_ = is_healed_ ? 0 : 50 + dice_.below(5'000);
  trace("elected", "", epoch_);
  reconfigure(*owner_);
}

void Simulation::restore_mutated(GroupState& state) const {
  switch (options_.mutation) {
    case Mutation::drop_ids:
      state.memory.firings.clear();
      break;
    case Mutation::forget_launches:
      std::erase_if(state.intents,
                    [](const Intent& intent) { return intent.kind == IntentKind::launch; });
      break;
    case Mutation::reset_launches:
      state.launches.clear();
      break;
    case Mutation::reset_terminations:
      state.terminations.clear();
      state.vetted.clear();
      break;
    case Mutation::drop_pause:
      state.memory.pause.reset();
      break;
    case Mutation::skip_schedule:
      state.memory.scheduled_to += 15min;
      break;
    case Mutation::inflate_absence:
      for (InstanceMemory& memory : state.instances) {
        memory.missing_listings = 2;
        memory.missing_since = memory.missing_counted_at = state.observed_at - 10min;
      }
      break;
    case Mutation::forget_halt:
      state.rollout.stage = RolloutStage::idle;
      state.rollout.failures = 0;
      break;
    case Mutation::drop_orders:
      state.memory.orders.clear();
      break;
    case Mutation::double_intents: {
      const std::vector<Intent> intents = state.intents;
      for (Intent intent : intents) {
        if (intent.kind == IntentKind::launch) continue;
        intent.token += "2";
        state.intents.push_back(intent);
      }
      break;
    }
    default:
      break;
  }
}

void Simulation::crash() {
  if (owner_ == nullptr || !owner_->is_alive) return;
  ++result_.crashes;
  ++result_.faults;
  trace("crashed", "", owner_->facts.epoch);
  owner_->is_alive = false;
  owner_ = nullptr;
  after(dice_.between(200ms, 60s), [this] {
    if (owner_ == nullptr) elect();
  });
}

// Another takes its place and it does not know: it goes on until the store tells it.
void Simulation::depose() {
  if (owner_ == nullptr) return;
  trace("deposed", "", owner_->facts.epoch);
  owner_->facts.has_lease = false;
  elect();
}

void Simulation::deliver(Owner& owner, Event event) {
  if (!owner.is_alive) return;
  if (!owner.loop->offer(std::move(event))) return;
  if (std::exchange(owner.is_turn_due, true)) return;
  after(dice_.between(0ms, 5ms), [this, &owner] { turn(owner); });
}

void Simulation::turn(Owner& owner) {
  owner.is_turn_due = false;
  bool has_more = owner.is_alive;
  while (has_more && owner.is_alive) {
    ++owner.facts.turn;
    has_more = owner.loop->turn();
  }
  // What lay in its mailbox it has heard by now.
  if (std::exchange(owner.facts.loses_journal, false)) owner.facts.has_journal = false;
  if (!owner.is_alive) owner.loop.reset();
}

void Simulation::start(Owner& owner, std::vector<Effect>&& effects) {
  for (Effect& effect : effects) {
    if (!owner.is_alive) return;
    // It dies between any two effects: what it asked for before is on its way, the rest is not.
    if (&owner == owner_ && crash_in_ > 0 && --crash_in_ == 0) {
      crash();
      return;
    }
    oracles_.on_effect(owner.facts, effect, now_, wall());
    std::visit([&](auto&& one) { start_one(owner, std::move(one)); }, std::move(effect));
  }
}

void Simulation::reconfigure(Owner& owner) {
  const std::string revision = "r-" + std::to_string(templates_);
  revisions_.try_emplace(revision, given_);
  Reconfigured event{revision, Authority::act, {}};
  for (const auto& [group, spec] : given_) {
    const bool is_hidden = options_.mutation == Mutation::hide_removal;
    if (is_hidden || !removed_.contains(group)) event.specs.push_back(spec);
  }
  deliver(owner, std::move(event));
  turn(owner);
  owner.facts.removed = removed_;
  owner.facts.left.insert(removed_.begin(), removed_.end());
  for (const GroupId& group : removed_) owner.facts.told.erase(group);
}

}  // namespace settle::sim
