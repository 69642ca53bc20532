// settlectl what-if: what a group would decide if some things were otherwise. A daemon answers from
// how the group stands; with a journal's file the same code answers from its newest entry.
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "cli/asking.h"
#include "cli/recorded.h"
#include "daemon/admin/routes.h"
#include "daemon/admin/what_if.h"
#include "daemon/partition/event.h"

namespace settle {
namespace {

namespace json = boost::json;

struct Arguments {
  std::shared_ptr<Asking> asking;
  std::string journal;
  std::string group;
  std::vector<std::string> signals;
  std::vector<std::string> alarms;
  std::vector<std::string> firings;
  std::optional<int> kill;
  std::optional<int> hold;
  std::string at;
};

std::string path_of(const Arguments& arguments) {
  std::string query;
  const auto add = [&query](const char* key, const std::string& value) {
    if (value.empty()) return;
    query += fmt::format("{}{}={}", query.empty() ? "?" : "&", key, url_part(value));
  };
  add("set", fmt::format("{}", fmt::join(arguments.signals, ",")));
  add("alarm", fmt::format("{}", fmt::join(arguments.alarms, ",")));
  add("fire", fmt::format("{}", fmt::join(arguments.firings, ",")));
  if (arguments.kill) add("kill", std::to_string(*arguments.kill));
  if (arguments.hold) add("hold", std::to_string(*arguments.hold));
  add("at", arguments.at);
  return "/v1/groups/" + url_part(arguments.group) + "/what-if" + query;
}

/// What a daemon would have answered at the time of the group's newest entry.
HttpResponse answer_from(JournalReader& journal, const Arguments& arguments) {
  HttpRequest request;
  request.method = "GET";
  request.target = path_of(arguments);
  auto call = route(request, Time{}, {});
  if (auto* refused = std::get_if<HttpResponse>(&call)) return std::move(*refused);
  RevisionShelf shelf(journal);
  auto standing = newest_standing(journal, shelf, GroupId{arguments.group});
  if (!standing) return problem(404, "No such group", standing.error().message);
  if (standing->spec == nullptr) {
    return problem(
        404, "No such configuration",
        fmt::format("the journal does not hold revision {} any more", standing->last.revision));
  }
  GroupView view;
  view.spec = std::make_shared<const GroupSpec>(*standing->spec);
  view.state = std::move(standing->state);
  view.seen = std::make_shared<const Observation>(std::move(standing->seen));
  view.last = std::move(standing->last);
  const auto& supposed = std::get<SupposeGroup>(std::get<ApiCall>(call)).supposed;
  return what_if(view, supposed, standing->at);
}

std::optional<json::value> answer(const Arguments& arguments, Exit& exit) {
  if (arguments.journal.empty()) return ask(*arguments.asking, path_of(arguments), exit);
  auto journal = read_journal(arguments.journal);
  if (!journal) {
    fmt::print(stderr, "settlectl: {}\n", journal.error().message);
    exit = Exit::failed;
    return std::nullopt;
  }
  const HttpResponse response = answer_from(**journal, arguments);
  json::value body = json::parse(response.body);
  if (response.status < 300) return body;
  fmt::print(stderr, "settlectl: {}\n", cell(body.as_object(), "detail"));
  exit = Exit::failed;
  return std::nullopt;
}

Exit what_if_command(const Arguments& arguments) {
  Exit exit = Exit::ok;
  const auto told = answer(arguments, exit);
  if (!told) return exit;
  if (arguments.asking->output == "table") {
    fmt::print("{}", cell(told->as_object(), "text"));
  } else {
    print_json(*arguments.asking, *told, "");
  }
  return Exit::ok;
}

}  // namespace

void add_what_if(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand(
      "what-if", "What a group would decide if some things were otherwise; nothing is done");
  const auto arguments = std::make_shared<Arguments>();
  Arguments& into = *arguments;
  into.asking = add_asking(*command);
  command->add_option("group", into.group, "The group's name")->required();
  command->add_option("--set", into.signals,
                      "SIGNAL=90, or SIGNAL=none where it is missing; a signal's name, its "
                      "policy's, or POLICY/METRIC");
  command->add_option("--kill", into.kill, "So many serving instances are dead")
      ->check(CLI::Range(0, 1'000'000));
  command->add_option("--alarm", into.alarms, "NAME=firing or NAME=resolved");
  command->add_option("--fire", into.firings, "A webhook policy fires once");
  command->add_option("--hold", into.hold, "An operator holds it at so many")
      ->check(CLI::Range(0, 1'000'000));
  command->add_option("--at", into.at,
                      "When: 2026-11-27T18:00 in the group's zone, RFC 3339, or 2h from now. "
                      "Signals and instances are taken to be as they are now");
  command->add_option("--journal", into.journal,
                      "From the newest entry of this journal's file instead of a daemon");
  command->callback(
      [&run, arguments] { run = [arguments] { return what_if_command(*arguments); }; });
}

}  // namespace settle
