#include "daemon/runtime/engine.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "daemon/admin/render.h"
#include "daemon/base/log.h"
#include "daemon/partition/router.h"

namespace settle {
namespace {

using Steady = std::chrono::steady_clock;

// How long the store's thread waits after a failure before it tells the partitions.
constexpr std::chrono::milliseconds failed_commit_wait{200};

double seconds_since(Steady::time_point begin) {
  return std::chrono::duration<double>(Steady::now() - begin).count();
}

}  // namespace

Engine::Engine(const EngineOptions& options, Parts parts)
    : options_(options),
      time_(parts.time),
      metrics_(parts.metrics),
      store_(std::move(parts.store)),
      clouds_(std::move(parts.clouds)),
      decision_made_(std::move(parts.decision_made)),
      is_open_(std::make_shared<std::atomic<bool>>(true)) {
  for (unsigned number = 0; number < std::max(1U, options.shards); ++number) {
    shards_.push_back(std::make_unique<Shard>(
        time_, options.loop, [this](std::uint32_t partition, std::vector<Effect> effects) {
          dispatch(partition, std::move(effects));
        }));
  }
  recorder_ = std::make_unique<Recorder>(
      std::move(parts.journal),
      [this](std::uint32_t partition, Journaled answer) { reply(partition, Event{answer}); },
      std::move(parts.journal_grown), metrics_);
  committer_ = std::make_unique<Courier<Store::PartitionCommit>>(
      [this](std::vector<Store::PartitionCommit> commits) { commit(std::move(commits)); });
}

Result<std::unique_ptr<Engine>> Engine::open(const EngineOptions& options, Parts parts) {
  std::unique_ptr<Engine> engine(new Engine(options, std::move(parts)));
  const Status adopted = engine->adopt();
  if (!adopted) return adopted.error();
  for (const auto& shard : engine->shards_) shard->start();
  return engine;
}

Status Engine::adopt() {
  for (std::uint32_t number = 0; number < options_.partitions; ++number) {
    const Result<Epoch> epoch = store_->claim(number);
    if (!epoch) return epoch.error();
    Result<std::vector<GroupRecord>> inherited = store_->restore(number);
    if (!inherited) return inherited.error();
    epochs_.push_back(*epoch);
    PartitionSeat seat;
    seat.number = number;
    seat.epoch = *epoch;
    seat.cluster = options_.cluster;
    seat.engine = options_.version;
    seat.tzdata = options_.tzdata;
    shard_of(number).seat(number,
                          Partition(std::move(seat), options_.partition, std::move(*inherited)));
  }
  return std::monostate{};
}

Engine::~Engine() {
  stop();
}

void Engine::stop() {
  is_open_->store(false);
  for (const auto& shard : shards_) shard->stop();
  if (committer_) committer_->stop();
  if (recorder_) recorder_->stop();
}

Status Engine::configure(Revision revision, Authority authority,
                         const std::vector<SpecPointer>& specs) {
  const std::string name = revision.name;
  const Status remembered = recorder_->remember(std::move(revision));
  if (!remembered) return remembered;
  std::vector<Reconfigured> parts(options_.partitions);
  for (const SpecPointer& spec : specs) {
    parts[partition_of(spec->id.value, options_.partitions)].specs.push_back(spec);
  }
  for (std::uint32_t number = 0; number < options_.partitions; ++number) {
    parts[number].revision = name;
    parts[number].authority = authority;
    reply(number, Event{std::move(parts[number])});
  }
  return std::monostate{};
}

void Engine::deliver(std::vector<Signal> signals, const std::string& source,
                     Tickets::Outcomes done) {
  if (signals.empty()) return done({});
  const Steady::time_point begin = Steady::now();
  const Ticket first = tickets_.expect_outcomes(
      signals.size(),
      [this, begin, source, done = std::move(done)](std::vector<std::string_view> outcomes) {
        metrics_.observe_answer(seconds_since(begin));
        done(std::move(outcomes));
      });
  std::map<std::uint32_t, std::vector<Event>> by_partition;
  auto ticket = static_cast<std::uint64_t>(first);
  for (Signal& signal : signals) {
    const std::uint32_t partition = partition_of(signal.group.value, options_.partitions);
    by_partition[partition].emplace_back(Arrived{std::move(signal), Ticket{ticket++}});
  }
  metrics_.count_events(source, signals.size());
  for (auto& [partition, events] : by_partition) {
    std::vector<Ticket> tickets;
    for (const Event& event : events) tickets.push_back(std::get<Arrived>(event).ticket);
    if (shard_of(partition).offer(partition, std::move(events))) continue;
    for (const Ticket refused : tickets) tickets_.answer(refused, "full");
  }
}

void Engine::deliver(std::vector<Signal> signals, const std::string& source) {
  metrics_.count_events(source, signals.size());
  for (Signal& signal : signals) {
    const std::uint32_t partition = partition_of(signal.group.value, options_.partitions);
    std::vector<Event> events;
    events.emplace_back(Arrived{std::move(signal), Ticket{}});
    if (!shard_of(partition).offer(partition, std::move(events))) {
      metrics_.count_dropped(source, "full");
    }
  }
}

void Engine::survey(const std::optional<GroupId>& group, Tickets::Views done) {
  const std::size_t count = group ? 1 : options_.partitions;
  auto ticket = static_cast<std::uint64_t>(tickets_.expect_views(count, std::move(done)));
  if (group) {
    return reply(partition_of(group->value, options_.partitions),
                 Event{Asked{Ticket{ticket}, group}});
  }
  for (std::uint32_t number = 0; number < options_.partitions; ++number) {
    reply(number, Event{Asked{Ticket{ticket++}, std::nullopt}});
  }
}

bool Engine::have_all_turned() {
  bool have = true;
  for (const auto& shard : shards_) have = shard->have_all_turned() && have;
  return have;
}

void Engine::reply(std::uint32_t partition, Event event) {
  std::vector<Event> events;
  events.push_back(std::move(event));
  // What is not an arrival is always let in.
  (void)shard_of(partition).offer(partition, std::move(events));
}

void Engine::dispatch(std::uint32_t partition, std::vector<Effect> effects) {
  for (Effect& effect : effects) {
    std::visit([&](auto& started) { start(partition, std::move(started)); }, effect);
  }
}

void Engine::start(std::uint32_t partition, Observe observe) {
  const auto cloud = clouds_.find(observe.cloud);
  if (cloud == clouds_.end()) {
    return reply(partition,
                 Event{Observed{observe.group, std::nullopt, Reason::cloud_unreachable}});
  }
  cloud->second.reader->observe(observe.group,
                                [this, partition, is_open = is_open_](Observed observed) {
                                  if (*is_open) reply(partition, Event{std::move(observed)});
                                });
}

void Engine::start(std::uint32_t partition, Commit commit) {
  committer_->leave({partition, std::move(commit)});
}

void Engine::start(std::uint32_t partition, Journal journal) {
  for (const JournalEntry& entry : journal.decisions) {
    const DecisionRecord& record = entry.record;
    metrics_.count_decision(record.group.value, record.desired_from != record.desired_to);
    for (const WithheldStep& step : record.withheld) {
      metrics_.count_withheld(record.group.value, std::string(name(step.reason)), step.guard);
    }
    if (decision_made_) decision_made_(record);
  }
  for (const ActionEntry& action : journal.actions) {
    metrics_.count_action(std::string(name(action.op)), action.outcome);
  }
  recorder_->leave(partition, std::move(journal));
}

void Engine::start(std::uint32_t partition, Act act) {
  // An epoch that is over, or a cloud that may only be looked at: the call is not made.
  const auto cloud = clouds_.find(act.cloud);
  const bool is_possible = cloud != clouds_.end() && cloud->second.writer != nullptr;
  if (!is_possible || act.epoch != epochs_[partition]) {
    const Reason why = is_possible ? Reason::cloud_refused : Reason::observe_only;
    return reply(partition, Event{Acted{act.group, act.intent.token, Acted::Result::not_now,
                                        InstanceId{}, why}});
  }
  ++in_flight_;
  cloud->second.writer->act(act, [this, partition, is_open = is_open_](Acted acted) {
    if (!*is_open) return;
    --in_flight_;
    reply(partition, Event{std::move(acted)});
  });
}

void Engine::start(std::uint32_t /*partition*/, const Answered& answered) {
  tickets_.answer(answered.ticket, outcome_word(answered.merge));
}

void Engine::start(std::uint32_t /*partition*/, DeadLetter letter) {
  metrics_.count_dropped("partition", letter.reason);
  recorder_->leave(std::move(letter));
}

void Engine::start(std::uint32_t /*partition*/, Shown shown) {
  tickets_.answer(std::move(shown));
}

// Shards keep the time of their partitions themselves.
void Engine::start(std::uint32_t /*partition*/, const WakeAt& /*wake*/) {}

void Engine::commit(std::vector<Store::PartitionCommit> commits) {
  const Steady::time_point begin = Steady::now();
  const std::vector<Stored> results = store_->commit(commits);
  metrics_.observe_store("commit", seconds_since(begin));
  const bool works =
      std::find(results.begin(), results.end(), Stored::unavailable) == results.end();
  if (works) {
    last_commit_ = time_.now().time_since_epoch().count();
    if (!store_works_.exchange(true)) log(LogLevel::info, "store-works-again");
  } else {
    if (store_works_.exchange(false)) log(LogLevel::error, "store-unavailable-retrying");
    std::this_thread::sleep_for(failed_commit_wait);
  }
  for (std::size_t at = 0; at < commits.size(); ++at) {
    if (results[at] == Stored::fenced && !is_fenced_.exchange(true)) {
      log(LogLevel::error, "fenced-another-daemon-owns-this-store",
          {{"partition", commits[at].partition}});
    }
    reply(commits[at].partition, Event{Committed{commits[at].commit.batch, results[at]}});
  }
}

}  // namespace settle
