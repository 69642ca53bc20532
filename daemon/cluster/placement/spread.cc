#include "daemon/cluster/placement/spread.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

namespace settle::cluster {
namespace {

/// The finalizer of SplitMix64: spreads close numbers far apart.
std::uint64_t mixed(std::uint64_t x) {
  x ^= x >> 30U;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27U;
  x *= 0x94d049bb133111ebULL;
  return x ^ (x >> 31U);
}

/// One candidate and what it has so far.
struct Seat {
  std::string id;
  std::uint64_t weight = 1;
  bool takes_more = true;
  bool is_absent = false;
  std::uint64_t load = 0;
  std::uint64_t floor = 0;
  std::uint64_t ceiling = 0;
};

/// Whether a has less than b in proportion to their weights; of two alike, the smaller id.
bool is_lighter(const Seat& a, const Seat& b) {
  const std::uint64_t left = a.load * b.weight;
  const std::uint64_t right = b.load * a.weight;
  return std::tie(left, a.id) < std::tie(right, b.id);
}

class Spreading {
 public:
  Spreading(const Owners& now, const std::vector<Candidate>& candidates) : owners_(now) {
    for (const Candidate& candidate : candidates) {
      const bool takes = candidate.takes_more && !candidate.is_absent;
      seats_.push_back({candidate.id, candidate.weight, takes, candidate.is_absent, 0, 0, 0});
    }
    std::sort(seats_.begin(), seats_.end(),
              [](const Seat& a, const Seat& b) { return a.id < b.id; });
    for (std::size_t at = 0; at < seats_.size(); ++at) places_.emplace(seats_[at].id, at);
    for (std::string& owner : owners_) {
      if (const auto found = places_.find(owner); found != places_.end()) {
        ++seats_[found->second].load;
      } else {
        owner.clear();
      }
    }
    share_out();
  }

  void place_orphans() {
    for (std::uint32_t partition = 0; partition < owners_.size(); ++partition) {
      if (!owners_[partition].empty()) continue;
      Seat* const taker = taker_of(partition);
      if (taker == nullptr) return;
      owners_[partition] = taker->id;
      ++taker->load;
    }
  }

  /// One move toward balance; false if there is none to make.
  bool move_one() {
    Seat* const receiver = lightest_receiver();
    if (receiver == nullptr) return false;
    Seat* const donor = heaviest_donor(receiver->load < receiver->floor);
    if (donor == nullptr) return false;
    std::optional<std::uint32_t> best;
    for (std::uint32_t partition = 0; partition < owners_.size(); ++partition) {
      if (owners_[partition] != donor->id) continue;
      if (!best || affinity(receiver->id, partition) > affinity(receiver->id, *best)) {
        best = partition;
      }
    }
    owners_[*best] = receiver->id;
    --donor->load;
    ++receiver->load;
    return true;
  }

  [[nodiscard]] Owners take() { return std::move(owners_); }

 private:
  /// Shares are of those who take part: who takes nothing and has nothing has no share.
  void share_out() {
    const bool somebody_takes =
        std::any_of(seats_.begin(), seats_.end(), [](const Seat& seat) { return seat.takes_more; });
    std::uint64_t weights = 0;
    for (Seat& seat : seats_) {
      if (!somebody_takes) seat.takes_more = !seat.is_absent;
      if (seat.takes_more || seat.load > 0) weights += seat.weight;
    }
    for (Seat& seat : seats_) {
      if (!seat.takes_more && seat.load == 0) continue;
      // At most 2^16 partitions times 2^32.
      const std::uint64_t whole = owners_.size() * seat.weight;
      seat.floor = whole / weights;
      seat.ceiling = (whole + weights - 1) / weights;
    }
  }

  /// Whoever is short of its floor comes first, then whoever is short of its ceiling, then all.
  Seat* taker_of(std::uint32_t partition) {
    for (const int round : {0, 1}) {
      Seat* best = nullptr;
      for (Seat& seat : seats_) {
        const bool has_room = seat.load < (round == 0 ? seat.floor : seat.ceiling);
        if (!seat.takes_more || !has_room) continue;
        if (best == nullptr || affinity(seat.id, partition) > affinity(best->id, partition)) {
          best = &seat;
        }
      }
      if (best != nullptr) return best;
    }
    Seat* lightest = nullptr;
    for (Seat& seat : seats_) {
      if (seat.takes_more && (lightest == nullptr || is_lighter(seat, *lightest))) lightest = &seat;
    }
    return lightest;
  }

  Seat* lightest_receiver() {
    Seat* best = nullptr;
    for (Seat& seat : seats_) {
      if (!seat.takes_more || seat.load >= seat.ceiling) continue;
      const bool is_short = seat.load < seat.floor;
      const bool best_is_short = best != nullptr && best->load < best->floor;
      const bool is_better =
          best == nullptr || (is_short != best_is_short ? is_short : is_lighter(seat, *best));
      if (is_better) best = &seat;
    }
    return best;
  }

  Seat* heaviest_donor(bool for_a_floor) {
    Seat* best = nullptr;
    for (Seat& seat : seats_) {
      const bool is_over = seat.load > seat.ceiling;
      if (!is_over && !(for_a_floor && seat.load > seat.floor)) continue;
      const bool best_is_over = best != nullptr && best->load > best->ceiling;
      const bool is_better =
          best == nullptr || (is_over != best_is_over ? is_over : is_lighter(*best, seat));
      if (is_better) best = &seat;
    }
    return best;
  }

  Owners owners_;
  std::vector<Seat> seats_;  // In order of id.
  std::map<std::string, std::size_t> places_;
};

}  // namespace

// FNV-1a over the name, then mixed with the number.
std::uint64_t affinity(std::string_view member, std::uint32_t partition) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char letter : member) {
    hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3ULL;
  }
  return mixed(mixed(hash) ^ (partition * 0x9e3779b97f4a7c15ULL));
}

Owners spread(const Owners& now, const std::vector<Candidate>& candidates, std::size_t moves_max) {
  Spreading spreading(now, candidates);
  spreading.place_orphans();
  for (std::size_t moves = 0; moves < moves_max && spreading.move_one(); ++moves) {
  }
  return spreading.take();
}

std::size_t moves_between(const Owners& before, const Owners& after) {
  std::size_t moves = 0;
  for (std::size_t at = 0; at < before.size() && at < after.size(); ++at) {
    if (!before[at].empty() && !after[at].empty() && before[at] != after[at]) ++moves;
  }
  return moves;
}

}  // namespace settle::cluster
