// The thread that reads the topic. Whatever comes from elsewhere is left in its mailbox; what it
// hands over, it hands over under `gate_mutex_`, so that no part outlives its partition's seating.
// Not a contract: no other room looks in here.
//
//   reader.cc   the mailbox, the turns        lanes.cc   lanes come and go, gaps
//   handing.cc  parts out, answers in
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include "daemon/kafka/consumer.h"
#include "daemon/kafka/producer.h"
#include "daemon/sources/kafka/kafka_source.h"
#include "daemon/sources/kafka/lane.h"

namespace settle::kafka {

class Reader final : public std::enable_shared_from_this<Reader> {
 public:
  Reader(Settings settings, const Clock& clock) : settings_(std::move(settings)), clock_(clock) {}
  ~Reader() { end(); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  [[nodiscard]] Status open();
  void begin(Intake& intake);
  void seated(std::uint32_t partition, const Offsets& positions);
  void unseated(std::uint32_t partition);
  [[nodiscard]] SourceReport report() const;
  void end();

 private:
  struct Seat {
    std::uint32_t partition = 0;
    std::uint64_t seating = 0;  // Zero: it is not here any more.
    Offsets positions;
  };
  struct PartAt {
    std::int32_t lane = 0;
    std::uint64_t seating = 0;
    std::uint64_t part = 0;
  };
  struct Poured {
    PartAt at;
    Receipt receipt = Receipt::held;
  };
  struct Emitted {
    PartAt at;
    std::vector<Receipt> receipts;
  };
  struct Lettered {
    PartAt at;
    Outgoing letter;
    Status status = std::monostate();
  };
  using Mail = std::variant<Seat, Poured, Emitted, Lettered>;
  using Steady = std::chrono::steady_clock;

  // reader.cc
  void leave(Mail mail);
  void wake();
  [[nodiscard]] Status open_consumer(std::size_t partitions);
  void run();
  /// False: there is nothing to be done until something comes, or `next_look_`.
  bool turn();
  bool read();
  void take(const Record& record);
  void take(const Notice& notice);
  void bury(const Record& record, const std::string& reason, Part& part);
  void look_again_in(Duration delay);
  void tell(std::string trouble);
  void publish();

  // lanes.cc
  void on(Seat&& seat);
  void close_lanes(std::uint32_t partition);
  void discover();
  void open_lanes();
  void start(const PartitionOffsets& known, const PartitionOffsets& fresh);
  [[nodiscard]] std::string name_for(std::int32_t number) const;
  void mend_gaps();
  void mend(Lane& lane, std::int64_t first, std::int64_t end);

  // handing.cc
  void on(Poured&& answer);
  void on(Emitted&& answer);
  void on(Lettered&& answer);
  void hand_over();
  void hand_over(Lane& lane);
  void emit_strays(Lane& lane, Part& part);
  void send_letters(Lane& lane, Part& part);
  void pour(Lane& lane, Part& part);
  [[nodiscard]] Lane* lane_of(const PartAt& at);
  void keep_pace(Lane& lane);

  const Settings settings_;
  const Clock& clock_;
  Intake* intake_ = nullptr;

  std::mutex gate_mutex_;                            // Before mutex_, where both are held.
  std::map<std::uint32_t, std::uint64_t> seatings_;  // Guarded by gate_mutex_: who is here.
  std::uint64_t seatings_made_ = 0;                  // Guarded by gate_mutex_.

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Mail> mailbox_;  // Guarded by mutex_, as is the rest up to the blank line.
  bool is_ready_ = false;      // There is something to read, as librdkafka says.
  bool is_stopping_ = false;
  SourceReport report_;

  // On the source's thread.
  std::map<std::uint32_t, Seat> seats_;
  std::map<std::int32_t, Lane> lanes_;
  std::vector<std::int32_t> gaps_;  // Lanes whose gap is to be looked at.
  std::int32_t topic_partitions_ = 0;
  std::size_t in_flight_ = 0;
  std::uint64_t readings_ = 0;
  std::uint64_t strays_ = 0;
  std::uint64_t poison_ = 0;
  std::uint64_t gaps_seen_ = 0;
  std::string trouble_;
  std::string gap_text_;  // Of the newest gap that nobody has decided about.
  std::optional<Time> last_event_;
  Steady::time_point next_look_;
  Steady::time_point next_discovery_;
  Steady::time_point next_report_;
  bool are_lanes_due_ = false;
  bool was_failing_ = false;
  bool is_producer_over_ = false;  // It needs another one.

  std::unique_ptr<Producer> producer_;  // Of dead letters; null: none are wanted.
  std::unique_ptr<Consumer> consumer_;
  int buffer_kilobytes_ = 0;  // Of the consumer's, for each partition.
  std::thread thread_;
};

}  // namespace settle::kafka
