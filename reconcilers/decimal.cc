#include "reconcilers/decimal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdlib>

namespace settle {
namespace {

__extension__ using Wide = __int128;  // Holds any product of two decimals' digits.

constexpr int digits_max = 18;
constexpr int wide_digits_max = 37;
constexpr int magnitude_max = 400;

constexpr auto powers = [] {
  std::array<Wide, wide_digits_max + 1> table{};
  Wide power = 1;
  for (auto& entry : table) {
    entry = power;
    if (&entry != &table.back()) power *= 10;
  }
  return table;
}();

constexpr Wide power_of_ten(int exponent) {
  return powers[static_cast<std::size_t>(exponent)];
}
constexpr Wide magnitude(Wide value) {
  return value < 0 ? -value : value;
}
constexpr int sign(Wide value) {
  return value < 0 ? -1 : (value > 0 ? 1 : 0);
}

/// REQUIRES: magnitude(value) < 10^37.
int count_digits(Wide value) {
  const Wide size = magnitude(value);
  int digits = 0;
  if (size >= power_of_ten(digits_max)) {
    for (digits = digits_max; digits < wide_digits_max && size >= power_of_ten(digits);) ++digits;
    return digits;
  }
  // Nearly all: the narrow arithmetic is several times as fast.
  for (auto rest = static_cast<std::uint64_t>(size); rest != 0; rest /= 10) ++digits;
  return digits;
}

/// Divides by 10^places, half away from zero.
Wide rounded(Wide value, int places) {
  if (places > wide_digits_max) return 0;
  const Wide unit = power_of_ten(places);
  const Wide whole = value / unit;
  const Wide rest = magnitude(value % unit);
  return rest * 2 >= unit && places > 0 ? whole + sign(value) : whole;
}

Decimal make(Wide digits, int exponent) {
  int length = count_digits(digits);
  if (length > digits_max) {
    exponent += length - digits_max;
    digits = rounded(digits, length - digits_max);
    length = count_digits(digits);  // 999...9 may have become 1000...0.
    if (length > digits_max) {
      digits /= 10;
      ++exponent;
    }
  }
  return Decimal::of(static_cast<std::int64_t>(digits), exponent);
}

struct Scaled {
  Wide digits = 0;
  int exponent = 0;
};

std::strong_ordering compare(Scaled a, Scaled b) {
  if (sign(a.digits) != sign(b.digits)) return sign(a.digits) <=> sign(b.digits);
  if (a.digits == 0) return std::strong_ordering::equal;
  const bool negative = a.digits < 0;
  const int a_length = count_digits(a.digits);
  const int b_length = count_digits(b.digits);
  auto order = a.exponent + a_length <=> b.exponent + b_length;
  if (order == 0) {
    const int length = std::max(a_length, b_length);
    const Wide left = magnitude(a.digits) * power_of_ten(length - a_length);
    const Wide right = magnitude(b.digits) * power_of_ten(length - b_length);
    order = left <=> right;
  }
  return negative ? 0 <=> order : order;
}

Scaled product(const Decimal& a, const Decimal& b) {
  return {Wide{a.digits()} * b.digits(), a.exponent() + b.exponent()};
}

}  // namespace

Decimal::Decimal(std::int64_t whole) {
  *this = of(whole, 0);
}

Decimal Decimal::of(std::int64_t digits, int exponent) {
  Decimal result;
  if (digits == 0) return result;
  int length = count_digits(digits);
  if (length > digits_max) {
    digits = static_cast<std::int64_t>(rounded(digits, length - digits_max));
    exponent += length - digits_max;
    length = count_digits(digits);
  }
  if (exponent + length > magnitude_max) {
    digits = sign(digits);
    exponent = magnitude_max;
  } else if (exponent + length <= -magnitude_max) {
    return result;
  }
  while (digits % 10 == 0) {
    digits /= 10;
    ++exponent;
  }
  result.digits_ = digits;
  result.exponent_ = static_cast<std::int16_t>(exponent);
  return result;
}

std::optional<Decimal> Decimal::parse(std::string_view text) {
  std::size_t at = 0;
  const auto peek = [&] { return at < text.size() ? text[at] : '\0'; };
  const auto is_digit = [&] { return peek() >= '0' && peek() <= '9'; };
  const bool negative = peek() == '-';
  if (negative) ++at;

  std::int64_t digits = 0;
  int kept = 0;  // Significant digits in `digits`.
  int exponent = 0;
  int next_digit = -1;  // The first one that did not fit: decides the rounding.
  const auto take = [&](bool is_fraction) {
    const int digit = text[at++] - '0';
    if (kept < digits_max) {
      digits = digits * 10 + digit;
      if (digits != 0) ++kept;
      if (is_fraction && exponent > -1'000'000) --exponent;
    } else {
      if (next_digit < 0) next_digit = digit;
      if (!is_fraction && exponent < 1'000'000) ++exponent;
    }
  };
  if (!is_digit()) return std::nullopt;
  while (is_digit()) take(false);
  if (peek() == '.') {
    ++at;
    if (!is_digit()) return std::nullopt;
    while (is_digit()) take(true);
  }
  if (peek() == 'e' || peek() == 'E') {
    ++at;
    const bool falls = peek() == '-';
    if (falls || peek() == '+') ++at;
    if (!is_digit()) return std::nullopt;
    int power = 0;
    while (is_digit()) power = std::min(power * 10 + (text[at++] - '0'), 10'000'000);
    exponent += falls ? -power : power;
  }
  if (at != text.size()) return std::nullopt;
  if (next_digit >= 5) ++digits;
  return of(negative ? -digits : digits, exponent);
}

std::optional<Decimal> Decimal::from_double(double value) {
  if (!std::isfinite(value)) return std::nullopt;
  std::array<char, 40> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::scientific);
  return parse({buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data())});
}

