#include "daemon/http/call_budget.h"

#include <algorithm>

namespace settle::http {

void CallBudget::refill(Time now) {
  if (filled_at_ == Time{} || now < filled_at_) filled_at_ = now;  // The clock may go back.
  const long long full = limits_.calls_per_second * scale;
  const long long since = std::min<long long>((now - filled_at_).count(), 1'000);
  tokens_ = std::min(full, tokens_ + since * limits_.calls_per_second);
  filled_at_ = now;
}

void CallBudget::forget(Time now) {
  for (auto* sends : {&first_sends_, &repeats_}) {
    while (!sends->empty() && (sends->front() + memory <= now || now < sends->front())) {
      sends->pop_front();
    }
  }
}

CallBudget::Verdict CallBudget::ask(bool is_repeat, Time now) {
  refill(now);
  forget(now);
  if (is_repeat) {
    const auto share = static_cast<int>(first_sends_.size()) / repeats_share;
    if (static_cast<int>(repeats_.size()) >= std::max(share, repeats_min)) {
      return Verdict::no_more_repeats;
    }
  }
  if (in_flight_ >= limits_.in_flight || tokens_ < scale) return Verdict::wait;
  tokens_ -= scale;
  ++in_flight_;
  (is_repeat ? repeats_ : first_sends_).push_back(now);
  return Verdict::go;
}

std::optional<Time> CallBudget::again_at(Time now) const {
  if (in_flight_ >= limits_.in_flight) return std::nullopt;
  const long long lacks = std::max(scale - tokens_, 0LL);
  const long long per_ms = limits_.calls_per_second;
  return now + Duration{std::max(1LL, (lacks + per_ms - 1) / per_ms)};
}

}  // namespace settle::http
