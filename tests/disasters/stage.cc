#include "tests/disasters/stage.h"

#include <algorithm>
#include <utility>

#include <gtest/gtest.h>

namespace settle {
namespace {

using namespace std::chrono_literals;

constexpr Duration commit_time{5};
const Time monday_noon{1'795'435'200s};

bool has_reason(const DecisionRecord& record, Reason reason) {
  const auto gives_it = [reason](const auto& entry) { return entry.reason == reason; };
  return std::any_of(record.voices.begin(), record.voices.end(), gives_it) ||
         std::any_of(record.rungs.begin(), record.rungs.end(), gives_it) ||
         std::any_of(record.steps.begin(), record.steps.end(), gives_it) ||
         std::any_of(record.withheld.begin(), record.withheld.end(), gives_it);
}

}  // namespace

SimulatedSettings Stage::calm() {
  SimulatedSettings settings;
  settings.boot_time = 30s;
  settings.boot_jitter = 0s;
  return settings;
}

Stage::Stage(std::vector<GroupSpec> specs, SimulatedSettings cloud)
    : now(monday_noon), cloud_(cloud), chance_(cloud.seed) {
  is_reconfigured(std::move(specs));
}

void Stage::later(Duration wait, std::function<void()> happens) {
  coming_.push({now + wait, order_++, std::move(happens)});
}

void Stage::answer(Duration wait, std::function<Event()> made) {
  later(wait, [this, asked_by = epoch_, made = std::move(made)] {
    Event event = made();
    if (asked_by == epoch_) hear(std::move(event));
  });
}

void Stage::hear(Event event) {
  partition_->advance(std::move(event), now);
  turn();
}

void Stage::turn() {
  start(partition_->finish_turn(now));
}

void Stage::start(std::vector<Effect> effects) {
  for (const Effect& effect : effects) {
    if (dies_before && dies_before(effect)) {
      is_succeeded();
      return;
    }
    std::visit([this](const auto& wanted) { on(wanted); }, effect);
    if (dies_after && dies_after(effect)) {
      is_succeeded();
      return;
    }
  }
}

void Stage::runs(Duration duration) {
  const Time until = now + duration;
  for (;;) {
    Time next = until;
    if (wake_at_) next = std::min(next, std::max(now, *wake_at_));
    if (!coming_.empty()) next = std::min(next, std::max(now, coming_.top().at));
    now = next;
    if (!coming_.empty() && coming_.top().at <= now) {
      const std::function<void()> happens = coming_.top().happens;
      coming_.pop();
      happens();
    } else if (wake_at_ && *wake_at_ <= now) {
      wake_at_.reset();
      hear(TimeReached{});
    } else {
      return;
    }
  }
}

void Stage::every(Duration period, std::function<void()> deed) {
  keep_on(period, std::make_shared<std::function<void()>>(std::move(deed)));
}

void Stage::keep_on(Duration period, std::shared_ptr<std::function<void()>> deed) {
  (*deed)();
  later(period, [this, period, deed] { keep_on(period, deed); });
}

void Stage::tells(const std::string& group, Claim claim) {
  tells(group, {now, "disasters", std::to_string(told_)}, std::move(claim));
}

void Stage::tells(const std::string& group, Stamp stamp, Claim claim) {
  hear(Arrived{{{group}, std::move(stamp), std::move(claim)}, Ticket{++told_}});
}

void Stage::tells_all(const std::string& group, std::vector<Claim> claims) {
  for (Claim& claim : claims) {
    partition_->advance(
        Arrived{{{group}, {now, "disasters", std::to_string(told_)}, std::move(claim)},
                Ticket{++told_}},
        now);
  }
  turn();
}

void Stage::samples(const std::string& group, const std::string& signal, int value) {
  tells(group, SampleClaim{signal, {ReadingKind::value, Decimal(value)}, {}});
}

void Stage::has(const std::string& group, int count, const std::string& launch_hash,
                const std::vector<std::string>& zones) {
  std::vector<Instance> instances;
  for (int i = 0; i < count; ++i) {
    Instance instance;
    std::string digits = std::to_string(i);
    instance.id = {group + "-" + std::string(4 - digits.size(), '0') + digits};
    instance.state = "ACTIVE";
    instance.created = now - 1h;
    instance.launch_hash = launch_hash;
    if (!zones.empty()) instance.zone = zones[static_cast<std::size_t>(i) % zones.size()];
    instances.push_back(std::move(instance));
  }
  cloud_.restate({group}, instances, now);
}

void Stage::pauses(const std::string& group, bool paused) {
  tells(group, PauseOrder{paused, "operator", "a story"});
  const std::uint64_t ticket = told_;
  for (int i = 0; i < 100 && answers.count(ticket) == 0; ++i) runs(10ms);
  EXPECT_EQ(answers.count(ticket), 1U) << "the pause was not acknowledged";
}

void Stage::is_succeeded() {
  ++epoch_;
  PartitionSeat seat;
  seat.epoch = Epoch{epoch_};
  seat.cluster = "disasters";
  std::vector<GroupRecord> inherited;
  for (const auto& [group, state] : store_) inherited.push_back({{group}, state});
  wake_at_.reset();
  partition_.emplace(seat, PartitionLimits{}, std::move(inherited));
  hear(Reconfigured{"r-1", Authority::act, specs_});
}

void Stage::is_reconfigured(std::vector<GroupSpec> specs) {
  specs_.clear();
  for (GroupSpec& spec : specs) {
    specs_.push_back(std::make_shared<const GroupSpec>(std::move(spec)));
  }
  if (!partition_) {
    is_succeeded();
  } else {
    hear(Reconfigured{"r-2", Authority::act, specs_});
  }
}

void Stage::jumps(Duration by) {
  now += by;
}

void Stage::on(const Observe& effect) {
  const Time began = now;
  answer(call_time, [this, look = effect, began]() -> Event {
    Observed observed = cloud_.observe({look.group}, began, now, chance_);
    if (listing) listing(observed);
    if (tells_by_id) {
      cloud_.look_for(look.missing, observed, now);
    } else if (observed.observation) {
      observed.observation->tells_by_id = false;
    }
    return observed;
  });
}

void Stage::on(const Commit& effect) {
  if (store_says == Stored::stored) {
    for (const GroupRecord& record : effect.dirty) store_[record.group.value] = record.state;
    for (const GroupId& group : effect.forgotten) store_.erase(group.value);
  }
  answer(commit_time, [batch = effect.batch, says = store_says]() -> Event {
    return Committed{batch, says};
  });
}

void Stage::on(const Journal& effect) {
  if (is_journal_durable) {
    for (const JournalEntry& entry : effect.decisions) records.push_back(entry.record);
  }
  if (effect.batch == 0) return;
  answer(commit_time, [batch = effect.batch, is_durable = is_journal_durable]() -> Event {
    return Journaled{batch, is_durable};
  });
}

// Whoever asked for it may be dead by the time it is heard: it is carried out all the same.
void Stage::on(const Act& effect) {
  sent.push_back({now, effect.group, effect.intent});
  calls_open_most = std::max(calls_open_most, ++calls_open);
  answer(call_time, [this, effect]() -> Event {
    --calls_open;
    if (call) {
      if (const auto instead = call(effect)) return *instead;
    }
    return cloud_.act(effect, now, chance_);
  });
}

void Stage::on(const Answered& effect) {
  answers[static_cast<std::uint64_t>(effect.ticket)] = effect.merge;
}

int Stage::count(IntentKind kind, Time from) const {
  return static_cast<int>(std::count_if(sent.begin(), sent.end(), [&](const Sent& one) {
    return one.intent.kind == kind && one.at >= from;
  }));
}

int Stage::most_within(IntentKind kind, Duration period) const {
  std::map<std::string, Time> opened;
  for (const Sent& one : sent) {
    if (one.intent.kind == kind) opened.emplace(one.intent.token, one.intent.opened_at);
  }
  std::vector<Time> times;
  for (const auto& [token, at] : opened) times.push_back(at);
  std::sort(times.begin(), times.end());
  std::size_t most = 0;
  for (std::size_t from = 0, to = 0; to < times.size(); ++to) {
    while (times[from] + period <= times[to]) ++from;
    most = std::max(most, to - from + 1);
  }
  return static_cast<int>(most);
}

const DecisionRecord& Stage::last(const std::string& group) const {
  const auto found = std::find_if(records.rbegin(), records.rend(), [&](const DecisionRecord& one) {
    return one.group.value == group;
  });
  static const DecisionRecord none;
  if (found != records.rend()) return *found;
  ADD_FAILURE() << "no record of " << group;
  return none;
}

Capacity Stage::desired(const std::string& group) const {
  return stored(group).desired.value_or(-1);
}

bool Stage::says(const std::string& group, Reason reason) const {
  return std::any_of(records.begin(), records.end(), [&](const DecisionRecord& record) {
    return record.group.value == group && has_reason(record, reason);
  });
}

SimulatedCloud::Truth Stage::truth(const std::string& group) const {
  return cloud_.truth({group}, now);
}

std::vector<InstanceId> Stage::existing(const std::string& group) const {
  return cloud_.existing({group}, now);
}

const GroupState& Stage::stored(const std::string& group) const {
  const auto found = store_.find(group);
  static const GroupState none;
  if (found != store_.end()) return found->second;
  ADD_FAILURE() << "nothing is stored of " << group;
  return none;
}

GroupSpec a_group(const std::string& id, Range limits, Capacity initial) {
  GroupSpec spec;
  spec.id = {id};
  spec.limits = limits;
  spec.initial = initial;
  spec.launch = {{"image", "web"}};
  spec.launch_hash = "v1";
  return spec;
}

Policy a_target(const std::string& name, int target, bool is_total) {
  TargetPolicy policy;
  policy.metric.is_total = is_total;
  policy.target = Decimal(target);
  return {name, policy, {}};
}

Cron cron_of(const std::string& text) {
  std::string error;
  return Cron::parse(text, error).value();
}

Zone zone_of(const std::string& name) {
  return Zone::load(name).value();
}

Schedule one_more_at(const std::string& cron) {
  return {"more",
          ScheduledAdjustment{cron_of(cron), {Adjustment::Kind::change, Decimal(1), 0}, 5min}};
}

Policy a_webhook(const std::string& name, int amount) {
  WebhookPolicy policy;
  policy.adjustment = {Adjustment::Kind::change, Decimal(amount), 0};
  return {name, policy, {}};
}

}  // namespace settle
