// Commands about clouds: clouds, orphans.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "cli/asking.h"
#include "cli/table.h"

namespace settle {
namespace {

namespace json = boost::json;

/// "45 / 120 ms": the middle one and the slowest in a hundred.
std::string latency_text(const json::object& row, std::string_view key) {
  const json::value* found = row.if_contains(key);
  if (found == nullptr || !found->is_object()) return "–";
  const json::object& of = found->as_object();
  if (cell(of, "p50_ms") == "–") return "–";
  return cell(of, "p50_ms") + " / " + cell(of, "p99_ms") + " ms";
}

std::string or_dash(std::string text) {
  return text.empty() ? "–" : text;
}

Exit clouds(const Asking& asking) {
  Exit exit = Exit::ok;
  const auto reply = ask(asking, "/v1/clouds", exit);
  if (!reply) return exit;
  if (!asking.is_for_people()) {
    return print_json(asking, *reply, "clouds");
  }
  Table table({"CLOUD", "TYPE", "REGION", "LAST COMPLETE LISTING", ">LOOKS", ">CHANGES",
               ">THROTTLED", ">IN FLIGHT", "BREAKER", "QUOTA REFUSED"});
  for (const json::value& value : rows_of(*reply, "clouds")) {
    const json::object& row = value.as_object();
    table.add({cell(row, "cloud"), cell(row, "type"), or_dash(cell(row, "region")),
               cell(row, "last_complete_listing"), latency_text(row, "looks"),
               latency_text(row, "changes"), cell(row, "throttled"), cell(row, "in_flight"),
               or_dash(cell(row, "breaker")), cell(row, "quota_last_refused")});
  }
  fmt::print("{}", table.text());
  return Exit::ok;
}

Exit one_cloud(const Asking& asking, const std::string& name) {
  Exit exit = Exit::ok;
  const auto reply = ask(asking, "/v1/clouds", exit);
  if (!reply) return exit;
  for (const json::value& value : rows_of(*reply, "clouds")) {
    const json::object& row = value.as_object();
    if (cell(row, "cloud") != name) continue;
    if (asking.output != "table") {
      return print_json(asking, value, "calls");
    }
    fmt::print("{}: {}{}{}\n\n", name, cell(row, "type"),
               cell(row, "region").empty() ? "" : ", " + cell(row, "region"),
               cell(row, "read_only") == "true" ? ", may only be looked at" : "");
    fmt::print("last complete listing {}\n", cell(row, "last_complete_listing"));
    if (cell(row, "last_failed_look") != "–") {
      fmt::print("last failed look {}: {}\n", cell(row, "last_failed_look"),
                 cell(row, "last_failure"));
    }
    fmt::print("looks {}   changes {}   in flight {}   throttled {}   breaker {}\n\n",
               latency_text(row, "looks"), latency_text(row, "changes"), cell(row, "in_flight"),
               cell(row, "throttled"), or_dash(cell(row, "breaker")));
    Table table({"CALL", "OUTCOME", ">COUNT"});
    for (const json::value& call : rows_of(value, "calls")) {
      const json::object& of = call.as_object();
      table.add({cell(of, "call"), cell(of, "outcome"), cell(of, "count")});
    }
    if (!table.empty()) fmt::print("{}", table.text());
    return Exit::ok;
  }
  fmt::print(stderr, "settlectl: the daemon has no cloud \"{}\"\n", name);
  return Exit::failed;
}

Exit orphans(const Asking& asking) {
  Exit exit = Exit::ok;
  const auto reply = ask(asking, "/v1/orphans", exit);
  if (!reply) return exit;
  if (!asking.is_for_people()) {
    print_json(asking, *reply, "orphans");
  } else {
    Table table({"CLOUD", "INSTANCE", "GROUP", "STATE", "ZONE", "CREATED"});
    for (const json::value& value : rows_of(*reply, "orphans")) {
      const json::object& row = value.as_object();
      table.add({cell(row, "cloud"), cell(row, "instance"), cell(row, "group"), cell(row, "state"),
                 or_dash(cell(row, "zone")), cell(row, "created")});
    }
    fmt::print("{}", table.empty() ? "none\n" : table.text());
  }
  // Nobody is to read "none" where a cloud did not tell.
  for (const json::value& value : rows_of(*reply, "clouds")) {
    const json::object& row = value.as_object();
    if (cell(row, "complete") == "true") continue;
    exit = Exit::failed;
    const std::string why = cell(row, "failure");
    fmt::print(stderr, "settlectl: {} showed {}\n", cell(row, "cloud"),
               why.empty() ? "only a part of what it holds" : "nothing: " + why);
  }
  return exit;
}

}  // namespace

void add_clouds(CLI::App& app, Run& run) {
  CLI::App* all = app.add_subcommand("clouds", "How each cloud answers: this daemon's calls");
  auto asking = add_asking_rows(*all);
  auto name = std::make_shared<std::string>();
  all->add_option("cloud", *name, "Only this one, with its calls by outcome");
  all->callback([&run, asking, name] {
    run = [asking, name] { return name->empty() ? clouds(*asking) : one_cloud(*asking, *name); };
  });

  CLI::App* lost = app.add_subcommand(
      "orphans", "Instances that bear our cluster's mark and no known group's; none is touched");
  auto of_lost = add_asking_rows(*lost);
  lost->callback([&run, of_lost] { run = [of_lost] { return orphans(*of_lost); }; });
}

}  // namespace settle
