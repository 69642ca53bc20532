// The daemon as a source sees it, in the hands of a test: real partitions over a store in memory,
// which commit when they may, crash when they must, and count what comes.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "daemon/partition/loop.h"
#include "daemon/partition/partition.h"
#include "daemon/sources/source.h"

namespace settle {

/// Its time stands still, so that nothing comes too late. Calls of a test come on one thread.
class Hall final : public Intake, public Clock {
 public:
  static constexpr std::uint32_t partitions = 4;
  /// Each has a webhook policy "push". They lie in every partition.
  [[nodiscard]] static std::vector<GroupId> groups();
  /// "push" fires once for a group, under this id.
  [[nodiscard]] Signal push(const GroupId& group, const std::string& id) const;

  Hall();
  ~Hall() override;
  Hall(const Hall&) = delete;
  Hall& operator=(const Hall&) = delete;

  void emit(std::vector<Signal> signals, std::function<void(std::vector<Receipt>)> done) override;
  void pour(std::uint32_t partition, LogPart part, std::function<void(Receipt)> done) override;
  void bury(Poison poison) override;
  [[nodiscard]] Time now() const override { return now_; }

  /// The source begins, with every partition and every group.
  void attach(Source& source);
  /// The source ends, and is answered no more.
  void detach();

  /// Commits wait until they are let go.
  void hold_commits(bool holds);
  /// So many hand-overs find no room from here on.
  void refuse(int count) { refusals_ = count; }
  /// What no commit holds is gone, and every partition begins again from the store.
  /// REQUIRES: no source.
  void crash();
  /// The same for one partition, under the eyes of the source.
  void take_over(std::uint32_t partition);

  /// Where "push" has fired, in groups as the store has them: "GROUP/ID".
  [[nodiscard]] std::set<std::string> fired();
  [[nodiscard]] Offsets positions(std::uint32_t partition);
  [[nodiscard]] std::vector<Poison> buried();
  /// Firings that partitions have in memory, committed or not.
  [[nodiscard]] std::size_t in_memory();
  /// Events at the same time that were neither acked nor failed, at most so far.
  [[nodiscard]] std::size_t unanswered_most() const { return unanswered_most_; }
  [[nodiscard]] int refusals_left() const { return refusals_; }

 private:
  struct Place {
    std::unique_ptr<Partition> partition;
    std::uint64_t epoch = 0;
    std::map<GroupId, GroupState> stored;
    Offsets offsets;
    std::vector<Commit> held;  // Wait to be let go.
  };
  struct Waiting {
    std::vector<Receipt> receipts;
    std::size_t missing = 0;
    std::size_t events = 0;
    std::uint32_t partition = 0;
    std::uint64_t attachment = 0;
    std::function<void(std::vector<Receipt>)> done;
  };
  using Task = std::function<void()>;

  void leave(Task task);
  void wait_for(const Task& task);
  void run();
  void seat(std::uint32_t number);
  void turn(std::uint32_t number, std::vector<Event> events);
  void take(std::uint32_t number, Effect& effect, std::vector<Event>& answers);
  void keep(Place& place, const Commit& commit);
  std::uint64_t expect(std::uint32_t partition, std::size_t count, std::size_t events,
                       std::function<void(std::vector<Receipt>)> done);
  void answer(std::uint64_t ticket, Receipt receipt);
  [[nodiscard]] bool is_refused();
  void count(std::size_t events);

  const Time now_;
  std::vector<SpecPointer> specs_;
  std::atomic<int> refusals_{0};
  std::atomic<std::uint64_t> attachment_{0};
  std::atomic<std::size_t> unanswered_{0};
  std::atomic<std::size_t> unanswered_most_{0};
  Source* source_ = nullptr;  // On the test's thread.

  // On the hall's own thread.
  std::map<std::uint32_t, Place> places_;
  std::map<std::uint64_t, Waiting> waiting_;  // By first ticket.
  std::uint64_t tickets_ = 1;
  bool holds_ = false;
  std::vector<Poison> buried_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Task> tasks_;   // Guarded by mutex_.
  bool is_stopping_ = false;  // Guarded by mutex_.
  std::thread thread_;        // Last: it uses all of the above.
};

}  // namespace settle
