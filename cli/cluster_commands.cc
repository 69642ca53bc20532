// Commands about a cluster of daemons: members, partitions, leader, drain.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "cli/asking.h"
#include "cli/table.h"

namespace settle {
namespace {

namespace json = boost::json;

/// What is amiss in the cluster, as any answer about it says.
void warn(const json::value& of) {
  if (!of.is_object()) return;
  const json::object& reply = of.as_object();
  const std::string held = cell(reply, "held_back");
  if (held != "–") fmt::print(stderr, "this node sends nothing to clouds: {}\n", held);
  const std::string revisions = cell(reply, "revisions");
  if (revisions != "–" && revisions != "0" && revisions != "1") {
    const json::value* agreed = reply.if_contains("revision");
    const std::string name = agreed != nullptr && agreed->is_object()
                                 ? cell(agreed->as_object(), "name")
                                 : std::string("–");
    fmt::print(stderr,
               "members decide by {} revisions of the groups' files, and the cluster's is {}: give "
               "all of them the same\n",
               revisions, name);
  }
  for (const json::value& row : rows_of(of, "members")) {
    const json::value* reaches =
        row.is_object() ? row.as_object().if_contains("reaches_clouds") : nullptr;
    if (reaches == nullptr || !reaches->is_bool() || reaches->as_bool()) continue;
    fmt::print(stderr, "no cloud answers {}\n", cell(row.as_object(), "member"));
  }
}

Exit show(const Asking& asking, const std::string& path, std::string_view key, Table table,
          const std::vector<std::string>& columns) {
  Exit exit = Exit::ok;
  const auto reply = ask(asking, path, exit);
  if (!reply) return exit;
  if (asking.output != "table") {
    return print_json(asking, *reply, key);
  }
  for (const json::value& value : rows_of(*reply, key)) {
    std::vector<std::string> cells;
    cells.reserve(columns.size());
    for (const std::string& column : columns) cells.push_back(cell(value.as_object(), column));
    table.add(std::move(cells));
  }
  fmt::print("{}", table.text());
  warn(*reply);
  return Exit::ok;
}

Exit leader(const Asking& asking) {
  Exit exit = Exit::ok;
  const auto reply = ask(asking, "/v1/members", exit);
  if (!reply || !reply->is_object()) return exit;
  if (asking.output != "table") {
    return print_json(asking, *reply, "");
  }
  const json::object& row = reply->as_object();
  fmt::print("{} (epoch {})\n", cell(row, "leader"), cell(row, "leader_epoch"));
  return Exit::ok;
}

}  // namespace

void add_cluster(CLI::App& app, Run& run) {
  CLI::App* members = app.add_subcommand("members", "The daemons of the cluster");
  auto asking = add_asking(*members);
  members->callback([&run, asking] {
    run = [asking] {
      return show(
          *asking, "/v1/members", "members",
          Table({"MEMBER", "STATE", ">PARTITIONS", "LEADS", "ADDRESS", "ZONE", "VERSION",
                 "REVISION"}),
          {"member", "state", "partitions", "leads", "address", "zone", "version", "revision"});
    };
  });

  CLI::App* partitions = app.add_subcommand("partitions", "Which member owns which partition");
  auto of_partitions = add_asking(*partitions);
  partitions->callback([&run, of_partitions] {
    run = [of_partitions] {
      return show(*of_partitions, "/v1/partitions", "partitions",
                  Table({">PARTITION", "OWNER", ">EPOCH"}), {"partition", "owner", "epoch"});
    };
  });

  CLI::App* lead = app.add_subcommand("leader", "The member that assigns partitions");
  auto of_leader = add_asking(*lead);
  lead->callback([&run, of_leader] { run = [of_leader] { return leader(*of_leader); }; });

  CLI::App* drain = app.add_subcommand("drain", "Give all that a member owns to the others");
  auto of_drain = add_asking(*drain);
  auto name = std::make_shared<std::string>();
  drain->add_option("member", *name, "As `settlectl members` has it")->required();
  drain->callback([&run, of_drain, name] {
    run = [of_drain, name] {
      const Exit exit = order(*of_drain, "/v1/members/" + url_part(*name) + "/drain", {});
      if (exit == Exit::ok && of_drain->output == "table") {
        fmt::print(
            "{} gives away what it owns, and takes nothing until it is started again. "
            "Watch it: settlectl members\n",
            *name);
      }
      return exit;
    };
  });
}

}  // namespace settle
