// Which policies an alert is meant for. Found by the rarest of the labels that a policy asks for,
// so that an alert costs what it concerns, and not the number of groups. Pure.
#pragma once

#include <compare>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "daemon/partition/event.h"
#include "daemon/sources/alerts/notice.h"

namespace settle::alerts {

class Audience {
 public:
  Audience() = default;
  /// Of all alert policies that are fed by this source.
  Audience(const std::vector<SpecPointer>& groups, const std::string& source);

  struct Listener {
    SpecPointer spec;
    const Policy* policy = nullptr;  // In `spec`.
    std::string alarm;
    friend auto operator<=>(const Listener& a, const Listener& b) {
      return std::tie(a.spec->id, a.alarm) <=> std::tie(b.spec->id, b.alarm);
    }
    friend bool operator==(const Listener& a, const Listener& b) { return (a <=> b) == 0; }
  };
  /// Each alarm of a group once, in order.
  [[nodiscard]] std::vector<const Listener*> of(const Labels& labels) const;
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  using Pair = std::pair<std::string, std::string>;
  std::map<Pair, std::vector<Listener>> by_label_;
  std::size_t size_ = 0;
};

}  // namespace settle::alerts
