// The journal's thread: everything that partitions want on record, appended in batches. A journal
// that cannot be written is told to the partitions, which stop acting, and to the log, loudly.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <variant>
#include <vector>

#include "daemon/journal/journal.h"
#include "daemon/runtime/courier.h"
#include "daemon/runtime/shard.h"
#include "daemon/telemetry/metrics.h"

namespace settle {

class Recorder {
 public:
  using Answer = std::function<void(Seating, Journaled)>;

  /// Takes the writer; `answer` and `appended` are called on the journal's thread.
  /// `keep` is how long an entry is kept; `metrics` and `clock` must outlive the recorder.
  Recorder(std::unique_ptr<JournalWriter> writer, Answer answer, std::function<void()> appended,
           Metrics& metrics);

  void leave(Seating seating, Journal entries);
  void leave(DeadLetter letter);
  /// For what never became a signal.
  void leave(StoredDeadLetter letter);
  /// Answers once it is written; blocks until then.
  [[nodiscard]] Status remember(Revision revision);
  /// Drops what is older, when its turn comes.
  void forget_before(Time time);
  void stop() { courier_.stop(); }
  [[nodiscard]] bool works() const { return works_; }

 private:
  struct Entries {
    Seating seating;
    Journal journal;
  };
  struct Remember {
    Revision revision;
    std::shared_ptr<std::promise<Status>> done;
  };
  struct Forget {
    Time before;
  };
  using Item = std::variant<Entries, StoredDeadLetter, Remember, Forget>;

  void work(std::vector<Item> items);
  void append(const std::vector<Seating>& seatings, const std::vector<Journal>& journals);

  const std::unique_ptr<JournalWriter> writer_;
  const Answer answer_;
  const std::function<void()> appended_;
  Metrics& metrics_;
  std::vector<StoredDeadLetter> letters_;  // On the journal's thread; kept while it fails.
  std::atomic<bool> works_{true};
  Courier<Item> courier_;  // Last: its thread uses all of the above.
};

}  // namespace settle
