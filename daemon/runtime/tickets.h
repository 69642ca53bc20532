// Who waits for which answers: joins the answers of several partitions into one call.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "daemon/partition/event.h"

namespace settle {

/// Safe from any thread. Each call back comes once, on the thread of the last answer.
class Tickets {
 public:
  using Outcomes = std::function<void(std::vector<std::string_view>)>;
  using Views = std::function<void(std::vector<GroupView>)>;

  /// Opens `count` tickets, numbered on from the one returned. REQUIRES: count > 0.
  [[nodiscard]] Ticket expect_outcomes(std::size_t count, Outcomes done);
  [[nodiscard]] Ticket expect_views(std::size_t count, Views done);

  /// `outcome` outlives all: a literal. A ticket that nobody holds is ignored.
  void answer(Ticket ticket, std::string_view outcome);
  void answer(Shown shown);

  [[nodiscard]] bool is_idle() const;

 private:
  struct Waiting {
    std::uint64_t first = 0;
    std::size_t missing = 0;
    std::vector<std::string_view> outcomes;
    std::vector<GroupView> views;
    Outcomes on_outcomes;
    Views on_views;
  };
  using Pile = std::map<std::uint64_t, Waiting>;
  Ticket open(std::size_t count, Waiting waiting);
  Pile::iterator find(Ticket ticket);

  mutable std::mutex mutex_;
  Pile pile_;               // Guarded by mutex_; by first ticket.
  std::uint64_t next_ = 1;  // Guarded by mutex_.
};

}  // namespace settle
