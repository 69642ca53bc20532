// What this process has been told of alerts: which fire, which have just ended. It makes
// repetitions cheap and late ones harmless; nothing that matters is here alone. Bounded. Pure: time
// comes in as an argument.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/sources/alerts/notice.h"

namespace settle::alerts {

class Ledger {
 public:
  /// A replica may deliver a firing this much later than the other one its end.
  static constexpr Duration late_max{120'000};
  static constexpr std::size_t alerts_max = 100'000;

  /// Whether it is news or a repetition that counts; false for a firing whose end is known already.
  [[nodiscard]] bool admits(const Alert& alert, Time now);
  void note(const Alert& alert, Time now);

  /// Of a complete list of what fires, asked for at `asked`: what is not known to fire or has not
  /// been told for `repeat_after`, and, resolved, what was known to and is not in the list.
  [[nodiscard]] std::vector<Alert> differences(const std::vector<Alert>& list, Time asked,
                                               Duration repeat_after) const;
  [[nodiscard]] std::size_t firing() const { return firing_.size(); }

 private:
  struct Known {
    Alert alert;
    Time told;
  };
  struct Ended {
    std::optional<Time> starts;
    Time at;
  };
  std::map<std::string, Known> firing_;  // By id.
  std::map<std::string, Ended> ended_;   // By id; those of the last two minutes.
};

}  // namespace settle::alerts
