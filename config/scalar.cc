#include "config/scalar.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "config/findings.h"
#include "config/validate.h"
#include "config/values.h"

namespace settle {
namespace {

constexpr std::int64_t count_max = 1'000'000;
const Decimal percent_max(10'000);

using Problem = std::optional<ScalarProblem>;

Problem wrong_kind(const Field& field, std::string_view text) {
  return ScalarProblem{"E0118", fmt::format("{} cannot be {}", field.key, quoted(text)),
                       fmt::format("it takes {}", kind_text(field.kind))};
}

Problem count_problem(const Field& field, std::string_view text) {
  const std::int64_t high = field.high < 0 ? count_max : field.high;
  const std::optional<std::int64_t> count = parse_count(text);
  const bool is_number = count || Decimal::parse(text).has_value();
  if (!is_number) return wrong_kind(field, text);
  if (count && *count >= field.low && *count <= high) return std::nullopt;
  const std::string_view code = count || text.front() == '-' ? "E0119" : "E0118";
  return ScalarProblem{code, fmt::format("{} cannot be {}", field.key, text),
                       fmt::format("it takes a whole number from {} to {}", field.low, high)};
}

Problem duration_problem(const Field& field, std::string_view text) {
  const std::optional<Duration> duration = parse_duration(text);
  if (!duration) {
    Problem problem = wrong_kind(field, text);
    if (parse_count(text)) problem->hint = fmt::format("a unit is missing: {}s?", text);
    return problem;
  }
  const bool is_low = duration->count() < field.low;
  const bool is_high = field.high >= 0 && duration->count() > field.high;
  if (!is_low && !is_high) return std::nullopt;
  return ScalarProblem{"E0119", fmt::format("{} cannot be {}", field.key, text),
                       is_low ? fmt::format("at least {}", duration_setting(Duration{field.low}))
                              : fmt::format("at most {}", duration_setting(Duration{field.high}))};
}

Problem amount_problem(const Field& field, std::string_view text) {
  const std::optional<Amount> amount = parse_amount(text);
  if (!amount) return wrong_kind(field, text);
  const bool wants_one = field.kind == Kind::change || field.kind == Kind::rates;
  if (amount->number.is_negative()) {
    std::string hint = field.key == "add"      ? "write remove: with a positive number"
                       : field.key == "remove" ? "write add: with a positive number"
                                               : "it cannot be negative";
    return ScalarProblem{"E0119", fmt::format("{} cannot be {}", field.key, text), std::move(hint)};
  }
  if (amount->is_percent) {
    const bool fits = amount->number <= percent_max && (!wants_one || !amount->number.is_zero());
    if (fits) return std::nullopt;
    return ScalarProblem{"E0119", fmt::format("{} cannot be {}", field.key, text),
                         wants_one ? "above 0% and up to 10000%" : "from 0% to 10000%"};
  }
  if (field.kind == Kind::tolerance) return std::nullopt;
  Field whole = field;
  whole.low = wants_one ? 1 : 0;
  return count_problem(whole, text);
}

Problem percent_problem(const Field& field, std::string_view text) {
  const std::optional<Amount> amount = parse_amount(text);
  if (!amount || !amount->is_percent) return wrong_kind(field, text);
  if (!amount->number.is_negative() && amount->number <= Decimal(100)) return std::nullopt;
  return ScalarProblem{"E0119", fmt::format("{} cannot be {}", field.key, text), "from 0% to 100%"};
}

Problem choice_problem(const Field& field, std::string_view text) {
  const std::vector<std::string_view> choices = split_choices(field.choices);
  if (std::find(choices.begin(), choices.end(), text) != choices.end()) return std::nullopt;
  const std::string hint = did_you_mean(text, choices);
  return ScalarProblem{"E0120", fmt::format("{} cannot be {}", field.key, quoted(text)),
                       hint.empty() ? fmt::format("it takes {}", joined(choices))
                                    : fmt::format("{} it takes {}", hint, joined(choices))};
}

Problem setting_problem(const Field& field, std::string_view text) {
  const std::optional<std::vector<Reference>> references = parse_references(text);
  if (!references) {
    return ScalarProblem{"E0118", fmt::format("{} is no reference", quoted(text)),
                         "write ${env:NAME} or ${secret:NAME}"};
  }
  if (field.kind != Kind::secret) return std::nullopt;
  const bool is_secret = references->size() == 1 && references->front().is_secret &&
                         text.size() == references->front().name.size() + 10;
  if (is_secret) return std::nullopt;
  return ScalarProblem{"E0117",
                       fmt::format("{} must not stand here, where many can read it", field.key),
                       "write ${secret:NAME}, and put it into the file NAME of the secrets"};
}

Problem missing_problem(const Field& field, std::string_view text) {
  if (text == "hold" || text == "ignore") return std::nullopt;
  constexpr std::string_view opening = "fallback:";
  if (text.substr(0, opening.size()) == opening) {
    text.remove_prefix(opening.size());
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    if (const auto count = parse_count(text); count && *count <= count_max) return std::nullopt;
  }
  return wrong_kind(field, text);
}

Problem cron_problem(std::string_view text) {
  std::string error;
  if (Cron::parse(text, error)) return std::nullopt;
  return ScalarProblem{"E0204", fmt::format("{} is no cron expression: {}", quoted(text), error),
                       "minute hour day-of-month month day-of-week"};
}

template <typename Parsed>
Problem unless(const Parsed& is_fine, const Field& field, std::string_view text) {
  return is_fine ? std::nullopt : wrong_kind(field, text);
}

}  // namespace

std::optional<ScalarProblem> scalar_problem(const Field& field, std::string_view text) {
  switch (field.kind) {
    case Kind::count:
      return count_problem(field, text);
    case Kind::duration:
      return duration_problem(field, text);
    case Kind::amount:
    case Kind::change:
    case Kind::tolerance:
    case Kind::rates:
      return amount_problem(field, text);
    case Kind::percent:
      return percent_problem(field, text);
    case Kind::choice:
    case Kind::choices:
      return choice_problem(field, text);
    case Kind::setting:
    case Kind::secret:
      return setting_problem(field, text);
    case Kind::missing:
      return missing_problem(field, text);
    case Kind::cron:
      return cron_problem(text);
    case Kind::decimal:
      return unless(Decimal::parse(text), field, text);
    case Kind::truth:
      return unless(text == "true" || text == "false", field, text);
    case Kind::moment:
      return unless(parse_moment(text), field, text);
    case Kind::local_time:
      return unless(parse_local_time(text), field, text);
    case Kind::days:
      return unless(parse_days(text), field, text);
    case Kind::name:
      return unless(is_name(text), field, text);
    case Kind::text:
    case Kind::texts:
    case Kind::texts_by_name:
    case Kind::zone:
    case Kind::object:
    case Kind::objects_by_name:
    case Kind::object_list:
      return std::nullopt;
  }
  return std::nullopt;
}

std::string_view kind_text(Kind kind) {
  switch (kind) {
    case Kind::text:
      return "a text";
    case Kind::setting:
      return "a text, in which ${env:NAME} and ${secret:NAME} may stand";
    case Kind::secret:
      return "${secret:NAME}";
    case Kind::name:
      return "a name: letters, digits, \".\", \"_\" and \"-\"";
    case Kind::count:
      return "a whole number";
    case Kind::decimal:
      return "a number, such as 55 or 0.5";
    case Kind::percent:
      return "a percentage, such as 30%";
    case Kind::amount:
    case Kind::change:
      return "a whole number or a percentage, such as 3 or 25%";
    case Kind::tolerance:
      return "a number or a percentage, such as 10%";
    case Kind::duration:
      return "a duration: 250ms, 30s, 3m, 8h, 90d";
    case Kind::choice:
      return "one of some words";
    case Kind::truth:
      return "true or false";
    case Kind::moment:
      return "a time such as 06:30, Fri 16:00 or 2026-11-27T00:00";
    case Kind::local_time:
      return "a date and time such as 2026-11-27T00:00";
    case Kind::days:
      return "days such as Mon-Fri, Sat,Sun or daily";
    case Kind::cron:
      return "a cron expression, such as 15 3 * * *";
    case Kind::zone:
      return "a time zone, such as Europe/Helsinki";
    case Kind::missing:
      return "hold, ignore, or { fallback: N } with a whole number";
    case Kind::texts:
      return "a text or a list of texts";
    case Kind::choices:
      return "a word or a list of words";
    case Kind::texts_by_name:
      return "a mapping of texts";
    case Kind::object:
      return "a mapping";
    case Kind::objects_by_name:
      return "a mapping from names to mappings";
    case Kind::object_list:
      return "a list of mappings";
    case Kind::rates:
      return "a whole number or a percentage, or a list of { at_most, per }";
  }
  return "";
}

}  // namespace settle
