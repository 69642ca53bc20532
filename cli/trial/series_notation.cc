#include "cli/trial/series_notation.h"

#include <charconv>
#include <string>

#include <fmt/format.h>

namespace settle {
namespace {

constexpr std::size_t values_max = 1'000'000;

using Values = std::vector<std::optional<Decimal>>;

struct Run {
  std::optional<Decimal> first;
  Decimal step;
  std::size_t more = 0;  // After the first.
};

/// Where "a+b" or "a-b" is divided: a sign that is neither the first character nor an exponent's.
std::size_t sign_within(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    const bool is_sign = text[i] == '+' || text[i] == '-';
    if (is_sign && text[i - 1] != 'e' && text[i - 1] != 'E') return i;
  }
  return std::string_view::npos;
}

std::optional<Run> read_run(std::string_view word) {
  Run run;
  const std::size_t times = word.find('x');
  std::string_view value = word.substr(0, times);
  if (times != std::string_view::npos) {
    const std::string_view count = word.substr(times + 1);
    const auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), run.more);
    if (count.empty() || error != std::errc{} || end != count.data() + count.size()) return {};
  }
  if (value == "_") {
    // As there: "_x5" is five gaps, where "1x5" is six values.
    if (times != std::string_view::npos && run.more > 0) --run.more;
    return run;
  }
  if (const std::size_t sign = sign_within(value); sign != std::string_view::npos) {
    const auto step = Decimal::parse(value.substr(sign + 1));
    if (!step) return {};
    run.step = value[sign] == '-' ? -*step : *step;
    value = value.substr(0, sign);
  }
  run.first = Decimal::parse(value);
  return run.first ? std::optional(run) : std::nullopt;
}

}  // namespace

Result<Values> read_notation(std::string_view text) {
  Values values;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    const std::optional<Run> run = read_run(word);
    if (!run) {
      return Error{ErrorCode::invalid,
                   fmt::format("\"{}\" is none of 30, 30x10, 30+5x10, 30-5x10, _, _x10", word)};
    }
    if (run->more >= values_max || values.size() + run->more >= values_max) {
      return Error{ErrorCode::invalid, fmt::format("more than {} values", values_max)};
    }
    std::optional<Decimal> next = run->first;
    for (std::size_t i = 0; i <= run->more; ++i) {
      values.push_back(next);
      if (next) next = *next + run->step;
    }
  }
  return values;
}

}  // namespace settle
