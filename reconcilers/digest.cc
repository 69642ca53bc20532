#define XXH_INLINE_ALL
#include <array>
#include <cstddef>
#include <cstdint>

#include <xxhash.h>

#include "reconcilers/memory.h"

namespace settle {
namespace {

/// Bytes that differ where memories differ: every text and list says how long it is.
class Bytes {
 public:
  void add(std::int64_t number) {
    for (int shift = 0; shift < 64; shift += 8) {
      bytes_.push_back(static_cast<char>(static_cast<std::uint64_t>(number) >> shift));
    }
  }
  void add(const std::string& text) {
    add(static_cast<std::int64_t>(text.size()));
    bytes_ += text;
  }
  void add(Time at) { add(std::int64_t{at.time_since_epoch().count()}); }
  void add(const Decimal& number) {
    add(number.digits());
    add(std::int64_t{number.exponent()});
  }
  void add(const Stamp& stamp) {
    add(stamp.at);
    add(stamp.source);
    add(stamp.id);
  }
  template <typename Enum>
  requires std::is_enum_v<Enum>
  void add(Enum value) { add(static_cast<std::int64_t>(value)); }
  template <typename Value>
  void add(const std::optional<Value>& value) {
    add(std::int64_t{value.has_value()});
    if (value) add(*value);
  }
  void add(Capacity number) { add(std::int64_t{number}); }
  template <typename Value>
  void add(const std::vector<Value>& values) {
    add(static_cast<std::int64_t>(values.size()));
    for (const Value& value : values) add(value);
  }

  void add(const RememberedSample& entry) {
    add(entry.stamp);
    add(entry.sample.signal);
    add(entry.sample.instance.value);
    add(entry.sample.reading.kind);
    add(entry.sample.reading.value);
  }
  void add(const RememberedAlarm& entry) {
    add(entry.stamp);
    add(entry.alarm.alarm);
    const bool says_more = !entry.alarm.alert.empty() || entry.alarm.until;
    add(marked(entry.alarm.state, says_more));
    add(entry.alarm.value);
    if (!says_more) return;  // What was told before there was more to tell.
    add(entry.alarm.alert);
    add(entry.alarm.until);
  }
  void add(const RememberedHealth& entry) {
    add(entry.stamp);
    add(entry.report.instance.value);
    add(entry.report.reporter);
    add(marked(entry.report.status, entry.report.until.has_value()));
    add(entry.report.reason);
    add(entry.unhealthy_since);
    add(entry.last_other);
    add(entry.unhealthy);
    if (entry.report.until) add(*entry.report.until);
  }
  void add(const Firing& firing) {
    add(firing.stamp);
    add(firing.origin);
    add(firing.adjustment.kind);
    add(firing.adjustment.amount);
    add(firing.adjustment.magnitude_min);
  }
  void add(const PauseOrder& order) {
    add(std::int64_t{order.paused});
    if (order.mode != Mode::pause) add(order.mode);  // What was told before there were others.
    add(order.owner);
    add(order.reason);
  }
  void add(const HoldOrder& order) {
    add(order.number);
    add(order.until);
    add(std::int64_t{order.lifted});
    add(order.owner);
    add(order.reason);
  }
  void add(const RememberedHook& entry) {
    add(entry.stamp);
    add(entry.claim.instance.value);
    add(entry.claim.hook);
    add(std::int64_t{entry.claim.proceed});
  }
  void add(const RememberedInstanceOrder& entry) {
    add(entry.stamp);
    add(entry.order.instance.value);
    add(entry.order.verb);
    add(entry.order.owner);
    add(entry.order.reason);
  }
  template <typename Order>
  void add(const Remembered<Order>& entry) {
    add(entry.stamp);
    add(entry.order);
  }

  [[nodiscard]] const std::string& text() const { return bytes_; }

 private:
  template <typename Enum>
  static std::int64_t marked(Enum value, bool says_more) {
    constexpr std::int64_t mark = 1 << 8;  // No enumerator is so large.
    return static_cast<std::int64_t>(value) + (says_more ? mark : 0);
  }

  std::string bytes_;
};

}  // namespace

std::string digest(const Memory& memory) {
  Bytes bytes;
  bytes.add(memory.samples);
  bytes.add(memory.alarms);
  bytes.add(memory.health);
  bytes.add(memory.firings);
  bytes.add(memory.base);
  bytes.add(memory.pause);
  bytes.add(memory.hold);
  bytes.add(memory.hooks);
  bytes.add(memory.orders);
  const XXH128_hash_t hash = XXH3_128bits(bytes.text().data(), bytes.text().size());
  std::string text;
  for (const std::uint64_t half : {hash.high64, hash.low64}) {
    for (int shift = 60; shift >= 0; shift -= 4) {
      text.push_back("0123456789abcdef"[(half >> shift) & 0xf]);
    }
  }
  return text;
}

}  // namespace settle
