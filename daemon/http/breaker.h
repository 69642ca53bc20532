// A circuit breaker: after several failures in a row an API is left alone for a while, then one
// call tries it. Pure: time and chance come in as arguments.
//
// Pauses grow from a second to a minute, doubling, each drawn evenly from zero to its bound ("full
// jitter"; source: AWS Architecture Blog, Exponential Backoff And Jitter, 2015), but for a floor of
// a tenth so that a pause is one.
#pragma once

#include <algorithm>
#include <cstdint>

#include "reconcilers/units.h"

namespace settle::http {

class Breaker {
 public:
  static constexpr int failures_max = 5;
  static constexpr Duration pause_first{1'000};
  static constexpr Duration pause_most{60'000};

  enum class State : std::uint8_t { closed, open, trying };

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] Time until() const { return until_; }

  /// Whether a call may begin. The first after a pause is the one that tries.
  [[nodiscard]] bool admits(Time now) {
    if (state_ == State::closed) return true;
    if (state_ == State::trying || now < until_) return false;
    state_ = State::trying;
    return true;
  }
  void succeeded() {
    state_ = State::closed;
    failures_ = 0;
    pause_ = pause_first;
  }
  /// `chance` is drawn evenly from 0 to 999.
  void failed(Time now, int chance) {
    ++failures_;
    if (state_ == State::closed && failures_ < failures_max) return;
    state_ = State::open;
    until_ = now + std::max(pause_ / 10, pause_ * chance / 1'000);
    pause_ = std::min(pause_ * 2, pause_most);
  }
  /// What was to try it never left: the next one may.
  void did_not_try() {
    if (state_ == State::trying) state_ = State::open;
  }

 private:
  State state_ = State::closed;
  int failures_ = 0;
  Duration pause_ = pause_first;
  Time until_;
};

}  // namespace settle::http
