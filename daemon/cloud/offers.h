// Offers: what a launch may be made of where there is a choice, a type of machine in a zone, in the
// order in which they are wanted; which of them had no room lately; and which to ask for next.
//
// Fail-over goes on under the intent's one token. A cloud with tokens makes at most one instance
// under it, whatever the offer: what was made with another offer is told by a mismatch, and found
// by asking for the others. So the choice need not outlive a crash, and is in no checkpoint.
//
// Knows no cloud, no clock and no configuration but the texts of a launch.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "reconcilers/decision.h"
#include "reconcilers/units.h"

namespace settle {

struct Offer {
  std::string flavor;
  std::string zone;  // Empty: the cloud's choice.
  friend bool operator==(const Offer&, const Offer&) = default;
};

/// Those of a launch: `offers` ("m5.large@a,m5a.large"), or `flavor` alone. One that names no zone
/// is for the zone that was planned. Those for the planned zone come first, each kind in its order;
/// none twice.
[[nodiscard]] std::vector<Offer> offers_of(const std::map<std::string, std::string>& launch,
                                           const std::string& planned_zone);

/// Which offers of one cloud had no room lately, for all of its groups. An offer is left alone for
/// 60 s, then for twice as long each time, up to 10 m; after as long again without a refusal it is
/// forgotten. Safe from any thread.
class OfferBoard {
 public:
  static constexpr Duration pause_first{60'000};
  static constexpr Duration pause_most{600'000};
  static constexpr std::size_t offers_max = 10'000;  // More are not remembered.

  [[nodiscard]] bool is_closed(const Offer& offer, Time now) const;
  void had_no_room(const Offer& offer, Time now);
  void had_room(const Offer& offer);
  [[nodiscard]] std::size_t remembered(Time now);

 private:
  struct Note {
    Duration pause{};
    Time until;
  };
  void forget(Time now);

  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Note> notes_;  // Guarded by mutex_. Zone, flavor.
};

/// One launch on its way through its offers. Ask next() until it is none, or until there is an
/// answer that the other offers have no part in.
class OfferWalk {
 public:
  /// `may_exist`: the token was sent before, so that closed offers are asked for, too, after the
  /// open ones. `sent` is what it is known to have been sent with: asked for first.
  OfferWalk(std::vector<Offer> offers, const OfferBoard& board, Time now, bool may_exist,
            const std::optional<Offer>& sent);

  /// The offer to ask for now, each once.
  [[nodiscard]] std::optional<Offer> next();
  /// The offer was refused for itself.
  void was_refused(Reason why);
  /// The token belongs to another offer: closed ones are asked for, too.
  void is_of_another() { asks_all_ = true; }
  /// Once next() is none: why nothing was made.
  [[nodiscard]] Reason why() const;

 private:
  struct Candidate {
    Offer offer;
    bool is_closed = false;
    bool was_asked = false;
  };
  std::vector<Candidate> candidates_;
  bool asks_all_;
  std::optional<Reason> why_;
};

}  // namespace settle
