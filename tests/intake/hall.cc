#include "tests/intake/hall.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <iterator>
#include <utility>

#include "daemon/partition/router.h"

namespace settle {

std::vector<GroupId> Hall::groups() {
  std::vector<GroupId> ids{{"api"}, {"db"}};
  std::set<std::uint32_t> taken;
  for (const GroupId& id : ids) taken.insert(partition_of(id.value, partitions));
  for (int at = 0; taken.size() < partitions || ids.size() < 2 * std::size_t{partitions}; ++at) {
    ids.push_back({"group-" + std::to_string(at)});
    taken.insert(partition_of(ids.back().value, partitions));
  }
  return ids;
}

Signal Hall::push(const GroupId& group, const std::string& id) const {
  return {group, {now_, "conformance", id}, AdjustClaim{"push"}};
}

Hall::Hall()
    : now_(std::chrono::duration_cast<Duration>(
          std::chrono::system_clock::now().time_since_epoch())) {
  for (const GroupId& group : groups()) {
    GroupSpec spec;
    spec.id = group;
    spec.limits = {0, 1'000'000};
    Policy push;
    push.name = "push";
    push.kind = WebhookPolicy{{Adjustment::Kind::change, Decimal(1), 0}, Duration{900'000}};
    spec.policies.push_back(std::move(push));
    specs_.push_back(std::make_shared<const GroupSpec>(std::move(spec)));
  }
  for (std::uint32_t number = 0; number < partitions; ++number) seat(number);
  thread_ = std::thread([this] { run(); });
}

Hall::~Hall() {
  detach();
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Hall::leave(Task task) {
  const std::lock_guard lock(mutex_);
  tasks_.push_back(std::move(task));
  changed_.notify_all();
}

void Hall::wait_for(const Task& task) {
  std::promise<void> done;
  leave([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

void Hall::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return is_stopping_ || !tasks_.empty(); });
    if (is_stopping_) return;
    std::vector<Task> tasks = std::exchange(tasks_, {});
    lock.unlock();
    for (const Task& task : tasks) task();
    tasks.clear();
    lock.lock();
  }
}

void Hall::seat(std::uint32_t number) {
  Place& place = places_[number];
  std::vector<GroupRecord> inherited;
  for (const auto& [group, state] : place.stored) inherited.push_back({group, state});
  ++place.epoch;
  place.held.clear();
  place.partition =
      std::make_unique<Partition>(PartitionSeat{number, Epoch{place.epoch}, "hall", "1", "1"},
                                  PartitionLimits{}, std::move(inherited), place.offsets);
  Reconfigured event{"r1", Authority::observe, {}};
  for (const SpecPointer& spec : specs_) {
    if (partition_of(spec->id.value, partitions) == number) event.specs.push_back(spec);
  }
  std::vector<Event> events;
  events.emplace_back(std::move(event));
  turn(number, std::move(events));
}

void Hall::turn(std::uint32_t number, std::vector<Event> events) {
  while (!events.empty()) {
    Partition& partition = *places_[number].partition;
    for (Event& event : events) partition.advance(std::move(event), now_);
    events.clear();
    for (Effect& effect : partition.finish_turn(now_)) take(number, effect, events);
  }
}

void Hall::take(std::uint32_t number, Effect& effect, std::vector<Event>& answers) {
  Place& place = places_[number];
  if (auto* commit = std::get_if<Commit>(&effect)) {
    if (holds_) {
      place.held.push_back(std::move(*commit));
      return;
    }
    keep(place, *commit);
    answers.emplace_back(Committed{commit->batch, Stored::stored});
  } else if (const auto* journal = std::get_if<Journal>(&effect)) {
    answers.emplace_back(Journaled{journal->batch, true});
  } else if (const auto* answered = std::get_if<Answered>(&effect)) {
    answer(static_cast<std::uint64_t>(answered->ticket),
           answered->merge == Merge::full ? Receipt::full : Receipt::held);
  }
}

void Hall::keep(Place& place, const Commit& commit) {
  for (const GroupRecord& record : commit.dirty) place.stored[record.group] = record.state;
  for (const auto& [log, next] : commit.offsets) place.offsets[log] = next;
}

void Hall::hold_commits(bool holds) {
  wait_for([this, holds] {
    holds_ = holds;
    if (holds) return;
    for (auto& [number, place] : places_) {
      std::vector<Event> answers;
      for (const Commit& commit : std::exchange(place.held, {})) {
        keep(place, commit);
        answers.emplace_back(Committed{commit.batch, Stored::stored});
      }
      turn(number, std::move(answers));
    }
  });
}

bool Hall::is_refused() {
  int left = refusals_;
  while (left > 0) {
    if (refusals_.compare_exchange_weak(left, left - 1)) return true;
  }
  return false;
}

void Hall::count(std::size_t events) {
  const std::size_t now = unanswered_.fetch_add(events) + events;
  std::size_t most = unanswered_most_;
  while (most < now && !unanswered_most_.compare_exchange_weak(most, now)) {
  }
}

std::uint64_t Hall::expect(std::uint32_t partition, std::size_t count, std::size_t events,
                           std::function<void(std::vector<Receipt>)> done) {
  const std::uint64_t first = tickets_;
  tickets_ += count;
  waiting_[first] = {std::vector<Receipt>(count, Receipt::held),
                     count,
                     events,
                     partition,
                     attachment_,
                     std::move(done)};
  return first;
}

void Hall::answer(std::uint64_t ticket, Receipt receipt) {
  auto found = waiting_.upper_bound(ticket);
  if (found == waiting_.begin()) return;
  found = std::prev(found);
  Waiting& waiting = found->second;
  waiting.receipts[ticket - found->first] = receipt;
  if (--waiting.missing > 0) return;
  const Waiting done = std::move(waiting);
  waiting_.erase(found);
  unanswered_ -= done.events;
  if (done.attachment == attachment_) done.done(done.receipts);
}

void Hall::emit(std::vector<Signal> signals, std::function<void(std::vector<Receipt>)> done) {
  const std::size_t events = signals.size();
  if (events == 0) return done({});
  if (is_refused()) return done(std::vector<Receipt>(events, Receipt::full));
  count(events);
  leave([this, signals = std::move(signals), done = std::move(done), events]() mutable {
    std::uint64_t ticket = expect(partitions, events, events, std::move(done));
    for (Signal& signal : signals) {
      const std::uint32_t number = partition_of(signal.group.value, partitions);
      std::vector<Event> one;
      one.emplace_back(Arrived{std::move(signal), Ticket{ticket++}});
      turn(number, std::move(one));
    }
  });
}

void Hall::pour(std::uint32_t partition, LogPart part, std::function<void(Receipt)> done) {
  if (is_refused()) return done(Receipt::full);
  const std::size_t events = part.entries.size();
  count(events);
  leave([this, partition, part = std::move(part), done = std::move(done), events]() mutable {
    const auto tell = [done](const std::vector<Receipt>& receipts) { done(receipts.front()); };
    part.ticket = Ticket{expect(partition, 1, events, tell)};
    std::vector<Event> one;
    one.emplace_back(std::move(part));
    turn(partition, std::move(one));
  });
}

void Hall::bury(Poison poison) {
  leave([this, poison = std::move(poison)] { buried_.push_back(poison); });
}

void Hall::attach(Source& source) {
  source_ = &source;
  source.begin(*this);
  for (std::uint32_t number = 0; number < partitions; ++number) {
    source.seated(number, positions(number));
  }
  source.follow(specs_);
}

void Hall::detach() {
  if (source_ == nullptr) return;
  ++attachment_;
  std::exchange(source_, nullptr)->end();
  // Behind whatever was being answered, and what came in between counts as the old source's too.
  wait_for([this] { ++attachment_; });
}

void Hall::crash() {
  wait_for([this] {
    waiting_.clear();
    unanswered_ = 0;
    holds_ = false;
    for (std::uint32_t number = 0; number < partitions; ++number) seat(number);
  });
}

void Hall::take_over(std::uint32_t partition) {
  source_->unseated(partition);
  Offsets offsets;
  wait_for([&] {
    // Whoever poured for it learns that it is not here any more.
    std::vector<std::uint64_t> gone;
    for (const auto& [ticket, waiting] : waiting_) {
      if (waiting.partition == partition) gone.push_back(ticket);
    }
    for (const std::uint64_t ticket : gone) answer(ticket, Receipt::elsewhere);
    for (const Ticket ticket : places_[partition].partition->unanswered()) {
      answer(static_cast<std::uint64_t>(ticket), Receipt::elsewhere);
    }
    seat(partition);
    offsets = places_[partition].offsets;
  });
  source_->seated(partition, offsets);
}

std::set<std::string> Hall::fired() {
  std::set<std::string> ids;
  wait_for([&] {
    for (const auto& [number, place] : places_) {
      for (const auto& [group, state] : place.stored) {
        for (const Firing& firing : state.memory.firings) {
          ids.insert(group.value + "/" + firing.stamp.id);
        }
      }
    }
  });
  return ids;
}

Offsets Hall::positions(std::uint32_t partition) {
  Offsets found;
  wait_for([&] { found = places_[partition].offsets; });
  return found;
}

std::vector<Poison> Hall::buried() {
  std::vector<Poison> found;
  wait_for([&] { found = buried_; });
  return found;
}

std::size_t Hall::in_memory() {
  std::size_t count = 0;
  wait_for([&] {
    for (auto& [number, place] : places_) {
      place.partition->advance(Event{Asked{Ticket{}, std::nullopt}}, now_);
      std::vector<Event> answers;
      for (Effect& effect : place.partition->finish_turn(now_)) {
        if (const auto* shown = std::get_if<Shown>(&effect)) {
          for (const GroupView& view : shown->groups) count += view.state.memory.firings.size();
        }
        take(number, effect, answers);
      }
      turn(number, std::move(answers));
    }
  });
  return count;
}

}  // namespace settle