std::string Decimal::text() const {
  if (digits_ == 0) return "0";
  std::string digits = std::to_string(digits_ < 0 ? -digits_ : digits_);
  const std::string minus = digits_ < 0 ? "-" : "";
  const int length = static_cast<int>(digits.size());
  const int point = length + exponent_;  // Digits before the point.
  constexpr int plain_max = 21;
  if (exponent_ >= 0 && point <= plain_max) {
    return minus + digits + std::string(static_cast<std::size_t>(exponent_), '0');
  }
  if (exponent_ < 0 && point > 0) {
    return minus + digits.insert(static_cast<std::size_t>(point), 1, '.');
  }
  if (exponent_ < 0 && length - point + 2 <= plain_max) {
    return minus + "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
  }
  if (length > 1) digits.insert(1, 1, '.');
  return minus + digits + "e" + std::to_string(point - 1);
}

double Decimal::approximate() const {
  const std::string text = std::to_string(digits_) + "e" + std::to_string(exponent_);
  return std::strtod(text.c_str(), nullptr);
}

std::strong_ordering operator<=>(const Decimal& a, const Decimal& b) {
  return compare({a.digits_, a.exponent_}, {b.digits_, b.exponent_});
}

Decimal operator-(const Decimal& a) {
  Decimal result = a;
  result.digits_ = -result.digits_;
  return result;
}

Decimal operator+(const Decimal& a, const Decimal& b) {
  if (a.is_zero()) return b;
  if (b.is_zero()) return a;
  const Decimal& coarse = a.exponent_ >= b.exponent_ ? a : b;
  const Decimal& fine = a.exponent_ >= b.exponent_ ? b : a;
  const int apart = coarse.exponent_ - fine.exponent_;
  const int room = wide_digits_max - 1 - count_digits(coarse.digits_);
  const int raised = std::min(apart, room);
  Wide addend = fine.digits_;
  if (apart > raised) {
    // Beyond what can be kept. Rounding to odd keeps a later tie from being mistaken for one.
    const int lost = apart - raised;
    const Wide unit = lost > wide_digits_max ? power_of_ten(wide_digits_max) : power_of_ten(lost);
    const bool is_exact = addend % unit == 0;
    addend /= unit;
    if (!is_exact && addend % 2 == 0) addend += fine.digits_ < 0 ? -1 : 1;
  }
  return make(Wide{coarse.digits_} * power_of_ten(raised) + addend, coarse.exponent_ - raised);
}

Decimal operator*(const Decimal& a, const Decimal& b) {
  const Scaled wide = product(a, b);
  return make(wide.digits, wide.exponent);
}

Capacity ceil_scaled(Capacity count, const Decimal& value, const Decimal& target) {
  if (count <= 0 || value.digits() <= 0 || target.digits() <= 0) return 0;
  Wide numerator = Wide{count} * value.digits();
  Wide denominator = target.digits();
  const int shift = value.exponent() - target.exponent();
  if (shift >= 0) {
    if (count_digits(numerator) + shift >= wide_digits_max) return capacity_limit;
    numerator *= power_of_ten(shift);
  } else {
    if (count_digits(denominator) - shift >= wide_digits_max) return 1;
    denominator *= power_of_ten(-shift);
  }
  const Wide result = (numerator + denominator - 1) / denominator;
  return static_cast<Capacity>(std::min<Wide>(result, capacity_limit));
}

Capacity percent_of(Capacity base, const Decimal& percent) {
  Wide product = Wide{base} * percent.digits();
  if (product == 0) return 0;
  const int shift = percent.exponent() - 2;
  if (shift >= 0) {
    const bool is_huge = count_digits(product) + shift >= wide_digits_max;
    product = is_huge ? sign(product) * Wide{capacity_limit} : product * power_of_ten(shift);
  } else {
    const int direction = sign(product);
    product = -shift > wide_digits_max ? 0 : product / power_of_ten(-shift);
    if (product == 0) product = direction;
  }
  return static_cast<Capacity>(std::clamp<Wide>(product, -capacity_limit, capacity_limit));
}

Decimal quotient(const Decimal& a, const Decimal& b) {
  if (a.is_zero() || b.is_zero()) return {};
  const int raised = wide_digits_max - 1 - count_digits(a.digits());
  Wide digits = Wide{a.digits()} * power_of_ten(raised) / b.digits();
  int exponent = a.exponent() - raised - b.exponent();
  if (const int excess = count_digits(digits) - digits_max; excess > 0) {
    digits /= power_of_ten(excess);
    exponent += excess;
  }
  return Decimal::of(static_cast<std::int64_t>(digits), exponent);
}

std::strong_ordering compare_ratios(const Decimal& a, const Decimal& b, const Decimal& c,
                                    const Decimal& d) {
  return compare(product(a, d), product(c, b));
}

}  // namespace settle
