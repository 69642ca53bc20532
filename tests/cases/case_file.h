// Worked cases of other autoscalers, as data: what they were given and what came out. Each either
// holds for Settle too, or does not apply for a reason that a rule gives.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <boost/json.hpp>

namespace settle::cases {

namespace json = boost::json;

struct Finding {
  enum class Kind { holds, differs, does_not_apply };
  Kind kind = Kind::holds;
  std::string why;  // What came out instead, or why it does not apply.
};

[[nodiscard]] inline Finding holds() {
  return {};
}
[[nodiscard]] Finding does_not_apply(std::string why);
/// Holds where both are the same.
[[nodiscard]] Finding compared(const json::value& expected, const json::value& got);
[[nodiscard]] Finding compared(std::int64_t expected, std::int64_t got);

using Judge = std::function<Finding(const json::object& about)>;

struct Judged {
  std::string id;
  std::string kind;
  Finding finding;
};

struct Tally {
  int all = 0;
  int hold = 0;
  int differ = 0;
  [[nodiscard]] int apply() const { return hold + differ; }
  /// Of all, how many hundredths apply.
  [[nodiscard]] int percent() const { return all == 0 ? 0 : apply() * 100 / all; }
};
[[nodiscard]] Tally tally_of(const std::vector<Judged>& judged);

/// The committed copy, or the file of that name in SETTLE_CASES_DIR where that is set.
[[nodiscard]] std::string path_of_cases(const std::string& file);
/// Every case of a file. `kind_key` is the member that says what kind of case it is. A judge that
/// throws has met a case it does not know: does_not_apply, visibly.
[[nodiscard]] std::vector<Judged> judge_all(const std::string& path, const std::string& kind_key,
                                            const Judge& judge);
/// Those that differ, a line each.
[[nodiscard]] std::string differences(const std::vector<Judged>& judged);
/// Rows of docs/CASES.md: what does not apply, by reason, with the cases.
[[nodiscard]] std::string table_of(const std::string& title, const std::vector<Judged>& judged);

// What the cases say, as ours. Each throws where a member is missing or of another kind.
[[nodiscard]] std::int64_t whole(const json::object& about, std::string_view key);
[[nodiscard]] std::int64_t whole_or(const json::object& about, std::string_view key,
                                    std::int64_t otherwise);
/// The exact decimal of a number or of a text that holds one.
[[nodiscard]] std::string decimal_text(const json::value& value);
[[nodiscard]] bool has(const json::object& about, std::string_view key);  // And is not null.

}  // namespace settle::cases
