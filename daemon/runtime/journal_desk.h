// Readings of the journal for the API, on a thread of their own, and readings that wait for
// something new.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "daemon/journal/journal.h"

namespace settle {

class JournalDesk {
 public:
  /// Reads, and answers whoever asked. `is_last` means that it must answer now; false means that
  /// it has not answered, and is called again when the journal has grown. Runs on the desk's
  /// thread.
  using Reading = std::function<bool(JournalReader& reader, bool is_last)>;

  explicit JournalDesk(std::unique_ptr<JournalReader> reader);
  ~JournalDesk();
  JournalDesk(const JournalDesk&) = delete;
  JournalDesk& operator=(const JournalDesk&) = delete;

  /// False means that too many are waiting: come back later. Safe from any thread.
  [[nodiscard]] bool ask(Reading reading, std::chrono::milliseconds wait);
  /// The journal has grown. Safe from any thread.
  void grown();
  void stop();

 private:
  using Steady = std::chrono::steady_clock;
  struct Waiting {
    Reading reading;
    Steady::time_point until;
  };
  void run();

  const std::unique_ptr<JournalReader> reader_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Waiting> asked_;    // Guarded by mutex_.
  bool has_grown_ = false;        // Guarded by mutex_.
  bool stopping_ = false;         // Guarded by mutex_.
  std::vector<Waiting> waiting_;  // On the desk's thread.
  std::thread thread_;
};

}  // namespace settle
