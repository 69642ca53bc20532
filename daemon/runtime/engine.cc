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
      tenancy_(std::move(parts.tenancy)),
      store_(std::move(parts.store)),
      clouds_(std::move(parts.clouds)),
      decision_made_(std::move(parts.decision_made)),
      sounded_(std::move(parts.sounded)),
      is_open_(std::make_shared<std::atomic<bool>>(true)),
      places_(options.partitions) {
  for (unsigned number = 0; number < std::max(1U, options.shards); ++number) {
    shards_.push_back(std::make_unique<Shard>(
        time_, options.loop,
        Shard::Rim{[this](Seating seating, std::vector<Effect> effects) {
                     dispatch(seating, std::move(effects));
                   },
                   [this](Seating /*seating*/, const Loop::Unanswered& unanswered) {
                     abandon(unanswered);
                   }}));
  }
  recorder_ = std::make_unique<Recorder>(
      std::move(parts.journal),
      [this](Seating seating, Journaled answer) { reply(seating, Event{answer}); },
      std::move(parts.journal_grown), metrics_);
  committer_ = std::make_unique<Courier<Errand>>(
      [this](std::vector<Errand> errands) { work(std::move(errands)); });
}

Result<std::unique_ptr<Engine>> Engine::open(const EngineOptions& options, Parts parts) {
  std::unique_ptr<Engine> engine(new Engine(options, std::move(parts)));
  for (const auto& shard : engine->shards_) shard->start();
  const Status begun = engine->begin();
  if (!begun) return begun.error();
  engine->hear_clouds();
  return engine;
}

// What a cloud's own monitors say is a claim like any other. It is told again before long, so one
// that finds no room is not lost.
void Engine::hear_clouds() {
  for (const auto& [name, cloud] : clouds_) {
    const std::string source = "cloud/" + name;
    cloud.reader->on_report(
        [this, source, is_open = is_open_](const GroupId& group, HealthClaim claim) {
          if (!*is_open) return;
          const Time at = time_.now();
          std::string id = claim.reporter + "/" + claim.instance.value + "/" +
                           std::to_string(at.time_since_epoch().count());
          Signal signal{group, {at, source, std::move(id)}, std::move(claim)};
          deliver({std::move(signal)}, source, [](const std::vector<std::string_view>&) {});
        });
  }
}

Engine::~Engine() {
  stop();
}

void Engine::stop() {
  is_open_->store(false);
  tenancy_->end();
  for (const auto& shard : shards_) shard->stop();
  if (committer_) committer_->stop();
  if (recorder_) recorder_->stop();
}

Status Engine::configure(Revision revision, Authority authority,
                         const std::vector<SpecPointer>& specs, std::vector<FleetBudget> budgets,
                         const std::vector<WatchPointer>& watches) {
  const std::string name = revision.name;
  const Status remembered = recorder_->remember(std::move(revision));
  if (!remembered) return remembered;
  FleetLedger::News news;
  {
    const std::lock_guard lock(fleet_mutex_);
    news = options_.is_one_of_several ? division_.configure(budgets, specs)
                                      : fleet_.configure(std::move(budgets), specs);
  }
  for (const auto& [cloud_name, cloud] : clouds_) cloud.reader->know(specs);
  std::vector<Reconfigured> parts(options_.partitions);
  for (const SpecPointer& spec : specs) {
    parts[partition_of(spec->id.value, options_.partitions)].specs.push_back(spec);
  }
  {
    const std::lock_guard lock(places_mutex_);
    for (std::uint32_t number = 0; number < options_.partitions; ++number) {
      parts[number].revision = name;
      parts[number].authority = authority;
      parts[number].watches = watches;
      if (places_[number].is_seated) reply({number, places_[number].epoch}, Event{parts[number]});
    }
    parts_ = std::move(parts);
  }
  spread(news);
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
    const Admission admission = shard_of(partition).offer(partition, events);
    if (admission == Admission::taken) continue;
    const std::string_view why = admission == Admission::full ? "full" : "elsewhere";
    for (const Event& event : events) tickets_.answer(std::get<Arrived>(event).ticket, why);
  }
}

void Engine::deliver(std::vector<Signal> signals, const std::string& source) {
  metrics_.count_events(source, signals.size());
  for (Signal& signal : signals) {
    const std::uint32_t partition = partition_of(signal.group.value, options_.partitions);
    std::vector<Event> events;
    events.emplace_back(Arrived{std::move(signal), Ticket{}});
    const Admission admission = shard_of(partition).offer(partition, events);
    if (admission == Admission::full) metrics_.count_dropped(source, "full");
    if (admission == Admission::absent) metrics_.count_dropped(source, "elsewhere");
  }
}

