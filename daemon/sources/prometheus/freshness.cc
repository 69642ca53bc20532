#include "daemon/sources/prometheus/freshness.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include <fmt/format.h>

namespace settle::prometheus {
namespace {

constexpr std::size_t selectors_max = 8;

bool begins_name(char letter) {
  return std::isalpha(static_cast<unsigned char>(letter)) != 0 || letter == '_' || letter == ':';
}
bool continues_name(char letter) {
  return begins_name(letter) || std::isdigit(static_cast<unsigned char>(letter)) != 0;
}

template <std::size_t n>
bool is_among(const std::array<std::string_view, n>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Source: the grammar of PromQL, prometheus/promql/parser (2.42): keywords, aggregators.
constexpr std::array<std::string_view, 6> before_labels{"by",       "without",    "on",
                                                        "ignoring", "group_left", "group_right"};
constexpr std::array<std::string_view, 6> keywords{"and", "or", "unless", "bool", "inf", "nan"};
constexpr std::array<std::string_view, 12> aggregators{
    "sum",    "min",   "max",          "avg",     "group", "stddev",
    "stdvar", "count", "count_values", "bottomk", "topk",  "quantile"};
constexpr std::array<std::string_view, 4> from_nothing{"vector", "absent", "absent_over_time",
                                                       "time"};

class Words {
 public:
  explicit Words(std::string_view query) : left_(query) {}

  void read() {
    while (!left_.empty() && is_plain_) {
      const char letter = left_.front();
      if (begins_name(letter)) {
        take_name();
      } else if (std::isdigit(static_cast<unsigned char>(letter)) != 0) {
        take_number();
      } else if (letter == '"' || letter == '\'' || letter == '`') {
        skip_text();
      } else if (letter == '#') {
        left_.remove_prefix(std::min(left_.find('\n'), left_.size()));
      } else if (letter == '{') {
        add(take_braces());
      } else if (letter == '[') {
        left_.remove_prefix(std::min(left_.find(']'), left_.size() - 1) + 1);
      } else {
        if (letter == '@') is_plain_ = false;  // Of another time than now.
        left_.remove_prefix(1);
      }
    }
  }

  [[nodiscard]] bool is_plain() const { return is_plain_; }
  [[nodiscard]] bool has_nothing_in_it() const { return may_come_from_nothing_; }
  [[nodiscard]] const std::vector<std::string>& selectors() const { return selectors_; }

 private:
  void skip_blanks() {
    while (!left_.empty() && std::isspace(static_cast<unsigned char>(left_.front())) != 0) {
      left_.remove_prefix(1);
    }
  }

  void take_number() {
    std::size_t end = 0;
    while (end < left_.size()) {
      const bool is_sign = (left_[end] == '+' || left_[end] == '-') && end > 0 &&
                           std::tolower(static_cast<unsigned char>(left_[end - 1])) == 'e';
      if (!continues_name(left_[end]) && left_[end] != '.' && !is_sign) break;
      ++end;
    }
    left_.remove_prefix(end);
  }

  void take_name() {
    std::size_t end = 1;
    while (end < left_.size() && continues_name(left_[end])) ++end;
    const std::string_view name = left_.substr(0, end);
    std::string low(name);
    std::transform(low.begin(), low.end(), low.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    left_.remove_prefix(end);
    skip_blanks();
    const bool has_bracket = !left_.empty() && left_.front() == '(';
    if (is_among(before_labels, low)) {
      if (has_bracket) left_.remove_prefix(std::min(left_.find(')'), left_.size() - 1) + 1);
      return;
    }
    if (low == "offset") is_plain_ = false;
    if (has_bracket && is_among(from_nothing, low)) may_come_from_nothing_ = true;
    if (has_bracket || low == "offset" || is_among(keywords, low) || is_among(aggregators, low)) {
      return;
    }
    const bool has_matchers = !left_.empty() && left_.front() == '{';
    add(std::string(name) + (has_matchers ? take_braces() : std::string()));
  }

  void skip_text() {
    const char quote = left_.front();
    std::size_t end = 1;
    while (end < left_.size() && left_[end] != quote) {
      end += left_[end] == '\\' && quote != '`' ? 2U : 1U;
    }
    left_.remove_prefix(std::min(end + 1, left_.size()));
  }

  std::string take_braces() {
    const std::string_view whole = left_;
    left_.remove_prefix(1);
    while (!left_.empty() && left_.front() != '}') {
      const char letter = left_.front();
      if (letter == '"' || letter == '\'' || letter == '`') {
        skip_text();
      } else {
        left_.remove_prefix(1);
      }
    }
    if (!left_.empty()) left_.remove_prefix(1);
    return std::string(whole.substr(0, whole.size() - left_.size()));
  }

  void add(std::string selector) {
    if (std::find(selectors_.begin(), selectors_.end(), selector) != selectors_.end()) return;
    if (selectors_.size() == selectors_max) is_plain_ = false;
    selectors_.push_back(std::move(selector));
  }

  std::string_view left_;
  bool is_plain_ = true;
  bool may_come_from_nothing_ = false;
  std::vector<std::string> selectors_;
};

}  // namespace

Freshness freshness_of(std::string_view query, std::string_view by_label) {
  Words words(query);
  words.read();
  Freshness freshness;
  freshness.may_come_from_nothing = words.has_nothing_in_it();
  if (!words.is_plain() || words.selectors().empty()) return freshness;
  const std::string by = by_label.empty() ? std::string() : fmt::format(" by ({})", by_label);
  const auto newest_of = [&by](const std::string& selector) {
    return fmt::format("max{}(timestamp({}))", by, selector);
  };
  if (words.selectors().size() == 1) {
    freshness.query = newest_of(words.selectors().front());
    return freshness;
  }
  // `or` keeps one of two elements with the same labels: each gets one of its own.
  for (std::size_t i = 0; i < words.selectors().size(); ++i) {
    freshness.query += fmt::format("{}label_replace({}, \"settle_part\", \"{}\", \"\", \"\")",
                                   i == 0 ? "" : " or ", newest_of(words.selectors()[i]), i);
  }
  freshness.query = fmt::format("min{}({})", by, freshness.query);
  return freshness;
}

}  // namespace settle::prometheus
