// One source's way in: what it emits goes to whoever owns the groups, what it pours goes to one
// epoch of one partition, in order, and what it buries goes to the error stream. Bounded, whatever
// the source does; shut, nobody calls back into the source. What alarms measure of a part is
// committed before the part is handed on.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/runtime/delivery.h"
#include "daemon/runtime/event_tap.h"
#include "daemon/runtime/part_queue.h"
#include "daemon/sources/source.h"

namespace settle {

class SourceDoor final : public Intake, public std::enable_shared_from_this<SourceDoor> {
 public:
  struct Parts {
    Engine& engine;  // All outlive the door.
    Delivery& delivery;
    EventTap& tap;
    Metrics& metrics;
    const Clock& clock;
  };
  struct Limits {
    std::uint64_t in_flight_max = 100'000;  // Events; whatever is more is answered `full` at once.
  };

  SourceDoor(std::string name, Limits limits, Parts parts);
  ~SourceDoor() override;

  void emit(std::vector<Signal> signals, std::function<void(std::vector<Receipt>)> done) override;
  void pour(std::uint32_t partition, LogPart part, std::function<void(Receipt)> done) override;
  void bury(Poison poison) override;

  /// From here on parts are for this epoch. Returns where this source's logs go on, by the source's
  /// own names for them.
  [[nodiscard]] Offsets open(Seating seating, const Offsets& positions);
  void close(std::uint32_t partition);
  /// Whatever is answered from here on, nobody hears; on return no call back is under way.
  void shut();

  [[nodiscard]] std::uint64_t in_flight() const { return in_flight_; }
  /// Where the commits have come to since open(), by full name, of the partitions that are here.
  [[nodiscard]] std::map<std::uint32_t, Offsets> positions() const;

 private:
  struct Seat {
    Epoch epoch{};
    Offsets positions;  // By full name, as is the next.
    Offsets stuck;      // Where a part begins that was not taken; nothing overtakes it.
  };
  struct Poured {
    LogPart outline;  // Without its entries.
    std::uint64_t count = 0;
    std::function<void(Receipt)> done;
  };
  [[nodiscard]] bool admit(std::uint64_t events);
  /// The epoch that a part is for, if it is not to overtake another.
  [[nodiscard]] Result<Epoch> take_in(std::uint32_t partition, const LogPart& part);
  [[nodiscard]] Result<Epoch> take_in_locked(std::uint32_t partition, const LogPart& part);
  void hand_on(Seating seating, LogPart part, Poured poured);
  void measure_first(Seating seating, LogPart part, Poured poured, std::vector<Signal> measures);
  void answer(Seating seating, const Poured& poured, Receipt receipt);
  void settle(Seating seating, const LogPart& outline, Receipt receipt);
  [[nodiscard]] bool enter();
  void leave();

  const std::string name_;
  const Limits limits_;
  const Parts parts_;
  std::atomic<std::uint64_t> in_flight_{0};
  PartQueue queue_;

  mutable std::mutex mutex_;
  std::map<std::uint32_t, Seat> seats_;  // Guarded by mutex_, as is all of the rest.
  std::condition_variable left_;
  std::size_t inside_ = 0;  // Calls back that are under way.
  bool is_shut_ = false;
};

}  // namespace settle
