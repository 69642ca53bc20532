#include "cli/trial/prometheus_answer.h"

#include <algorithm>
#include <map>
#include <set>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "daemon/codec/json.h"
#include "daemon/simulation/series.h"

namespace settle {
namespace {

namespace json = boost::json;

Error invalid(std::string message) {
  return {ErrorCode::invalid, std::move(message)};
}

const json::value* member(const json::value& value, std::string_view key) {
  return value.is_object() ? value.get_object().if_contains({key.data(), key.size()}) : nullptr;
}

std::string text_of(const json::value* value) {
  return value != nullptr && value->is_string() ? json::value_to<std::string>(*value) : "";
}

/// The labels whose values are not the same in all series.
std::string differing_labels(const json::array& series) {
  std::map<std::string, std::set<std::string>> values;
  for (const json::value& one : series) {
    const json::value* labels = member(one, "metric");
    if (labels == nullptr || !labels->is_object()) continue;
    for (const auto& label : labels->get_object()) {
      values[std::string(label.key().data(), label.key().size())].insert(text_of(&label.value()));
    }
  }
  std::string names;
  for (const auto& [name, seen] : values) {
    if (seen.size() > 1) names += (names.empty() ? "" : ", ") + name;
  }
  return names.empty() ? "their labels" : names;
}

/// Prometheus counts in seconds, with a fraction of milliseconds.
std::optional<Time> time_of(const json::value& value) {
  json::error_code error;
  const double seconds = value.to_number<double>(error);
  constexpr double seconds_max = 1e11;
  if (error || !(seconds >= 0 && seconds < seconds_max)) return std::nullopt;
  return Time(Duration(static_cast<std::int64_t>(seconds * 1'000.0 + 0.5)));
}

}  // namespace

bool is_range_answer(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{';
}

Result<std::string> csv_of_range(std::string_view answer) {
  json::error_code error;
  const json::value body = json::parse({answer.data(), answer.size()}, error);
  if (error) return invalid("Prometheus' answer is not JSON: " + error.message());
  if (text_of(member(body, "status")) != "success") {
    return invalid(fmt::format("Prometheus says: {}", text_of(member(body, "error"))));
  }
  const json::value* data = member(body, "data");
  const json::value* result = data != nullptr ? member(*data, "result") : nullptr;
  if (result == nullptr || !result->is_array() ||
      text_of(member(*data, "resultType")) != "matrix") {
    return invalid("this is no answer to a range query: data.resultType is not \"matrix\"");
  }
  std::string csv = "timestamp,value\n";
  const json::array& series = result->get_array();
  if (series.empty()) return csv;
  if (series.size() > 1) {
    return invalid(fmt::format("the query gives {} series where one is wanted: aggregate over {}",
                               series.size(), differing_labels(series)));
  }
  const json::value* values = member(series.front(), "values");
  if (values == nullptr || !values->is_array()) return invalid("a series without \"values\"");
  for (const json::value& one : values->get_array()) {
    const bool is_pair = one.is_array() && one.get_array().size() == 2;
    const auto at = is_pair ? time_of(one.get_array()[0]) : std::nullopt;
    if (!at) return invalid("a sample is [seconds, \"value\"]");
    csv += time_text(*at) + "," + text_of(&one.get_array()[1]) + "\n";
  }
  return csv;
}

Result<std::string> with_instances(const std::string& values, const std::string& counts) {
  const auto numbers = read_series(counts);
  if (!numbers) return numbers.error();
  const auto rows = read_series(values);
  if (!rows) return rows.error();
  std::string csv = "timestamp,value,instances\n";
  for (const SeriesRow& row : *rows) {
    const auto after =
        std::upper_bound(numbers->begin(), numbers->end(), row.at,
                         [](Time at, const SeriesRow& number) { return at < number.at; });
    const bool has_number = after != numbers->begin() &&
                            std::prev(after)->reading.kind == ReadingKind::value &&
                            std::prev(after)->reading.value > Decimal();
    const std::string value = row.reading.kind == ReadingKind::value     ? row.reading.value.text()
                              : row.reading.kind == ReadingKind::invalid ? "NaN"
                                                                         : "";
    csv += fmt::format("{},{},{}\n", time_text(row.at), value,
                       has_number ? std::prev(after)->reading.value.text() : "");
  }
  return csv;
}

}  // namespace settle
