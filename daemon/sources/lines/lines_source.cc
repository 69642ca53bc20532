#include "daemon/sources/lines/lines_source.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <deque>
#include <iterator>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "daemon/partition/router.h"
#include "daemon/sources/lines/progress.h"
#include "daemon/sources/lines/words.h"

namespace settle::lines {
namespace {

using Steady = std::chrono::steady_clock;

constexpr const char* log_name = "lines";
constexpr std::size_t open_factor = 10;  // So many times in_flight_max may lie unacked.

/// What became of one hand-over, until the source's thread takes it.
struct Outcome {
  std::uint64_t run = 0;  // Of the program that emitted them.
  std::vector<Emitted> events;
  std::vector<Receipt> receipts;
};

class LinesSource final : public std::enable_shared_from_this<LinesSource> {
 public:
  LinesSource(Settings settings, const Clock& clock)
      : settings_(std::move(settings)),
        clock_(clock),
        home_(partition_of(settings_.name, settings_.partitions)),
        wakeup_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        restart_in_(settings_.restart_first) {}
  ~LinesSource() { ::close(wakeup_); }
  LinesSource(const LinesSource&) = delete;
  LinesSource& operator=(const LinesSource&) = delete;

  void begin(Intake& intake) {
    intake_ = &intake;
    thread_ = std::thread([this] { run(); });
  }
  void seated(std::uint32_t partition, const Offsets& positions) {
    if (partition != home_) return;
    const std::lock_guard lock(mutex_);
    const auto known = positions.find(log_name);
    ++seating_;
    is_seated_ = true;
    committed_ = known == positions.end() ? std::nullopt : std::optional(known->second);
    wake();
  }
  void unseated(std::uint32_t partition) {
    if (partition != home_) return;
    const std::lock_guard lock(mutex_);
    ++seating_;
    is_seated_ = false;
    wake();
  }
  SourceReport report() const {
    const std::lock_guard lock(mutex_);
    SourceReport report = report_;
    report.in_flight = in_flight_;
    report.details["program"] = settings_.command.front();
    report.details["starts"] = std::to_string(starts_);
    if (!is_seated_) report.state = "idle";
    return report;
  }
  void end() {
    {
      const std::lock_guard lock(mutex_);
      is_stopping_ = true;
    }
    wake();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void wake() const {
    const std::uint64_t one = 1;
    (void)!::write(wakeup_, &one, sizeof(one));
  }
  void run();
  /// Keeps the program as the seat wants it; false while there is none.
  bool has_program();
  void start_program(std::optional<std::int64_t> position);
  void drop_program(const std::string& why, bool restarts);
  /// Says what is to be said and hears what there is room for; whether there is room for more.
  bool talk();
  void hear();
  void emit(std::vector<Emitted> events);
  void take_outcomes();
  void move_position();
  void watch_time();
  void wait(bool reads);
  [[nodiscard]] std::size_t room() const;

  const Settings settings_;
  const Clock& clock_;
  const std::uint32_t home_;  // The partition that its position lies in.
  const int wakeup_;
  Intake* intake_ = nullptr;

  mutable std::mutex mutex_;
  std::uint64_t seating_ = 0;  // Guarded by mutex_, as is all up to the blank line.
  bool is_seated_ = false;
  bool is_stopping_ = false;
  std::optional<std::int64_t> committed_;
  std::vector<Outcome> outcomes_;
  std::size_t in_flight_ = 0;
  std::uint64_t starts_ = 0;
  bool is_moving_ = false;  // A position is under way.
  bool has_moved_ = true;   // The last one was committed, or is under way.
  SourceReport report_;

  // The thread's own.
  std::optional<child::Program> program_;
  std::uint64_t seating_of_program_ = 0;
  std::uint64_t run_ = 0;
  std::deque<std::string> unheard_;  // Lines for which there was no room; no more are read then.
  Progress progress_{std::nullopt};
  std::optional<std::int64_t> moved_;  // The last position that was poured.
  bool is_ready_ = false;
  Steady::time_point started_;
  Steady::time_point heard_;
  Steady::time_point restart_at_;
  Duration restart_in_;
  std::thread thread_;
};

std::size_t LinesSource::room() const {
  const std::lock_guard lock(mutex_);
  return settings_.in_flight_max - std::min(in_flight_, settings_.in_flight_max);
}

bool LinesSource::talk() {
  if (!program_) return false;
  hear();
  const bool reads = unheard_.empty() && room() > 0;
  Result<std::vector<std::string>> lines = program_->turn(reads);
  if (!lines) {
    drop_program(lines.error().message, true);
    return false;
  }
  if (!lines->empty()) heard_ = Steady::now();
  unheard_.insert(unheard_.end(), std::make_move_iterator(lines->begin()),
                  std::make_move_iterator(lines->end()));
  hear();
  return unheard_.empty() && room() > 0;
}

void LinesSource::run() {
  while (true) {
    bool reads = false;
    if (has_program()) {
      take_outcomes();
      reads = talk();
      move_position();
      watch_time();
    }
    {
      const std::lock_guard lock(mutex_);
      if (is_stopping_) break;
    }
    wait(reads);
  }
  program_.reset();
}

bool LinesSource::has_program() {
  std::optional<std::int64_t> position;
  std::uint64_t seating = 0;
  bool is_wanted = false;
  {
    const std::lock_guard lock(mutex_);
    seating = seating_;
    is_wanted = is_seated_ && !is_stopping_;
    position = committed_;
  }
  if (program_ && (!is_wanted || seating != seating_of_program_)) drop_program({}, false);
  if (!is_wanted) return false;
  if (!program_ && Steady::now() >= restart_at_) {
    seating_of_program_ = seating;
    start_program(position);
  }
  return program_.has_value();
}

void LinesSource::start_program(std::optional<std::int64_t> position) {
  Result<child::Program> started =
      child::Program::start(settings_.command, settings_.environment, settings_.program);
  started_ = heard_ = Steady::now();
  ++run_;
  {
    const std::lock_guard lock(mutex_);
    ++starts_;
    is_moving_ = false;
    has_moved_ = true;
    outcomes_.clear();
    in_flight_ = 0;
  }
  if (!started) return drop_program(started.error().message, true);
  program_.emplace(std::move(*started));
  progress_ = Progress(position);
  moved_ = position;
  is_ready_ = false;
  (void)program_->send(hello(position));
}

void LinesSource::drop_program(const std::string& why, bool restarts) {
  program_.reset();
  unheard_.clear();
  ++run_;  // What it emitted is acked to nobody.
  restart_at_ = restarts ? Steady::now() + restart_in_ : Steady::now();
  if (!restarts) return;
  log(LogLevel::warning, "source-program-ended",
      {{"program", settings_.command.front()}, {"why", why}, {"retry_ms", restart_in_.count()}});
  restart_in_ = std::min(restart_in_ * 2, settings_.restart_most);
  const std::lock_guard lock(mutex_);
  report_.state = "failing";
  report_.last_error = why;
}

void LinesSource::hear() {
  std::vector<Emitted> events;
  const std::size_t most = room();
  while (!unheard_.empty() && events.size() < most) {
    Said said = read_line(unheard_.front(), clock_.now());
    unheard_.pop_front();
    if (auto* emitted = std::get_if<Emitted>(&said)) {
      events.push_back(std::move(*emitted));
    } else if (auto* buried = std::get_if<Buried>(&said)) {
      if (buried->sequence) progress_.done(*buried->sequence);
      intake_->bury(std::move(buried->poison));
    } else if (const auto* told = std::get_if<Told>(&said)) {
      const std::lock_guard lock(mutex_);
      if (told->lag) report_.lag = told->lag;
      if (!told->error) continue;
      report_.state = told->error->empty() ? "reading" : "failing";
      report_.last_error = *told->error;
    } else {
      is_ready_ = true;
      restart_in_ = settings_.restart_first;
      const std::lock_guard lock(mutex_);
      report_.state = "reading";
      report_.last_error.clear();
    }
  }
  if (!events.empty()) emit(std::move(events));
}

void LinesSource::emit(std::vector<Emitted> events) {
  std::vector<Signal> signals;
  signals.reserve(events.size());
  for (const Emitted& event : events) {
    if (event.sequence) progress_.emitted(*event.sequence);
    signals.push_back(event.signal);
  }
  {
    const std::lock_guard lock(mutex_);
    in_flight_ += events.size();
    report_.last_event =
        std::max(report_.last_event.value_or(Time{}), events.back().signal.stamp.at);
  }
  intake_->emit(std::move(signals),
                [weak = weak_from_this(), run = run_,
                 events = std::move(events)](const std::vector<Receipt>& receipts) {
                  const std::shared_ptr<LinesSource> self = weak.lock();
                  if (!self) return;
                  {
                    const std::lock_guard lock(self->mutex_);
                    self->outcomes_.push_back({run, events, receipts});
                  }
                  self->wake();
                });
}

void LinesSource::take_outcomes() {
  std::vector<Outcome> taken;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(outcomes_);
    for (const Outcome& outcome : taken) {
      if (outcome.run == run_) in_flight_ -= outcome.events.size();
    }
  }
  std::vector<std::string> held;
  std::vector<std::string> full;
  std::vector<std::string> elsewhere;
  for (const Outcome& outcome : taken) {
    if (outcome.run != run_) continue;
    for (std::size_t at = 0; at < outcome.events.size(); ++at) {
      const Emitted& event = outcome.events[at];
      if (outcome.receipts[at] == Receipt::held) {
        held.push_back(event.id);
        if (event.sequence) progress_.done(*event.sequence);
      } else {
        (outcome.receipts[at] == Receipt::full ? full : elsewhere).push_back(event.id);
      }
    }
  }
  bool fits = held.empty() || program_->send(ack(held));
  fits = (full.empty() || program_->send(fail(full, "full"))) && fits;
  fits = (elsewhere.empty() || program_->send(fail(elsewhere, "elsewhere"))) && fits;
  if (!fits) drop_program("the program does not read what it is told", true);
}

void LinesSource::move_position() {
  if (!program_) return;
  if (progress_.open() > open_factor * settings_.in_flight_max) {
    return drop_program("the program does not emit again what has failed", true);
  }
  const std::optional<std::int64_t> position = progress_.position();
  {
    const std::lock_guard lock(mutex_);
    if (!has_moved_) moved_ = committed_;
  }
  if (!position || (moved_ && *position <= *moved_)) return;
  {
    const std::lock_guard lock(mutex_);
    if (is_moving_) return;
    is_moving_ = true;
    has_moved_ = true;
  }
  LogPart part{log_name, {}, *position, {}, moved_.value_or(0)};
  intake_->pour(home_, std::move(part),
                [weak = weak_from_this(), position = *position](Receipt receipt) {
                  const std::shared_ptr<LinesSource> self = weak.lock();
                  if (!self) return;
                  {
                    const std::lock_guard lock(self->mutex_);
                    self->is_moving_ = false;
                    self->has_moved_ = receipt == Receipt::held;
                    if (receipt != Receipt::held) return;  // Once more, before long.
                    self->committed_ = std::max(self->committed_.value_or(0), position);
                  }
                  self->wake();
                });
  moved_ = position;
}

void LinesSource::watch_time() {
  if (!program_) return;
  const Steady::time_point now = Steady::now();
  if (!is_ready_ && now - started_ > settings_.ready_within) {
    return drop_program("the program did not say that it is ready", true);
  }
  const bool is_silent =
      settings_.silent_after > Duration::zero() && now - heard_ > settings_.silent_after;
  if (is_silent && room() > 0) drop_program("the program has been silent for too long", true);
}

void LinesSource::wait(bool reads) {
  std::array<pollfd, 3> ends{};
  ends[0] = {wakeup_, POLLIN, 0};
  ends[1] = {program_ && reads ? program_->output() : -1, POLLIN, 0};
  ends[2] = {program_ && program_->has_unsent() ? program_->input() : -1, POLLOUT, 0};
  constexpr int longest_ms = 100;
  (void)::poll(ends.data(), ends.size(), longest_ms);
  std::uint64_t count = 0;
  (void)!::read(wakeup_, &count, sizeof(count));
}

/// The shared state behind the unique one: an answer may come when the source is gone.
class Handle final : public Source {
 public:
  explicit Handle(std::shared_ptr<LinesSource> source) : source_(std::move(source)) {}
  ~Handle() override { source_->end(); }
  void begin(Intake& intake) override { source_->begin(intake); }
  void seated(std::uint32_t partition, const Offsets& positions) override {
    source_->seated(partition, positions);
  }
  void unseated(std::uint32_t partition) override { source_->unseated(partition); }
  [[nodiscard]] SourceReport report() const override { return source_->report(); }
  void end() override { source_->end(); }

 private:
  const std::shared_ptr<LinesSource> source_;
};

}  // namespace

std::unique_ptr<Source> open_lines_source(Settings settings, const Clock& clock) {
  return std::make_unique<Handle>(std::make_shared<LinesSource>(std::move(settings), clock));
}

}  // namespace settle::lines
