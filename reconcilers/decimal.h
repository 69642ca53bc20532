// Exact decimal numbers, for signals, targets and percentages.
//
// No result in Settle depends on binary rounding: 100 instances +10 % are 110, and
// 100 x 55 / 50 are 110. Binary floating point appears nowhere in reconcilers/.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "reconcilers/units.h"

namespace settle {

/// digits x 10^exponent, normalised: no trailing zero in digits, zero is 0 x 10^0.
/// At most 18 significant digits; what is longer is rounded half away from zero.
class Decimal {
 public:
  constexpr Decimal() = default;
  /// A whole number.
  explicit Decimal(std::int64_t whole);
  /// Normalises. What is below 10^-400 becomes zero; what is beyond 10^400 becomes that.
  static Decimal of(std::int64_t digits, int exponent);
  /// Reads "-12", "0.5", "1.2e3", "1e+06". Nothing else: no leading "+", blank, "inf" or "nan".
  static std::optional<Decimal> parse(std::string_view text);
  /// The shortest decimal that reads back as `value`; none for NaN and infinities.
  static std::optional<Decimal> from_double(double value);

  [[nodiscard]] std::int64_t digits() const { return digits_; }
  [[nodiscard]] int exponent() const { return exponent_; }
  [[nodiscard]] bool is_negative() const { return digits_ < 0; }
  [[nodiscard]] bool is_zero() const { return digits_ == 0; }
  /// Plain text without exponent where that takes at most 21 characters; parse() reads it back.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] double approximate() const;  // For charts and metrics only.

  friend bool operator==(const Decimal&, const Decimal&) = default;
  friend std::strong_ordering operator<=>(const Decimal& a, const Decimal& b);
  friend Decimal operator-(const Decimal& a);
  friend Decimal operator+(const Decimal& a, const Decimal& b);
  friend Decimal operator*(const Decimal& a, const Decimal& b);

 private:
  std::int64_t digits_ = 0;
  std::int16_t exponent_ = 0;
};

/// ceil(count x value / target), exact, within [0, capacity_limit].
/// REQUIRES: target > 0. A negative value gives 0.
[[nodiscard]] Capacity ceil_scaled(Capacity count, const Decimal& value, const Decimal& target);

/// `percent` of `base`, truncated toward zero, except that a non-zero result smaller than one
/// in magnitude becomes one. Source: AWS EC2 Auto Scaling, "simple and step scaling".
[[nodiscard]] Capacity percent_of(Capacity base, const Decimal& percent);

/// a / b to 18 significant digits, truncated toward zero: a ceiling taken of it afterwards never
/// gains an instance. REQUIRES: b is not zero.
[[nodiscard]] Decimal quotient(const Decimal& a, const Decimal& b);

/// Compares a/b with c/d exactly. REQUIRES: b > 0 and d > 0.
[[nodiscard]] std::strong_ordering compare_ratios(const Decimal& a, const Decimal& b,
                                                  const Decimal& c, const Decimal& d);

}  // namespace settle
