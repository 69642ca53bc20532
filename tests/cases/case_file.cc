#include "tests/cases/case_file.h"

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "tests/places.h"

namespace settle::cases {

Finding does_not_apply(std::string why) {
  return {Finding::Kind::does_not_apply, std::move(why)};
}

Finding compared(const json::value& expected, const json::value& got) {
  if (expected == got) return holds();
  return {Finding::Kind::differs,
          fmt::format("expected {}, got {}", json::serialize(expected), json::serialize(got))};
}

Finding compared(std::int64_t expected, std::int64_t got) {
  return compared(json::value(expected), json::value(got));
}

Tally tally_of(const std::vector<Judged>& judged) {
  Tally tally;
  for (const Judged& one : judged) {
    ++tally.all;
    if (one.finding.kind == Finding::Kind::holds) ++tally.hold;
    if (one.finding.kind == Finding::Kind::differs) ++tally.differ;
  }
  return tally;
}

std::string path_of_cases(const std::string& file) {
  const char* folder = std::getenv("SETTLE_CASES_DIR");
  return std::string(folder != nullptr ? folder : source_folder() + "/tests/cases/data") + "/" +
         file;
}

std::vector<Judged> judge_all(const std::string& path, const std::string& kind_key,
                              const Judge& judge) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  const json::value file = json::parse(text.str());
  std::vector<Judged> judged;
  for (const json::value& value : file.at("cases").as_array()) {
    const json::object& about = value.as_object();
    Judged one;
    one.id = json::value_to<std::string>(about.at("id"));
    one.kind = json::value_to<std::string>(about.at(kind_key));
    try {
      one.finding = judge(about);
    } catch (const std::exception& unknown) {
      one.finding = does_not_apply(fmt::format("a case of an unknown shape ({})", unknown.what()));
    }
    judged.push_back(std::move(one));
  }
  return judged;
}

std::string differences(const std::vector<Judged>& judged) {
  std::string text;
  for (const Judged& one : judged) {
    if (one.finding.kind != Finding::Kind::differs) continue;
    text += fmt::format("{} ({}): {}\n", one.id, one.kind, one.finding.why);
  }
  return text;
}

std::string table_of(const std::string& title, const std::vector<Judged>& judged) {
  const Tally tally = tally_of(judged);
  std::string text = fmt::format("## {}\n\n{} cases, {} apply ({} %), {} hold.\n\n", title,
                                 tally.all, tally.apply(), tally.percent(), tally.hold);
  std::map<std::string, std::string> cases_by_reason;
  for (const Judged& one : judged) {
    if (one.finding.kind != Finding::Kind::does_not_apply) continue;
    std::string& list = cases_by_reason[one.finding.why];
    list += (list.empty() ? "" : ", ") + one.id;
  }
  if (cases_by_reason.empty()) return text;
  text += "| does not apply, because | cases |\n|---|---|\n";
  for (const auto& [why, list] : cases_by_reason) text += fmt::format("| {} | {} |\n", why, list);
  return text + "\n";
}

std::int64_t whole(const json::object& about, std::string_view key) {
  const json::value& value = about.at(key);
  if (value.is_double()) {
    const double number = value.as_double();
    if (number != static_cast<double>(static_cast<std::int64_t>(number))) {
      throw std::invalid_argument(fmt::format("{} is not whole", key));
    }
    return static_cast<std::int64_t>(number);
  }
  return json::value_to<std::int64_t>(value);
}

std::int64_t whole_or(const json::object& about, std::string_view key, std::int64_t otherwise) {
  return has(about, key) ? whole(about, key) : otherwise;
}

std::string decimal_text(const json::value& value) {
  if (value.is_string()) return json::value_to<std::string>(value);
  if (value.is_double()) return fmt::format("{}", value.as_double());
  return fmt::format("{}", json::value_to<std::int64_t>(value));
}

bool has(const json::object& about, std::string_view key) {
  const json::value* const value = about.if_contains(key);
  return value != nullptr && !value->is_null();
}

}  // namespace settle::cases
