#include "daemon/exporting/exporter.h"

#include <utility>

#include "daemon/base/log.h"
#include "daemon/codec/json.h"

namespace settle::exporting {

/// Shared with the answers that are still to come.
struct Exporter::Batch {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t missing = 0;  // Guarded by mutex, as is the next.
  Status worst = std::monostate();
};

kafka::Outgoing outgoing(const StoredDecision& decision, const ExporterSettings& settings) {
  const std::string& group = decision.record.group.value;
  return {settings.destination.topic,
          group,
          record_json(decision.record),
          {{"ce_specversion", "1.0"},
           {"ce_type", "io.settle.decision.made.v1"},
           {"ce_source", settings.source},
           {"ce_id", decision.id},
           {"ce_subject", group},
           {"ce_time", time_text(decision.record.at)},
           {"ce_partitionkey", group},
           {"content-type", "application/json"}}};
}

Result<std::unique_ptr<Exporter>> Exporter::open(ExporterSettings settings,
                                                 std::unique_ptr<JournalReader> reader) {
  Result<std::unique_ptr<kafka::Producer>> producer =
      kafka::Producer::open(settings.destination.access);
  if (!producer) return producer.error();
  std::unique_ptr<Exporter> made(
      new Exporter(std::move(settings), std::move(reader), std::move(*producer)));
  made->thread_ = std::thread([at = made.get()] { at->run(); });
  return made;
}

Exporter::Exporter(ExporterSettings settings, std::unique_ptr<JournalReader> reader,
                   std::unique_ptr<kafka::Producer> producer)
    : settings_(std::move(settings)), reader_(std::move(reader)), producer_(std::move(producer)) {}

Exporter::~Exporter() {
  stop();
}

void Exporter::grown() {
  {
    const std::lock_guard lock(mutex_);
    has_grown_ = true;
  }
  changed_.notify_all();
}

void Exporter::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::uint64_t Exporter::position() const {
  const std::lock_guard lock(mutex_);
  return position_;
}

void Exporter::run() {
  {
    const std::uint64_t first = first_position();
    const std::lock_guard lock(mutex_);
    position_ = first;
  }
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      if (is_stopping_) return;
      has_grown_ = false;
    }
    if (step()) continue;
    std::unique_lock lock(mutex_);
    if (is_failing_) {
      changed_.wait_for(lock, settings_.retry_after, [this] { return is_stopping_; });
    } else {
      changed_.wait(lock, [this] { return is_stopping_ || has_grown_; });
    }
  }
}

// Another journal under the old name has other decisions under the same numbers, or none.
std::uint64_t Exporter::first_position() {
  const std::optional<Position> known = read_position(settings_.position_path);
  if (!known || known->destination != settings_.destination.name) return 0;
  const Result<std::vector<StoredDecision>> there =
      reader_->decisions_after(known->sequence - 1, 1);
  // What was exported may be forgotten by now, with what came before it.
  if (!there) return known->sequence;
  const bool is_another = there->empty() || (there->front().sequence == known->sequence &&
                                             there->front().id != known->decision);
  return is_another ? 0 : known->sequence;
}

bool Exporter::step() {
  const Result<std::vector<StoredDecision>> next =
      reader_->decisions_after(position(), settings_.batch_max);
  if (!next) {
    note(next.error());
    return false;
  }
  if (next->empty()) return false;
  Status done = send(*next);
  const StoredDecision& last = next->back();
  if (done) {
    done = write_position(settings_.position_path,
                          {last.sequence, last.id, settings_.destination.name});
  }
  note(done);
  if (!done) return false;
  const std::lock_guard lock(mutex_);
  position_ = last.sequence;
  return true;
}

Status Exporter::send(const std::vector<StoredDecision>& decisions) {
  const auto batch = std::make_shared<Batch>();
  batch->missing = decisions.size();
  for (const StoredDecision& decision : decisions) {
    producer_->send(outgoing(decision, settings_), [batch, id = decision.id](Status status) {
      // What the topic will never take holds up no other; it is in the journal.
      const bool is_hopeless = !status && status.error().code == ErrorCode::invalid;
      if (is_hopeless) {
        log(LogLevel::error, "decision-not-exported-skipping",
            {{"decision", id}, {"error", status.error().message}});
      }
      const std::lock_guard lock(batch->mutex);
      if (!status && !is_hopeless) batch->worst = status.error();
      if (--batch->missing == 0) batch->changed.notify_all();
    });
  }
  std::unique_lock lock(batch->mutex);
  while (batch->missing > 0) {
    batch->changed.wait_for(lock, std::chrono::milliseconds(100));
    const std::lock_guard ours(mutex_);
    if (is_stopping_) return Error{ErrorCode::unknown_outcome, "told to stop"};
  }
  if (batch->worst || batch->worst.error().code != ErrorCode::fenced) return batch->worst;
  Result<std::unique_ptr<kafka::Producer>> producer =
      kafka::Producer::open(settings_.destination.access);
  if (producer) producer_ = std::move(*producer);
  return batch->worst;
}

void Exporter::note(const Status& status) {
  const bool is_failing = !status;
  if (is_failing == std::exchange(is_failing_, is_failing)) return;
  if (is_failing) {
    log(LogLevel::warning, "decisions-not-exported-retrying",
        {{"to", settings_.destination.name}, {"error", status.error().message}});
  } else {
    log(LogLevel::info, "decisions-are-exported-again", {{"to", settings_.destination.name}});
  }
}

}  // namespace settle::exporting