void Engine::pour(Seating seating, LogPart part, const std::string& source,
                  std::function<void(std::string_view)> done) {
  const Steady::time_point begin = Steady::now();
  metrics_.count_events(source, part.entries.size());
  part.ticket = tickets_.expect_outcomes(
      1, [this, begin, done = std::move(done)](const std::vector<std::string_view>& outcomes) {
        metrics_.observe_answer(seconds_since(begin));
        done(outcomes.front());
      });
  const Ticket ticket = part.ticket;
  std::vector<Event> events;
  events.emplace_back(std::move(part));
  const Admission admission = shard_of(seating.partition).offer(seating, events);
  if (admission == Admission::taken) return;
  tickets_.answer(ticket, admission == Admission::full ? "full" : "elsewhere");
}

void Engine::deliver_everywhere(const Signal& order, Tickets::Outcomes done) {
  const Ticket first = tickets_.expect_outcomes(options_.partitions, std::move(done));
  metrics_.count_events("operator", 1);
  auto ticket = static_cast<std::uint64_t>(first);
  for (std::uint32_t number = 0; number < options_.partitions; ++number, ++ticket) {
    std::vector<Event> events;
    events.emplace_back(Arrived{order, Ticket{ticket}});
    const Admission admission = shard_of(number).offer(number, events);
    if (admission == Admission::taken) continue;
    tickets_.answer(Ticket{ticket}, admission == Admission::full ? "full" : "elsewhere");
  }
}

void Engine::survey(const std::optional<GroupId>& group, Tickets::Views done) {
  const std::size_t count = group ? 1 : options_.partitions;
  auto ticket = static_cast<std::uint64_t>(tickets_.expect_views(count, std::move(done)));
  if (group) {
    return ask(partition_of(group->value, options_.partitions), Ticket{ticket}, group);
  }
  for (std::uint32_t number = 0; number < options_.partitions; ++number) {
    ask(number, Ticket{ticket++}, std::nullopt);
  }
}

void Engine::ask(std::uint32_t partition, Ticket ticket, const std::optional<GroupId>& group) {
  std::vector<Event> events;
  events.emplace_back(Asked{ticket, group});
  const Admission admission = shard_of(partition).offer(partition, events);
  if (admission != Admission::taken) tickets_.answer(Shown{ticket, {}});
}

bool Engine::have_all_turned() {
  bool have = true;
  for (const auto& shard : shards_) have = shard->have_all_turned() && have;
  return have;
}

void Engine::reply(Seating seating, Event event) {
  std::vector<Event> events;
  events.push_back(std::move(event));
  // What is not an arrival is always let in; where that epoch is over, nobody needs it.
  (void)shard_of(seating.partition).offer(seating, events);
}

void Engine::dispatch(Seating seating, std::vector<Effect> effects) {
  for (Effect& effect : effects) {
    std::visit([&](auto& started) { start(seating, std::move(started)); }, effect);
  }
}

void Engine::start(Seating seating, const Observe& observe) {
  const auto cloud = clouds_.find(observe.cloud);
  if (cloud == clouds_.end()) {
    return reply(seating, Event{Observed{observe.group, std::nullopt, Reason::cloud_unreachable}});
  }
  cloud->second.reader->observe(observe, [this, seating, is_open = is_open_](Observed observed) {
    if (!*is_open) return;
    tenancy_->note_cloud(observed.observation.has_value());
    reply(seating, Event{std::move(observed)});
  });
}

void Engine::start(Seating seating, Commit commit) {
  committer_->leave(Store::PartitionCommit{seating.partition, std::move(commit)});
}

void Engine::start(Seating seating, Journal journal) {
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
  recorder_->leave(seating, std::move(journal));
}

void Engine::start(Seating seating, Act act) {
  // A cloud that may only be looked at, an epoch that is over, or a lease that may end before the
  // call does: the call is not made.
  const auto cloud = clouds_.find(act.cloud);
  const bool is_possible = cloud != clouds_.end() && cloud->second.writer != nullptr;
  const bool is_current = act.epoch == seating.epoch;
  if (!is_possible || !is_current || !tenancy_->may_act(seating.partition, act.epoch)) {
    const Reason why = is_possible ? Reason::lease_not_held : Reason::observe_only;
    return reply(seating, Event{Acted{act.group, act.intent.token, Acted::Result::not_now,
                                      InstanceId{}, why}});
  }
  ++in_flight_;
  cloud->second.writer->act(act, [this, seating, is_open = is_open_](Acted acted) {
    if (!*is_open) return;
    --in_flight_;
    reply(seating, Event{std::move(acted)});
  });
}

void Engine::start(Seating /*seating*/, const Answered& answered) {
  tickets_.answer(answered.ticket, outcome_word(answered.merge));
}

