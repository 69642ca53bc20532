#include "daemon/simulation/virtual_world.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/core.h>

#include "daemon/codec/json.h"
#include "reconcilers/census.h"

namespace settle {
namespace {

// Events that come closer together than this share a turn, as they do in a busy daemon; whatever
// comes after a longer silence has its turn at once.
constexpr Duration turn_gap{100};
constexpr std::size_t turn_events_max = 1'024;
// A source whose event found no room offers it again after this.
constexpr Duration offer_again{1'000};
// More than any number of turns that one moment can need.
constexpr std::size_t moments_max = 10'000'000;

PartitionSeat seat() {
  PartitionSeat seat;
  seat.epoch = Epoch{1};
  seat.cluster = "simulation";
  seat.engine = SETTLE_VERSION;
  seat.tzdata = tzdata_version();
  return seat;
}

/// Nobody wants to know what groups use where they share nothing.
PartitionLimits limits(bool has_budgets) {
  PartitionLimits limits;
  limits.tells_use = has_budgets;
  return limits;
}

Signal from_ourselves(const GroupId& group, Time now, Claim claim) {
  return {group, {now, "simulation", "simulation"}, std::move(claim)};
}

Capacity serving(const std::vector<Instance>& instances) {
  return static_cast<Capacity>(
      std::count_if(instances.begin(), instances.end(), [](const Instance& instance) {
        return !instance.is_draining && fate(instance.state) == Fate::keep;
      }));
}

bool is_dead(Merge merge) {
  return merge != Merge::merged && merge != Merge::repeated && merge != Merge::full;
}

}  // namespace

VirtualWorld::VirtualWorld(WorldOptions options, Inputs inputs, SimulationTally& tally)
    : options_(std::move(options)),
      inputs_(std::move(inputs)),
      tally_(tally),
      time_(options_.start),
      cloud_(options_.cloud, time_, time_),
      partition_(seat(), limits(!options_.budgets.empty()), {}),
      last_reads_(inputs_.feeds.size()),
      last_turn_(options_.start - turn_gap) {
  // Samples of before the start were never heard.
  while (next_row_ < inputs_.rows.size() && inputs_.rows[next_row_].at < options_.start) {
    ++next_row_;
  }
}

Status VirtualWorld::run(const std::string& revision, const std::vector<GroupSpec>& specs) {
  configure(revision, specs);
  std::size_t moments = 0;
  for (auto next = next_moment(); next && *next <= options_.end; next = next_moment()) {
    moments = *next > time_.now() ? 0 : moments + 1;
    if (moments > moments_max) {
      return Error{ErrorCode::invalid,
                   fmt::format("virtual time stands still at {}", time_text(time_.now()))};
    }
    time_.move(*next);
    run_moment();
  }
  time_.move(options_.end);
  close(specs);
  tally_.summary().not_reached =
      inputs_.lines.size() - next_line_ + inputs_.rows.size() - next_row_;
  return std::monostate{};
}

void VirtualWorld::configure(const std::string& revision, const std::vector<GroupSpec>& specs) {
  Reconfigured event;
  event.revision = revision;
  event.authority = options_.observed_cloud ? Authority::advise : Authority::act;
  for (const GroupSpec& spec : specs) {
    event.specs.push_back(std::make_shared<const GroupSpec>(spec));
  }
  const std::vector<SpecPointer> configured = event.specs;
  for (const windows::Watch& watch : options_.watches) {
    event.watches.push_back(std::make_shared<const windows::Watch>(watch));
  }
  book_ = AlarmBook(event.watches, event.specs);
  partition_.advance(Event(std::move(event)), time_.now());
  spread(fleet_.configure(options_.budgets, configured));
  turn_at_ = time_.now();
}

Time VirtualWorld::arrival(const ScriptLine& line) const {
  return std::max(time_.now(), line.at.value_or(time_.now()));
}

std::optional<Time> VirtualWorld::next_moment() const {
  std::optional<Time> next = time_.next();
  const auto consider = [&next](const std::optional<Time>& at) {
    if (at && (!next || *at < *next)) next = at;
  };
  consider(wake_at_);
  consider(turn_at_);
  if (next_line_ < inputs_.lines.size()) consider(arrival(inputs_.lines[next_line_]));
  if (next_row_ < inputs_.rows.size()) consider(inputs_.rows[next_row_].at);
  if (next) next = std::max(*next, time_.now());
  return next;
}

/// Everything that is due now: what arrives from outside first, then answers, then the clock.
void VirtualWorld::run_moment() {
  const Time now = time_.now();
  std::size_t arrived = 0;
  for (; next_line_ < inputs_.lines.size() && arrived < turn_events_max; ++arrived) {
    if (arrival(inputs_.lines[next_line_]) > now) break;
    arrive(next_line_++);
  }
  for (; next_row_ < inputs_.rows.size() && arrived < turn_events_max; ++arrived) {
    if (inputs_.rows[next_row_].at > now) break;
    arrive(inputs_.rows[next_row_], next_row_);
    ++next_row_;
  }
  bool wants_turn = arrived == turn_events_max || (turn_at_ && *turn_at_ <= now);
  while (time_.run_one()) {
  }
  for (; !inbox_.empty(); inbox_.pop_front()) {
    hear(std::move(inbox_.front()));
    wants_turn = true;
  }
  if (wake_at_ && *wake_at_ <= now) {
    wake_at_.reset();
    partition_.advance(Event(TimeReached{}), now);
    wants_turn = true;
  }
  if (wants_turn || now >= last_turn_ + turn_gap) {
    run_turns();
  } else if (arrived > 0 && !turn_at_) {
    turn_at_ = last_turn_ + turn_gap;
  }
}

void VirtualWorld::run_turns() {
  turn_at_.reset();
  last_turn_ = time_.now();
  start(partition_.finish_turn(time_.now()));
  while (!inbox_.empty()) {
    for (; !inbox_.empty(); inbox_.pop_front()) {
      hear(std::move(inbox_.front()));
    }
    start(partition_.finish_turn(time_.now()));
  }
}

/// One more round for every group at the end, from a last look, so that every run of the same
/// claims ends at the same point however they arrived.
void VirtualWorld::close(const std::vector<GroupSpec>& specs) {
  is_closing_ = true;
  run_turns();
  for (const GroupSpec& spec : specs) {
    partition_.advance(
        Event(Arrived{from_ourselves(spec.id, time_.now(), ConvergeOrder{"simulation"}), {}}),
        time_.now());
  }
  run_turns();
  partition_.advance(Event(Asked{Ticket{1}, std::nullopt}), time_.now());
  run_turns();
  for (const GroupSpec& spec : specs) note_standing(spec.id);
}

void VirtualWorld::arrive(std::size_t index) {
  const ScriptLine& line = inputs_.lines[index];
  ++tally_.summary().events;
  if (const auto* statement = std::get_if<Statement>(&line.content)) {
    state(*statement);
    return;
  }
  if (const auto* mishap = std::get_if<Mishap>(&line.content)) {
    suffer(*mishap);
    return;
  }
  Arrived event{std::get<Signal>(line.content), Ticket{index + 1}};
  if (!line.at) event.signal.stamp.at = time_.now();
  if (const auto* sample = std::get_if<SampleClaim>(&event.signal.claim)) {
    tally_.sample(event.signal.group, event.signal.stamp.at, *sample);
  }
  measure(event.signal);
  partition_.advance(Event(std::move(event)), time_.now());
}

void VirtualWorld::arrive(const FeedRow& row, std::size_t number) {
  ++tally_.summary().samples;
  last_reads_[row.feed] = {number, 0};
  read_feed(row.feed, Ticket{inputs_.lines.size() + number + 1});
}

/// A mean over the instances that are there now, whose time is that of its row: read again it
/// replaces what was read before, and grows no younger.
void VirtualWorld::read_feed(std::size_t feed_number, Ticket ticket) {
  const Feed& feed = inputs_.feeds[feed_number];
  LastRead& last = last_reads_[feed_number];
  const FeedRow& row = inputs_.rows[*last.row];
  SampleClaim claim{feed.signal, row.reading, {}};
  const std::optional<int> per = row.instances ? row.instances : feed.per;
  if (per && claim.reading.kind == ReadingKind::value) {
    const auto found = ready_.find(feed.group.value);
    const Capacity ready = found == ready_.end() ? 0 : found->second;
    // A mean over no instances at all is not zero: it is no mean.
    claim.reading = ready > 0
                        ? Reading{ReadingKind::value, share_of(row.reading.value, *per, ready)}
                        : Reading{ReadingKind::no_data, {}};
  }
  Stamp stamp{row.at, "simulation/metric", fmt::format("{:08}", last.reads++)};
  tally_.sample(feed.group, time_.now(), claim);
  Signal signal{feed.group, std::move(stamp), std::move(claim)};
  measure(signal);
  partition_.advance(Event(Arrived{std::move(signal), ticket}), time_.now());
}

void VirtualWorld::measure(const Signal& signal) {
  for (Signal& one : book_.measures_of(signal)) {
    partition_.advance(Event(Arrived{std::move(one), Ticket{}}), time_.now());
  }
}

// Whoever hears of it does so in the same turn, and nobody is elsewhere.
void VirtualWorld::on(const Sounded& effect) {
  for (Signal& one : book_.soundings_of(effect)) {
    inbox_.emplace_back(Arrived{std::move(one), Ticket{}});
  }
  inbox_.emplace_back(AlarmTaken{effect.place, effect.verdict.end});
}

void VirtualWorld::hear(Event event) {
  const auto* observed = std::get_if<Observed>(&event);
  if (observed != nullptr && observed->observation && observed->observation->is_complete) {
    const Capacity ready = serving(observed->observation->instances);
    const auto [known, is_new] = ready_.try_emplace(observed->group.value, ready);
    if (is_new || std::exchange(known->second, ready) != ready) {
      for (std::size_t feed = 0; feed < inputs_.feeds.size(); ++feed) {
        const Feed& candidate = inputs_.feeds[feed];
        const auto row = last_reads_[feed].row;
        const bool is_mean = candidate.per || (row && inputs_.rows[*row].instances);
        const bool is_read_again = is_mean && row && candidate.group == observed->group &&
                                   inputs_.rows[*row].at + candidate.lateness > time_.now();
        if (is_read_again) read_feed(feed, Ticket{});
      }
    }
  }
  partition_.advance(std::move(event), time_.now());
}

void VirtualWorld::state(const Statement& statement) {
  const Time now = time_.now();
  if (!options_.observed_cloud) {
    cloud_.visit([&](SimulatedCloud& cloud, Chance&) {
      cloud.restate(statement.group, statement.shows.instances, now);
    });
  }
  note_standing(statement.group);
  statements_[statement.group.value] = statement.shows;
  note_standing(statement.group);
  partition_.advance(Event(Arrived{from_ourselves(statement.group, now, InstanceHint{}), {}}), now);
  // The round of this turn sees what was just stated, and not what was stated before.
  if (options_.observed_cloud) hear(stated(statement.group));
}

/// Behind the daemon's back: it finds out when it looks.
void VirtualWorld::suffer(const Mishap& mishap) {
  note_standing(mishap.group);
  if (options_.observed_cloud) {
    const auto found = statements_.find(mishap.group.value);
    if (found == statements_.end()) return;
    std::vector<Instance>& shown = found->second.instances;
    const auto one = mishap.instance.value.empty()
                         ? shown.begin() + static_cast<std::ptrdiff_t>(
                                               std::min(mishap.ordinal - 1, shown.size()))
                         : std::find_if(shown.begin(), shown.end(), [&](const Instance& candidate) {
                             return candidate.id == mishap.instance;
                           });
    if (one == shown.end()) return;
    if (mishap.becomes == Mishap::gone) {
      shown.erase(one);
    } else {
      one->state = mishap.becomes;
    }
    return;
  }
  cloud_.visit([&](SimulatedCloud& cloud, Chance&) {
    InstanceId victim = mishap.instance;
    if (victim.value.empty()) {
      const std::vector<InstanceId> there = cloud.existing(mishap.group, time_.now());
      if (mishap.ordinal > there.size()) return;
      victim = there[mishap.ordinal - 1];
    }
    if (mishap.becomes == Mishap::gone) {
      cloud.remove(victim, time_.now());
    } else {
      cloud.fail(victim, mishap.becomes);
    }
  });
  note_standing(mishap.group);
}

Observed VirtualWorld::stated(const GroupId& group) {
  Observed observed{group, std::nullopt, Reason::cloud_unreachable};
  const auto found = statements_.find(group.value);
  if (found == statements_.end()) return observed;
  observed.observation = found->second;
  observed.observation->at = time_.now();
  return observed;
}

void VirtualWorld::start(std::vector<Effect> effects) {
  for (Effect& effect : effects) {
    std::visit([this](auto& wanted) { on(wanted); }, effect);
  }
}

void VirtualWorld::note_standing(const GroupId& group) {
  const Time now = time_.now();
  if (options_.observed_cloud) {
    const auto found = statements_.find(group.value);
    if (found == statements_.end()) return;
    const std::vector<Instance>& shown = found->second.instances;
    tally_.stand(group, now, serving(shown), static_cast<Capacity>(shown.size()));
    return;
  }
  SimulatedCloud::Truth truth;
  Duration lived{};
  cloud_.visit([&](SimulatedCloud& cloud, Chance&) {
    truth = cloud.truth(group, now);
    if (is_closing_) lived = cloud.lived(group, now);
  });
  tally_.stand(group, now, truth.ready, truth.existing);
  if (is_closing_) tally_.summary().groups[group.value].instance_time = lived;
}

void VirtualWorld::on(const Observe& effect) {
  note_standing(effect.group);
  if (options_.observed_cloud) {
    inbox_.push_back(stated(effect.group));
  } else if (is_closing_) {
    cloud_.visit([&](SimulatedCloud& cloud, Chance& chance) {
      inbox_.push_back(cloud.observe(effect, time_.now(), time_.now(), chance));
    });
  } else {
    cloud_.observe(effect, [this](Observed observed) { inbox_.push_back(std::move(observed)); });
  }
}

void VirtualWorld::on(const Commit& effect) {
  inbox_.push_back(Committed{effect.batch, Stored::stored});
}

void VirtualWorld::on(const Journal& effect) {
  tally_.journal(effect);
  if (effect.batch != 0) inbox_.push_back(Journaled{effect.batch, true});
}

void VirtualWorld::on(const Act& effect) {
  cloud_.act(effect, [this](Acted acted) { inbox_.push_back(std::move(acted)); });
}

void VirtualWorld::on(const Answered& effect) {
  const std::size_t number = static_cast<std::size_t>(effect.ticket) - 1;
  const bool is_line = number < inputs_.lines.size();
  answered_line_ = is_line && is_dead(effect.merge) ? inputs_.lines[number].number : 0;
  if (effect.merge != Merge::full) return;
  ++tally_.summary().pushed_back;
  time_.after(offer_again, [this, number, is_line] {
    if (is_line) {
      --tally_.summary().events;
      arrive(number);
    } else {
      --tally_.summary().samples;
      arrive(inputs_.rows[number - inputs_.lines.size()], number - inputs_.lines.size());
    }
    turn_at_ = time_.now();
  });
}

void VirtualWorld::on(const DeadLetter& effect) {
  tally_.dead_letter(std::exchange(answered_line_, 0), effect.reason, {});
}

void VirtualWorld::on(Shown& effect) {
  for (const GroupView& view : effect.groups) tally_.view(view);
}

void VirtualWorld::on(const Used& effect) {
  spread(fleet_.hear(effect.group, effect.use));
}

void VirtualWorld::spread(FleetLedger::News news) {
  for (auto& [group, allowance] : news.allowances) {
    inbox_.push_back(Allowed{group, std::move(allowance)});
  }
  if (news.loss) inbox_.push_back(FleetLost{*news.loss});
}

void VirtualWorld::on(const WakeAt& effect) {
  wake_at_ = wake_at_ ? std::min(*wake_at_, effect.at) : effect.at;
}

// Nobody is asked to leave here.
void VirtualWorld::on(const Left& /*effect*/) {}

}  // namespace settle
