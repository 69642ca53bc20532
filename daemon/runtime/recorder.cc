#include "daemon/runtime/recorder.h"

#include <utility>

#include "daemon/base/log.h"
#include "daemon/codec/json.h"

namespace settle {
namespace {

constexpr std::size_t letter_bytes_max = 4'096;
constexpr std::size_t letters_max = 10'000;  // Kept while the journal cannot be written.

std::uint64_t count_entries(const std::vector<Journal>& journals) {
  std::uint64_t count = 0;
  for (const Journal& journal : journals) {
    count += journal.decisions.size() + journal.actions.size();
  }
  return count;
}

}  // namespace

Recorder::Recorder(std::unique_ptr<JournalWriter> writer, Answer answer,
                   std::function<void()> appended, Metrics& metrics)
    : writer_(std::move(writer)),
      answer_(std::move(answer)),
      appended_(std::move(appended)),
      metrics_(metrics),
      courier_([this](std::vector<Item> items) { work(std::move(items)); }) {}

void Recorder::leave(Seating seating, Journal entries) {
  courier_.leave(Entries{seating, std::move(entries)});
}

void Recorder::leave(DeadLetter letter) {
  StoredDeadLetter stored;
  stored.at = letter.at;
  stored.reason = std::move(letter.reason);
  stored.event = event_json(letter.signal).substr(0, letter_bytes_max);
  leave(std::move(stored));
}

void Recorder::leave(StoredDeadLetter letter) {
  courier_.leave(std::move(letter));
}

Status Recorder::remember(Revision revision) {
  auto done = std::make_shared<std::promise<Status>>();
  std::future<Status> status = done->get_future();
  courier_.leave(Remember{std::move(revision), std::move(done)});
  return status.get();
}

void Recorder::forget_before(Time time) {
  courier_.leave(Forget{time});
}

void Recorder::work(std::vector<Item> items) {
  std::vector<Seating> seatings;
  std::vector<Journal> journals;
  for (Item& item : items) {
    if (auto* entries = std::get_if<Entries>(&item)) {
      seatings.push_back(entries->seating);
      journals.push_back(std::move(entries->journal));
    } else if (auto* letter = std::get_if<StoredDeadLetter>(&item)) {
      // A flood of letters beyond this is counted in the metrics, and only there.
      if (letters_.size() < letters_max) letters_.push_back(std::move(*letter));
    } else if (auto* remember = std::get_if<Remember>(&item)) {
      remember->done->set_value(writer_->remember(remember->revision));
    } else if (const auto* forget = std::get_if<Forget>(&item)) {
      const Status forgotten = writer_->forget_before(forget->before);
      if (!forgotten) {
        log(LogLevel::warning, "journal-not-trimmed-skipping",
            {{"error", forgotten.error().message}});
      }
    }
  }
  if (!journals.empty() || !letters_.empty()) append(seatings, journals);
}

void Recorder::append(const std::vector<Seating>& seatings, const std::vector<Journal>& journals) {
  const Status written = writer_->append(journals, letters_);
  if (written) {
    letters_.clear();
    metrics_.count_journaled(count_entries(journals));
    if (!works_.exchange(true)) log(LogLevel::info, "journal-works-again");
  } else if (works_.exchange(false)) {
    log(LogLevel::error, "journal-failed-nothing-is-sent-to-clouds",
        {{"error", written.error().message}});
  }
  for (std::size_t at = 0; at < journals.size(); ++at) {
    if (journals[at].batch == 0) continue;
    answer_(seatings[at], Journaled{journals[at].batch, written.has_value()});
  }
  if (written) appended_();
}

}  // namespace settle
