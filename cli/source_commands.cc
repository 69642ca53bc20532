// Commands about what comes in: sources, events, deadletters.
#include <cstdio>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "cli/asking.h"
#include "cli/table.h"

namespace settle {
namespace {

namespace json = boost::json;

Exit sources(const Asking& asking) {
  return print_rows(asking, "/v1/sources", "sources",
                    {"SOURCE", "TYPE", "STATE", ">LAG", ">IN FLIGHT", "LAST EVENT", "LAST ERROR"},
                    {"source", "type", "state", "lag", "in_flight", "last_event", "last_error"});
}

Exit one_source(const Asking& asking, const std::string& name) {
  Exit exit = Exit::ok;
  const auto reply = ask(asking, "/v1/sources", exit);
  if (!reply) return exit;
  for (const json::value& value : rows_of(*reply, "sources")) {
    const json::object& row = value.as_object();
    if (cell(row, "source") != name) continue;
    if (asking.output != "table") {
      return print_json(asking, value, "positions");
    }
    fmt::print("{}: {}, {}\n", name, cell(row, "type"), cell(row, "state"));
    fmt::print("\nlag {}   in flight {}   last event {}\n", cell(row, "lag"),
               cell(row, "in_flight"), cell(row, "last_event"));
    if (cell(row, "last_error") != "–") fmt::print("last error: {}\n", cell(row, "last_error"));
    const json::value* details = row.if_contains("details");
    if (details != nullptr && details->is_object()) {
      for (const auto& [key, text] : details->as_object()) {
        fmt::print("{}: {}\n", std::string_view(key), cell(details->as_object(), key));
      }
    }
    Table table({">PARTITION", "LOG", ">NEXT"});
    for (const json::value& position : rows_of(value, "positions")) {
      const json::object& at = position.as_object();
      table.add({cell(at, "partition"), cell(at, "log"), cell(at, "next")});
    }
    if (!table.empty()) fmt::print("\n{}", table.text());
    return Exit::ok;
  }
  fmt::print(stderr, "settlectl: the daemon has no source \"{}\"\n", name);
  return Exit::failed;
}

void print_watched(const Asking& asking, const json::value& reply) {
  for (const json::value& value : rows_of(reply, "events")) {
    const json::object& row = value.as_object();
    const json::value* found = row.if_contains("event");
    if (found == nullptr || !found->is_object()) continue;
    const json::object& event = found->as_object();
    if (asking.output != "table") {
      fmt::print("{}\n", json::serialize(value));
      continue;
    }
    const json::value* what = event.if_contains("data");
    fmt::print("{}  {}  {}  {}  {}  {}\n", cell(event, "time"), cell(row, "through"),
               cell(event, "subject"), cell(event, "type"), cell(event, "id"),
               what == nullptr ? "" : json::serialize(*what));
  }
  (void)std::fflush(stdout);
}

/// Goes on until it is ended, or the daemon is.
Exit watch_events(const Asking& asking, const std::string& group) {
  std::string after;
  while (true) {
    Exit exit = Exit::ok;
    std::string path = "/v1/events?wait=30s&limit=1000" + after;
    if (!group.empty()) path += "&group=" + url_part(group);
    const auto reply = ask(asking, path, exit);
    if (!reply) return exit;
    print_watched(asking, *reply);
    after = "&after=" + cell(reply->as_object(), "last");
  }
}

Exit remembered(const Asking& asking, const std::string& group) {
  if (group.empty()) {
    fmt::print(stderr, "settlectl: name a group, or follow all of them with -f\n");
    return Exit::usage;
  }
  return print_rows(asking, "/v1/groups/" + url_part(group) + "/events", "events",
                    {"TIME", "TYPE", "SOURCE", "ID", "WHAT"},
                    {"time", "type", "source", "id", "what"});
}

Exit letters(const Asking& asking, bool shows_all) {
  Exit exit = Exit::ok;
  auto reply = ask(asking, "/v1/deadletters?limit=1000", exit);
  if (!reply) return exit;
  json::array kept;
  for (const json::value& value : rows_of(*reply, "deadletters")) {
    if (shows_all || cell(value.as_object(), "settled") == "–") kept.push_back(value);
  }
  if (!asking.is_for_people()) {
    return print_json(asking, json::object{{"deadletters", kept}}, "deadletters");
  }
  Table table({">SEQUENCE", "TIME", "REASON", "SETTLED", "EVENT"});
  for (const json::value& value : kept) {
    const json::object& row = value.as_object();
    table.add({cell(row, "sequence"), cell(row, "at"), cell(row, "reason"), cell(row, "settled"),
               cell(row, "event")});
  }
  if (table.empty()) {
    fmt::print(stderr, "none\n");
    return Exit::ok;
  }
  fmt::print("{}", table.text());
  return Exit::ok;
}

Exit one_letter(const Asking& asking, std::uint64_t sequence) {
  Exit exit = Exit::ok;
  const auto reply = ask(asking, fmt::format("/v1/deadletters/{}", sequence), exit);
  if (!reply) return exit;
  if (asking.output != "table" || !reply->is_object()) {
    return print_json(asking, *reply, "");
  }
  const json::object& row = reply->as_object();
  fmt::print("{}  {}\n{}\n", cell(row, "sequence"), cell(row, "at"), cell(row, "reason"));
  if (cell(row, "settled") != "–") fmt::print("settled: {}\n", cell(row, "settled"));
  fmt::print("\n{}\n", cell(row, "event"));
  return Exit::ok;
}

void add_letter_command(CLI::App& parent, Run& run, const char* name, const char* about,
                        Exit (*act)(const Asking&, std::uint64_t)) {
  CLI::App* command = parent.add_subcommand(name, about);
  auto asking = add_asking(*command);
  auto sequence = std::make_shared<std::uint64_t>();
  command->add_option("sequence", *sequence, "The letter's number")->required();
  command->callback([&run, asking, sequence, act] {
    run = [asking, sequence, act] { return act(*asking, *sequence); };
  });
}

void add_letters(CLI::App& app, Run& run) {
  CLI::App* dead = app.add_subcommand("deadletters", "Events that changed nothing, and why");
  dead->require_subcommand(0, 1);
  auto asking = add_asking_rows(*dead);
  auto shows_all = std::make_shared<bool>(false);
  dead->add_flag("--all", *shows_all, "Also those that have been replayed or discarded");
  CLI::App* listed = dead->add_subcommand("list", "All that lie there");
  auto list_asking = add_asking_rows(*listed);
  listed->add_flag("--all", *shows_all, "Also those that have been replayed or discarded");
  listed->callback([&run, list_asking, shows_all] {
    run = [list_asking, shows_all] { return letters(*list_asking, *shows_all); };
  });
  add_letter_command(*dead, run, "show", "One of them, whole", one_letter);
  add_letter_command(*dead, run, "replay",
                     "Give its event to its group once more, as if it happened now",
                     [](const Asking& from, std::uint64_t sequence) {
                       return order(from, fmt::format("/v1/deadletters/{}/replay", sequence), {});
                     });
  add_letter_command(*dead, run, "discard", "Let it be: it is listed no more",
                     [](const Asking& from, std::uint64_t sequence) {
                       return order(from, fmt::format("/v1/deadletters/{}/discard", sequence), {});
                     });
  dead->callback([&run, dead, asking, shows_all] {
    if (!dead->get_subcommands().empty()) return;
    run = [asking, shows_all] { return letters(*asking, *shows_all); };
  });
}

}  // namespace

void add_sources(CLI::App& app, Run& run) {
  CLI::App* all = app.add_subcommand("sources", "Where signals come from, and how that goes");
  auto asking = add_asking_rows(*all);
  auto name = std::make_shared<std::string>();
  all->add_option("source", *name, "Only this one, with the positions of its logs");
  all->callback([&run, asking, name] {
    run = [asking, name] { return name->empty() ? sources(*asking) : one_source(*asking, *name); };
  });

  CLI::App* events = app.add_subcommand("events", "What a group remembers of what it was told");
  auto events_asking = add_asking_rows(*events);
  auto group = std::make_shared<std::string>();
  auto follows = std::make_shared<bool>(false);
  events->add_option("group", *group, "The group's name");
  events->add_flag("-f,--follow", *follows, "Show what comes in, as it comes; of any group");
  events->callback([&run, events_asking, group, follows] {
    run = [events_asking, group, follows] {
      return *follows ? watch_events(*events_asking, *group) : remembered(*events_asking, *group);
    };
  });
  add_letters(app, run);
}

}  // namespace settle
