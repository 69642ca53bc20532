// Commands about decisions, from a daemon or from a journal's file: decisions, explain.
#include <algorithm>
#include <cctype>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "cli/history.h"
#include "cli/table.h"
#include "config/config.h"
#include "config/findings.h"
#include "reconcilers/explain/explain.h"

namespace settle {
namespace {

namespace json = boost::json;

struct Reading {
  std::shared_ptr<Asking> asking;
  std::string journal;
  std::string subject;
  DecisionsWanted wanted;
  bool changes_only = false;
  bool follow = false;
};

std::unique_ptr<History> open(const Reading& reading, Exit& exit) {
  if (reading.journal.empty()) return history_of_daemon(reading.asking);
  auto history = history_of_journal(reading.journal);
  if (!history) exit = Exit::failed;
  return history;
}

const json::object& part(const json::object& row, std::string_view key) {
  static const json::object none;
  const json::value* found = row.if_contains(key);
  return found != nullptr && found->is_object() ? found->as_object() : none;
}

bool changes_desired(const json::object& record) {
  const json::object& desired = part(record, "desired");
  return cell(desired, "from") != cell(desired, "to");
}

const json::array& list(const json::object& row, std::string_view key) {
  static const json::array none;
  const json::value* found = row.if_contains(key);
  return found != nullptr && found->is_array() ? found->as_array() : none;
}

// Why the number moved: what an operator or the limits made of it, else the voice that won.
std::string cause_of_change(const json::object& record) {
  for (const json::value& value : list(record, "rungs")) {
    const json::object& rung = value.as_object();
    const bool is_of_limits = cell(rung, "rung") == "limits";
    if (is_of_limits && cell(rung, "from") != cell(rung, "to")) return cell(rung, "because");
  }
  for (const json::value& value : list(record, "voices")) {
    const json::object& voice = value.as_object();
    if (cell(voice, "won") == "true") return cell(voice, "name") + ": " + cell(voice, "because");
  }
  return {};
}

// The one sentence that says most: why the number moved, else the first step or refusal.
std::string gist(const json::object& record) {
  std::string cause = changes_desired(record) ? cause_of_change(record) : std::string();
  if (!cause.empty()) return cause;
  for (const char* key : {"steps", "withheld", "rungs", "voices"}) {
    const json::array& rows = list(record, key);
    if (!rows.empty()) return cell(rows.front().as_object(), "because");
  }
  return {};
}

std::string counted(const json::object& record, std::string_view key) {
  const std::size_t count = list(record, key).size();
  return count == 0 ? "" : std::to_string(count);
}

void print(const Reading& reading, const json::array& rows) {
  const Asking& asking = *reading.asking;
  if (asking.output == "json" && asking.columns.empty() && !asking.is_quiet) {
    fmt::print("{}\n", json::serialize(rows));
    return;
  }
  if (!asking.is_for_people()) {
    print_json(asking, json::object{{"decisions", rows}}, "decisions");
    return;
  }
  Table table({"TIME", "GROUP", ">DESIRED", ">STEPS", ">WITHHELD", "DECISION", "WHY"});
  for (const json::value& value : rows) {
    const json::object& row = value.as_object();
    const json::object& desired = part(row, "desired");
    const std::string to = cell(desired, "to");
    table.add({cell(row, "at"), cell(row, "group"),
               changes_desired(row) ? cell(desired, "from") + "→" + to : to, counted(row, "steps"),
               counted(row, "withheld"), cell(row, "decision"), gist(row)});
  }
  if (!table.empty()) fmt::print("{}", table.text());
}

json::array only_changes(json::array rows) {
  json::array kept;
  for (json::value& row : rows) {
    if (changes_desired(row.as_object())) kept.push_back(std::move(row));
  }
  return kept;
}

Exit decisions(Reading reading) {
  Exit exit = Exit::ok;
  const auto history = open(reading, exit);
  if (!history) return exit;
  do {
    auto rows = history->decisions(reading.wanted, exit);
    if (!rows) return exit;
    if (!rows->empty()) {
      reading.wanted.after = rows->back().as_object().at("sequence").to_number<std::uint64_t>();
      print(reading, reading.changes_only ? only_changes(std::move(*rows)) : std::move(*rows));
      (void)std::fflush(stdout);
    } else if (!reading.follow) {
      fmt::print(stderr, "no decisions\n");
    }
    reading.wanted.wait = true;
  } while (reading.follow);
  return Exit::ok;
}

bool is_same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

Exit explain_reason(const std::string& wanted) {
  std::vector<std::string_view> known;
  for (std::uint8_t i = 0; i < static_cast<std::uint8_t>(Reason::count_); ++i) {
    const auto reason = static_cast<Reason>(i);
    known.push_back(name(reason));
    if (!is_same_word(name(reason), wanted)) continue;
    fmt::print("{}: {}\n", name(reason), meaning(reason));
    return Exit::ok;
  }
  const std::string hint = did_you_mean(wanted, known);
  fmt::print(stderr, "settlectl: there is no reason \"{}\"; {}\n", wanted,
             hint.empty() ? "docs/REASONS.md lists them" : hint);
  return Exit::failed;
}

// "groups.policies.target", as the configuration's errors name it, or "policies.target".
std::string key_text(const std::string& subject) {
  std::string text = describe_key(subject);
  if (text.empty()) text = describe_key("groups." + subject);
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  return text;
}

Exit explain_key(const std::string& subject) {
  const std::string text = key_text(subject);
  if (text.empty()) {
    fmt::print(stderr, "settlectl: there is no key \"{}\"; docs/CONFIG.md lists them\n", subject);
    return Exit::failed;
  }
  fmt::print("{}", text);
  return Exit::ok;
}

/// A reason's name or a key's first word is no group: says how to ask for it.
void suggest_kind(const std::string& subject) {
  for (std::uint8_t i = 0; i < static_cast<std::uint8_t>(Reason::count_); ++i) {
    const std::string_view reason = name(static_cast<Reason>(i));
    if (!is_same_word(reason, subject)) continue;
    return fmt::print(stderr, "settlectl: it is a reason: settlectl explain reason {}\n", reason);
  }
  if (key_text(subject).empty()) return;
  fmt::print(stderr, "settlectl: it is a key: settlectl explain key {}\n", subject);
}

/// The page's own advice is for the journal that a daemon keeps by default.
void name_journal(std::string& page, const std::string& journal) {
  constexpr std::string_view advice = "settlectl replay d-";
  const std::size_t at = page.rfind(advice);
  if (at == std::string::npos || journal == default_journal) return;
  const std::size_t end = page.find_first_of(" \n", at + advice.size());
  if (end != std::string::npos) page.insert(end, " --journal " + journal);
}

Exit explain(const Reading& reading) {
  // A group may be called like a key; with a dot in it, it is the key that is meant.
  const bool has_dot = reading.subject.find('.') != std::string::npos;
  if (has_dot && !key_text(reading.subject).empty()) return explain_key(reading.subject);
  Exit exit = Exit::ok;
  const auto history = open(reading, exit);
  if (!history) return exit;
  auto text = history->explain(reading.subject, exit);
  if (!text) {
    if (exit == Exit::failed) suggest_kind(reading.subject);
    return exit;
  }
  if (!reading.journal.empty()) name_journal(*text, reading.journal);
  if (!text->ends_with('\n')) *text += '\n';
  fmt::print("{}", *text);
  return Exit::ok;
}

std::shared_ptr<Reading> add_reading(CLI::App* command, std::shared_ptr<Asking> (*add)(CLI::App&)) {
  auto reading = std::make_shared<Reading>();
  reading->asking = add(*command);
  command->add_option("--journal", reading->journal,
                      "Read this journal's file instead of asking a daemon");
  return reading;
}

}  // namespace

void add_decisions(CLI::App& app, Run& run) {
  CLI::App* list = app.add_subcommand("decisions", "What was decided, oldest first");
  auto listed = add_reading(list, add_asking_rows);
  list->add_option("group", listed->wanted.group, "Only this group");
  list->add_option("--limit", listed->wanted.newest_max, "At most so many, the newest")
      ->check(CLI::Range(1, 100'000));
  list->add_flag("--changes", listed->changes_only, "Only those that changed desired capacity");
  CLI::Option* follow = list->add_flag("-f,--follow", listed->follow, "Go on as they are made");
  follow->excludes(list->get_option("--journal"));
  list->callback([&run, listed] { run = [listed] { return decisions(*listed); }; });

  CLI::App* explaining =
      app.add_subcommand("explain", "Why: a decision's whole ladder, or what a reason means");
  auto explained = add_reading(explaining, add_asking);
  auto words = std::make_shared<std::vector<std::string>>();
  explaining
      ->add_option(
          "subject", *words,
          "GROUP (its newest decision), a decision's id, a key of the configuration such as "
          "guards.terminations, or: reason NAME, or: key NAME")
      ->required()
      ->expected(1, 2);
  explaining->callback([&run, explained, words] {
    const std::string kind = words->size() == 2 ? words->front() : std::string();
    if (!kind.empty() && kind != "reason" && kind != "key") {
      throw CLI::ValidationError("explain", "takes GROUP, ID, reason NAME or key NAME");
    }
    explained->subject = words->back();
    run = [explained, kind] {
      if (kind == "reason") return explain_reason(explained->subject);
      return kind == "key" ? explain_key(explained->subject) : explain(*explained);
    };
  });
}

}  // namespace settle
