#include "daemon/demo_traffic.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

namespace settle {
namespace {

constexpr std::int64_t minutes_a_day = 24 * 60;

/// A number from 0 to 999 that looks like chance and is the same every time.
std::int64_t noise(std::uint64_t seed, std::int64_t minute) {
  std::uint64_t mixed = seed * 0x9e3779b97f4a7c15ULL + static_cast<std::uint64_t>(minute);
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
  return static_cast<std::int64_t>((mixed ^ (mixed >> 31)) % 1'000);
}

/// A bump of `height` around `middle`, `width` minutes to each side.
std::int64_t bump(std::int64_t minute, std::int64_t middle, std::int64_t width,
                  std::int64_t height) {
  const auto away = static_cast<double>(minute - middle) / static_cast<double>(width);
  return std::lround(static_cast<double>(height) * std::exp(-away * away));
}

/// One day's script, in minutes of UTC since midnight.
class Minute {
 public:
  Minute(Time at, std::uint64_t seed) : at_(at), seed_(seed) {
    minute_ = std::chrono::floor<std::chrono::minutes>(at.time_since_epoch()).count();
    of_day_ = minute_ % minutes_a_day;
  }

  [[nodiscard]] bool is(int hour, int minute) const { return of_day_ == hour * 60 + minute; }
  [[nodiscard]] bool is_within(int from_hour, int from, int until_hour, int until) const {
    return of_day_ >= from_hour * 60 + from && of_day_ < until_hour * 60 + until;
  }

  [[nodiscard]] std::int64_t requests() const {
    const std::int64_t wave = 350 + bump(of_day_, 8 * 60, 90, 900) +
                              bump(of_day_, 10 * 60 + 30, 60, 900) +
                              bump(of_day_, 17 * 60 + 30, 120, 1'700);
    return wave + wave * (noise(seed_, minute_) - 500) / 5'000;
  }

  [[nodiscard]] std::int64_t queue() const {
    const std::int64_t wave = bump(of_day_, 14 * 60, 100, 7'000) + bump(of_day_, 3 * 60, 60, 2'500);
    return wave + noise(seed_ + 1, minute_) / 10;
  }

  [[nodiscard]] Signal say(const char* group, const char* source, Claim claim) const {
    Signal signal;
    signal.group = GroupId{group};
    signal.stamp = {at_, source, std::to_string(minute_)};
    signal.claim = std::move(claim);
    return signal;
  }

 private:
  Time at_;
  std::uint64_t seed_;
  std::int64_t minute_ = 0;
  std::int64_t of_day_ = 0;
};

SampleClaim sample(const char* name, std::int64_t value) {
  return {name, {ReadingKind::value, Decimal(value)}, {}};
}

void say_metrics(const Minute& minute, std::vector<Signal>& said) {
  // For half an hour nobody knows the shop's traffic: unknown is not zero.
  if (!minute.is_within(13, 0, 13, 30)) {
    said.push_back(minute.say("shop", "demo/metrics", sample("requests", minute.requests())));
  }
  said.push_back(minute.say("transcode", "demo/metrics", sample("queue", minute.queue())));
}

void say_troubles(const Minute& minute, const InstanceId& victim, std::vector<Signal>& said) {
  if (minute.is(9, 30)) {
    said.push_back(minute.say("shop", "demo/alerts",
                              AlarmClaim{"CheckoutSlow", AlarmState::firing, std::nullopt}));
  }
  if (minute.is(10, 0)) {
    said.push_back(minute.say("shop", "demo/alerts",
                              AlarmClaim{"CheckoutSlow", AlarmState::resolved, std::nullopt}));
  }
  if (minute.is_within(12, 0, 12, 10) && !victim.value.empty()) {
    said.push_back(
        minute.say("shop", "demo/probe",
                   HealthClaim{victim, HealthStatus::unhealthy, "probe", "503 from /healthz"}));
  }
}

void say_orders(const Minute& minute, std::vector<Signal>& said) {
  if (minute.is(7, 15) || minute.is(15, 45)) {
    said.push_back(minute.say("transcode", "demo/desk", AdjustClaim{"rush-order"}));
  }
  if (minute.is(16, 0)) {
    said.push_back(
        minute.say("transcode", "operator/ada", PauseOrder{true, "ada", "storage is moving"}));
  }
  if (minute.is(16, 20)) {
    said.push_back(
        minute.say("transcode", "operator/ada", PauseOrder{false, "ada", "storage has moved"}));
  }
}

}  // namespace

std::vector<Signal> demo_traffic(Time at, std::uint64_t seed, const InstanceId& victim) {
  const Minute minute(at, seed);
  std::vector<Signal> said;
  say_metrics(minute, said);
  say_troubles(minute, victim, said);
  say_orders(minute, said);
  return said;
}

}  // namespace settle
