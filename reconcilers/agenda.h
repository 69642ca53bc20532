// When to look again: the earliest future moment at which an answer may change by time alone.
#pragma once

#include <optional>

#include "reconcilers/units.h"

namespace settle {

class Agenda {
 public:
  explicit Agenda(Time now) : now_(now) {}

  void note(Time at) {
    if (at > now_ && (!earliest_ || at < *earliest_)) earliest_ = at;
  }
  void note(const std::optional<Time>& at) {
    if (at) note(*at);
  }
  [[nodiscard]] Time moment() const { return now_; }
  [[nodiscard]] std::optional<Time> earliest() const { return earliest_; }

 private:
  Time now_;
  std::optional<Time> earliest_;
};

}  // namespace settle
