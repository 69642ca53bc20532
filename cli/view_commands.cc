// Commands that look at a running daemon: groups, describe, next, why-not.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "cli/asking.h"
#include "cli/table.h"

namespace settle {
namespace {

namespace json = boost::json;

const json::object& part(const json::object& value, std::string_view key) {
  static const json::object none;
  const json::value* found = value.if_contains(key);
  return found != nullptr && found->is_object() ? found->as_object() : none;
}

std::string range_text(const json::object& row) {
  return cell(row, "min") + "–" + cell(row, "max");
}

Exit groups(const Asking& asking) {
  Exit exit = Exit::ok;
  const auto reply = ask(asking, "/v1/groups", exit);
  if (!reply) return exit;
  if (!asking.is_for_people()) {
    return print_json(asking, *reply, "groups");
  }
  Table table(
      {"GROUP", "STATE", ">RUNNING", ">DESIRED", "MIN–MAX", "SIGNAL", "LAST CHANGE", "NEXT"});
  std::string needy;
  std::size_t count = 0;
  for (const json::value& value : rows_of(*reply, "groups")) {
    const json::object& row = value.as_object();
    const std::string state = cell(row, "state");
    if (state == "blind" || state == "stuck") {
      ++count;
      if (needy.empty()) needy = cell(row, "group");
    }
    table.add({cell(row, "group"), state, cell(row, "running"), cell(row, "desired"),
               range_text(row), cell(row, "signal"), cell(row, "last_change"), cell(row, "next")});
  }
  fmt::print("{}", table.text());
  const std::size_t all = rows_of(*reply, "groups").size();
  fmt::print(stderr, "{} group{}{}\n", all, all == 1 ? "" : "s",
             needy.empty() ? ""
                           : fmt::format(", {} need{} you: settlectl describe {}", count,
                                         count == 1 ? "s" : "", needy));
  return Exit::ok;
}

void print_instances(const json::object& group) {
  const json::value* instances = group.if_contains("instances");
  if (instances == nullptr || !instances->is_array() || instances->as_array().empty()) return;
  fmt::print("\n");
  Table table({"INSTANCE", "STATE", "ZONE", "COUNTS AS", "CREATED", "NOTE"});
  for (const json::value& value : instances->as_array()) {
    const json::object& row = value.as_object();
    table.add({cell(row, "id"), cell(row, "state"), cell(row, "zone"), cell(row, "standing"),
               cell(row, "created_local"), cell(row, "reason")});
  }
  fmt::print("{}", table.text());
}

/// `local` has the same sentences in the group's time zone.
void print_sentences(const json::object& record, const json::object& local, std::string_view key,
                     std::string_view heading) {
  const json::value* rows = record.if_contains(key);
  if (rows == nullptr || !rows->is_array() || rows->as_array().empty()) return;
  fmt::print("\n{}\n", heading);
  const json::value* found = local.if_contains(key);
  const json::array sentences =
      found != nullptr && found->is_array() ? found->as_array() : json::array();
  std::size_t at = 0;
  for (const json::value& value : rows->as_array()) {
    const json::object& row = value.as_object();
    const std::string name = row.contains("name")    ? cell(row, "name")
                             : row.contains("rung")  ? cell(row, "rung")
                             : row.contains("guard") ? cell(row, "op") + " · " + cell(row, "guard")
                                                     : cell(row, "op");
    const bool has_local = at < sentences.size() && sentences[at].is_string();
    fmt::print("  {}  {}\n", name,
               has_local ? json::value_to<std::string>(sentences[at]) : cell(row, "because"));
    ++at;
  }
}

Exit describe(const Asking& asking, const std::string& group) {
  Exit exit = Exit::ok;
  const auto reply = ask(asking, "/v1/groups/" + url_part(group), exit);
  if (!reply) return exit;
  if (asking.output != "table" || !reply->is_object()) {
    return print_json(asking, *reply, "");
  }
  const json::object& row = reply->as_object();
  fmt::print("{}: {}\n", cell(row, "group"), cell(row, "state"));
  if (cell(row, "about") != "–") fmt::print("{}\n", cell(row, "about"));
  const json::object& limits = part(row, "limits");
  fmt::print("\ndesired {}   limits {}   cloud {}   memory {}\n", cell(row, "desired"),
             range_text(limits), cell(row, "cloud"), cell(row, "digest"));
  for (const char* key : {"pause", "hold"}) {
    const json::object& standing = part(row, key);
    if (standing.empty()) continue;
    fmt::print("{} by {}: {}\n", key, cell(standing, "owner"), cell(standing, "reason"));
  }
  print_instances(row);
  const json::object& last = part(row, "last");
  const json::object& local = part(row, "local");
  print_sentences(last, local, "voices", "Voices");
  print_sentences(last, local, "rungs", "Rungs");
  print_sentences(last, local, "steps", "Steps");
  print_sentences(last, local, "withheld", "Withheld");
  return Exit::ok;
}

Exit why_not_of(const Asking& asking, const std::string& group, const std::string& toward) {
  Exit exit = Exit::ok;
  const auto reply =
      ask(asking, "/v1/groups/" + url_part(group) + "/why-not?toward=" + url_part(toward), exit);
  if (!reply) return exit;
  if (asking.output != "table" || !reply->is_object()) {
    return print_json(asking, *reply, "reasons");
  }
  std::string text = cell(reply->as_object(), "text");
  if (!text.ends_with('\n')) text += '\n';
  fmt::print("{}", text);
  return Exit::ok;
}

void add_group_command(CLI::App& app, Run& run, const char* name, const char* about,
                       std::shared_ptr<Asking> (*add)(CLI::App&),
                       Exit (*show)(const Asking&, const std::string&)) {
  CLI::App* command = app.add_subcommand(name, about);
  auto asking = add(*command);
  auto group = std::make_shared<std::string>();
  command->add_option("group", *group, "The group's name")->required();
  command->callback([&run, asking, group, show] {
    run = [asking, group, show] { return show(*asking, *group); };
  });
}

}  // namespace

void add_views(CLI::App& app, Run& run) {
  CLI::App* all = app.add_subcommand("groups", "Every group on one line");
  auto asking = add_asking_rows(*all);
  all->callback([&run, asking] { run = [asking] { return groups(*asking); }; });

  add_group_command(app, run, "describe", "One group: state, instances, voices, what is withheld",
                    add_asking, describe);
  add_group_command(app, run, "next", "What the schedules of a group do next", add_asking_rows,
                    [](const Asking& from, const std::string& group) {
                      return print_rows(from, "/v1/groups/" + url_part(group) + "/next", "next",
                                        {"LOCAL", "UTC", "SCHEDULE", "WHAT"},
                                        {"local", "at", "schedule", "what"});
                    });

  CLI::App* why = app.add_subcommand("why-not", "Why a group is not growing, shrinking or at N");
  auto why_asking = add_asking(*why);
  auto group = std::make_shared<std::string>();
  auto toward = std::make_shared<std::string>();
  why->add_option("group", *group, "The group's name")->required();
  why->add_option("toward", *toward, "in, out or a number")->required();
  why->callback([&run, why_asking, group, toward] {
    run = [why_asking, group, toward] { return why_not_of(*why_asking, *group, *toward); };
  });
}

}  // namespace settle