void Engine::start(Seating /*seating*/, DeadLetter letter) {
  metrics_.count_dropped("partition", letter.reason);
  recorder_->leave(std::move(letter));
}

void Engine::start(Seating /*seating*/, Shown shown) {
  tickets_.answer(std::move(shown));
}

// Shards keep the time of their partitions themselves.
void Engine::start(Seating /*seating*/, const WakeAt& /*wake*/) {}

void Engine::start(Seating seating, const Left& /*left*/) {
  let_go(seating);
}

void Engine::work(std::vector<Errand> errands) {
  std::vector<Store::PartitionCommit> commits;
  for (Errand& errand : errands) {
    auto* one = std::get_if<Store::PartitionCommit>(&errand);
    if (one != nullptr) commits.push_back(std::move(*one));
  }
  if (!commits.empty()) commit(std::move(commits));
  for (const Errand& errand : errands) {
    if (const auto* wanted = std::get_if<Restore>(&errand)) restore(*wanted);
    if (const auto* barrier = std::get_if<Barrier>(&errand)) {
      const std::lock_guard lock(places_mutex_);
      barrier->reached->set_value(unrestorable_ ? Status(*unrestorable_) : std::monostate{});
    }
  }
}

void Engine::start(Seating /*seating*/, const Used& used) {
  FleetLedger::News news;
  {
    const std::lock_guard lock(fleet_mutex_);
    news = options_.is_one_of_several ? division_.hear(used.group, used.use)
                                      : fleet_.hear(used.group, used.use);
  }
  spread(news);
}

// Whoever sits there by the time that they have heard is told so: an epoch that is over tells
// again.
void Engine::start(Seating seating, const Sounded& sounded) {
  if (!sounded_) return;
  sounded_(sounded,
           [this, seating, place = sounded.place, end = sounded.verdict.end, is_open = is_open_] {
             if (*is_open) reply(seating, Event{AlarmTaken{place, end}});
           });
}

void Engine::spread(const FleetLedger::News& news) {
  for (const auto& [group, allowance] : news.allowances) {
    tell(partition_of(group.value, options_.partitions), Event{Allowed{group, allowance}});
  }
  if (!news.loss) return;
  for (std::uint32_t number = 0; number < options_.partitions; ++number) {
    tell(number, Event{FleetLost{*news.loss}});
  }
}

// Whoever is seated there now; a partition that comes later says itself what it uses, and is told.
void Engine::tell(std::uint32_t partition, Event event) {
  Seating seating{partition, {}};
  {
    const std::lock_guard lock(places_mutex_);
    if (!places_[partition].is_seated) return;
    seating.epoch = places_[partition].epoch;
  }
  reply(seating, std::move(event));
}

bool Engine::store_works() const {
  const std::lock_guard lock(places_mutex_);
  return is_all_stored();
}

// REQUIRES: places_mutex_ is held.
bool Engine::is_all_stored() const {
  return std::none_of(places_.begin(), places_.end(),
                      [](const Place& place) { return place.is_unstored; });
}

// By partition: one that goes to another owner takes its failure along, and one without news does
// not wait for a commit to be well again.
void Engine::note_store(const std::vector<Store::PartitionCommit>& commits,
                        const std::vector<Stored>& results) {
  const std::lock_guard lock(places_mutex_);
  const bool worked = is_all_stored();
  for (std::size_t at = 0; at < commits.size(); ++at) {
    Place& place = places_[commits[at].partition];
    const bool is_of_now = place.is_held && place.epoch == commits[at].commit.epoch;
    if (is_of_now) place.is_unstored = results[at] == Stored::unavailable;
  }
  const bool works = is_all_stored();
  if (works && !worked) log(LogLevel::info, "store-works-again");
  if (worked && !works) log(LogLevel::error, "store-unavailable-retrying");
}

void Engine::commit(std::vector<Store::PartitionCommit> commits) {
  const Steady::time_point begin = Steady::now();
  const std::vector<Stored> results = store_->commit(commits);
  metrics_.observe_store("commit", seconds_since(begin));
  note_store(commits, results);
  const bool has_failed =
      std::find(results.begin(), results.end(), Stored::unavailable) != results.end();
  if (has_failed) {
    std::this_thread::sleep_for(failed_commit_wait);
  } else {
    last_commit_ = time_.now().time_since_epoch().count();
  }
  for (std::size_t at = 0; at < commits.size(); ++at) {
    const Seating seating{commits[at].partition, commits[at].commit.epoch};
    if (results[at] == Stored::fenced) tenancy_->doubt(seating.partition);
    reply(seating, Event{Committed{commits[at].commit.batch, results[at]}});
  }
}

}  // namespace settle
