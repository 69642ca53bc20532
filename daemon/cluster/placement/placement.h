// When partitions change hands, and to whom: membership over time in, an assignment out. No I/O
// and no clock; what a controller forgets when another one is elected is in here.
//
//   lost alone         its partitions are placed at once
//   lost with others   once nobody was lost for `settle`
//   mass loss          more than `brake_percent` of the members, at least two, within
//                      `brake_window`: nothing is moved until nobody came or went for
//                      `brake_quiet`, or for `brake_most`
//   restarting         keeps what it has for `restart_grace` after it went
//   draining           gives away what it has, as soon as somebody else is there to take it
//   new                is given its share in batches, `new_moves_every` apart
//   returning          is given partitions after `stable_for`, and one batch in `moves_every`
//   flapping           `flap_lives` lives within `flap_window`: is given nothing
//
// A batch is one in `batch_part` of all partitions. Whoever flaps, returns or is new still takes
// what has no owner if nobody else is there.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/cluster/placement/spread.h"

namespace settle::cluster {

/// Of a clock that never goes back; where it begins is no matter.
using Moment = std::chrono::milliseconds;

enum class Presence : std::uint8_t { serving, draining, restarting };

/// A member as it is seen.
struct Present {
  std::string id;
  std::string life;  // Another one after each restart and each lost session.
  std::uint32_t weight = 1;
  Presence presence = Presence::serving;
};

struct PlacementLimits {
  Moment settle{2'000};
  Moment restart_grace{60'000};
  Moment stable_for{120'000};
  Moment moves_every{60'000};
  Moment new_moves_every{2'000};
  std::size_t batch_part = 20;
  Moment brake_window{10'000};
  Moment brake_quiet{10'000};
  Moment brake_most{120'000};
  std::size_t brake_percent = 30;
  Moment flap_window{300'000};
  std::size_t flap_lives = 3;
};

class Placement {
 public:
  explicit Placement(PlacementLimits limits = {}) : limits_(limits) {}

  struct Plan {
    Owners owners;
    std::optional<Moment> look_again;  // If nothing happens until then.
    bool is_braked = false;
  };
  /// What `assigned` is to become, now that `members` are there; each id once. Calls come in the
  /// order of `now`. REQUIRES: what is returned becomes `assigned`, or is asked for anew.
  [[nodiscard]] Plan plan(const Owners& assigned, const std::vector<Present>& members, Moment now);

 private:
  struct Known {
    Present seen;  // As it was seen last.
    bool is_present = false;
    bool is_returning = false;
    Moment since{};            // Of this presence or absence.
    std::deque<Moment> lives;  // When each began, within the window.
  };
  void note(const Owners& assigned, const std::vector<Present>& members, Moment now);
  void note_loss(Moment now);
  [[nodiscard]] bool brakes(Moment now);
  [[nodiscard]] bool is_flapping(const Known& known, Moment now) const;
  [[nodiscard]] bool is_in_grace(const Known& known, Moment now) const;
  [[nodiscard]] bool must_wait(const Owners& assigned, Moment now);
  [[nodiscard]] std::vector<Candidate> candidates(Moment now, bool with_returning);
  Owners move(Owners owners, Moment now);
  void look_at(Moment moment, Moment now);
  [[nodiscard]] std::size_t present() const;

  const PlacementLimits limits_;
  std::map<std::string, Known> known_;
  bool has_looked_ = false;
  Moment changed_at_{};        // When somebody last came or went.
  std::deque<Moment> losses_;  // Within the brake's window.
  Moment settles_at_{};        // Several were lost: not before then.
  std::optional<Moment> braked_at_;
  std::optional<Moment> moved_at_;     // A batch to whoever was new.
  std::optional<Moment> returned_at_;  // A batch to whoever returned.
  std::optional<Moment> look_again_;   // Of the plan under way.
};

}  // namespace settle::cluster
