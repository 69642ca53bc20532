#include "tests/intake/memory_log.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>

#include "daemon/partition/router.h"

namespace settle {
namespace {

constexpr std::size_t part_events_max = 16;
constexpr std::size_t flight_events_max = 64;

struct Log {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::uint32_t, std::vector<std::variant<Signal, std::string>>> entries;
  std::int64_t lost_below = 0;
};

class MemorySource final : public Source {
 public:
  explicit MemorySource(std::shared_ptr<Log> log) : log_(std::move(log)) {}
  ~MemorySource() override { end(); }

  void begin(Intake& intake) override {
    intake_ = &intake;
    thread_ = std::thread([this] { run(); });
  }
  void seated(std::uint32_t partition, const Offsets& positions) override {
    const std::lock_guard pouring(pour_mutex_);
    const std::lock_guard lock(log_->mutex);
    const auto known = positions.find("log");
    seats_[partition] = {++seatings_, known == positions.end() ? 0 : known->second, false};
    log_->changed.notify_all();
  }
  void unseated(std::uint32_t partition) override {
    const std::lock_guard pouring(pour_mutex_);
    const std::lock_guard lock(log_->mutex);
    seats_.erase(partition);
  }
  SourceReport report() const override {
    const std::lock_guard lock(log_->mutex);
    SourceReport report;
    report.state = gap_.empty() ? "reading" : "failing";
    report.last_error = gap_;
    report.in_flight = in_flight_;
    return report;
  }
  void end() override {
    {
      const std::lock_guard lock(log_->mutex);
      is_stopping_ = true;
      log_->changed.notify_all();
    }
    if (thread_.joinable()) thread_.join();
  }

 private:
  struct Seat {
    std::uint64_t seating = 0;
    std::int64_t next = 0;
    bool is_pushed_back = false;
  };

  void run() {
    while (true) {
      bool has_poured = false;
      for (std::uint32_t number = 0; number < Hall::partitions; ++number) {
        has_poured = pour(number) || has_poured;
      }
      std::unique_lock lock(log_->mutex);
      if (is_stopping_) return;
      if (!has_poured) log_->changed.wait_for(lock, std::chrono::milliseconds(5));
    }
  }

  bool pour(std::uint32_t partition) {
    const std::lock_guard pouring(pour_mutex_);
    LogPart part{"log", {}, 0, {}, {}};
    std::vector<Poison> poison;
    std::uint64_t seating = 0;
    {
      const std::lock_guard lock(log_->mutex);
      const auto found = seats_.find(partition);
      if (found == seats_.end() || in_flight_ >= flight_events_max) return false;
      Seat& seat = found->second;
      seating = seat.seating;
      const auto& entries = log_->entries[partition];
      part.from = seat.next;
      if (seat.next < log_->lost_below) gap_ = "entries are gone that were not read";
      seat.next = std::max(seat.next, log_->lost_below);
      const std::size_t room = std::min(part_events_max, flight_events_max - in_flight_);
      for (; seat.next < std::int64_t(entries.size()) && part.entries.size() < room; ++seat.next) {
        const auto& entry = entries[static_cast<std::size_t>(seat.next)];
        if (const auto* signal = std::get_if<Signal>(&entry)) {
          part.entries.push_back({seat.next, *signal});
        } else {
          poison.push_back(
              {"log@" + std::to_string(seat.next), "it is no event", std::get<std::string>(entry)});
        }
      }
      if (seat.next == *part.from) return false;
      part.next = seat.next;
      in_flight_ += part.entries.size();
    }
    for (Poison& one : poison) intake_->bury(std::move(one));
    const std::size_t events = part.entries.size();
    intake_->pour(
        partition, part, [this, partition, seating, events, begin = part.begin()](Receipt r) {
          const std::lock_guard lock(log_->mutex);
          in_flight_ -= events;
          const auto found = seats_.find(partition);
          const bool is_current = found != seats_.end() && found->second.seating == seating;
          if (is_current && r == Receipt::full) {
            found->second.next = std::min(found->second.next, begin);
          }
          log_->changed.notify_all();
        });
    return true;
  }

  const std::shared_ptr<Log> log_;
  Intake* intake_ = nullptr;
  std::mutex pour_mutex_;
  std::map<std::uint32_t, Seat> seats_;  // Guarded by the log's mutex, as is the rest.
  std::uint64_t seatings_ = 0;
  std::size_t in_flight_ = 0;
  std::string gap_;
  bool is_stopping_ = false;
  std::thread thread_;
};

class MemoryEnd final : public OtherEnd {
 public:
  std::unique_ptr<Source> open() override { return std::make_unique<MemorySource>(log_); }
  void write(const std::vector<Signal>& events) override {
    const std::lock_guard lock(log_->mutex);
    for (const Signal& event : events) {
      log_->entries[partition_of(event.group.value, Hall::partitions)].emplace_back(event);
    }
    log_->changed.notify_all();
  }
  bool write_poison(const std::string& text) override {
    const std::lock_guard lock(log_->mutex);
    log_->entries[0].emplace_back(text);
    return true;
  }
  bool lose() override {
    const std::lock_guard lock(log_->mutex);
    log_->lost_below = 1'000;
    log_->changed.notify_all();
    return true;
  }
  std::size_t in_flight_max() override { return flight_events_max; }

 private:
  const std::shared_ptr<Log> log_ = std::make_shared<Log>();
};

}  // namespace

std::unique_ptr<OtherEnd> memory_log(const Hall& /*hall*/) {
  return std::make_unique<MemoryEnd>();
}

}  // namespace settle
