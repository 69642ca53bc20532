// settlectl plan: what another configuration would change, in the files and in what happens.
//
// The base is files, or what a journal last ran under. Where there is a journal, its last hours
// are lived through again under both, and the present is decided under the new one.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/json_forms.h"
#include "cli/recorded.h"
#include "cli/table.h"
#include "cli/trial/figures.h"
#include "config/files/files.h"
#include "config/settings.h"
#include "daemon/codec/json.h"
#include "reconcilers/explain/explain.h"
#include "reconcilers/foresight.h"

namespace settle {
namespace {

namespace json = boost::json;
using Kind = SettingChange::Kind;

struct Arguments {
  std::vector<std::string> files;
  std::vector<std::string> base;
  std::string journal;
  int hours = 24;
  std::string output = "table";
};

/// The same hours under both configurations.
struct Rerun {
  Time from;
  Time until;
  std::size_t rounds = 0;
  Figures base;
  Figures wanted;
  std::vector<std::string> blind;  // "web's policy queue", whose signal was not recorded.
};

/// What a group would do at once.
struct Turnout {
  std::string group;
  Time at;  // When the group was last seen.
  std::optional<Capacity> from;
  std::optional<Capacity> to;
  std::string why;
  std::optional<Turn> next;  // What comes if every signal stays as it is.
};

struct Plan {
  std::vector<ConfigFile> base_files;
  std::vector<ConfigFile> files;
  Compiled base;
  Compiled wanted;
  std::vector<GroupChange> changes;
  std::optional<Rerun> rerun;
  std::vector<Turnout> now;
};

Exit complain(Exit exit, const std::string& message) {
  fmt::print(stderr, "settlectl plan: {}\n", message);
  return exit;
}

const GroupSpec* find(const Compiled& compiled, const std::string& group) {
  for (const GroupSpec& spec : compiled.specs) {
    if (spec.id.value == group) return &spec;
  }
  return nullptr;
}

std::size_t count(const Plan& plan, Kind kind) {
  return static_cast<std::size_t>(std::count_if(
      plan.changes.begin(), plan.changes.end(),
      [&](const GroupChange& change) { return change.kind == kind && !change.group.empty(); }));
}

/// Groups that both configurations have, and not the same.
std::set<GroupId> changed_groups(const Plan& plan) {
  std::set<GroupId> groups;
  for (const GroupChange& change : plan.changes) {
    if (change.kind == Kind::changed && !change.group.empty()) groups.insert({change.group});
  }
  return groups;
}

bool read_files(const std::vector<std::string>& paths, std::vector<ConfigFile>& files,
                Compiled& compiled, Exit& exit) {
  Result<std::vector<ConfigFile>> read = read_config_files(paths);
  if (!read) {
    exit = complain(Exit::failed, read.error().message);
    return false;
  }
  files = std::move(*read);
  compiled = compile(files);
  if (!compiled.has_errors()) return true;
  fmt::print(stderr, "{}", render(compiled.findings, files));
  exit = Exit::check_failed;
  return false;
}

bool read_base(JournalReader& journal, Plan& plan, Exit& exit) {
  Result<std::vector<ConfigFile>> files = newest_files(journal);
  if (!files) {
    exit = complain(Exit::failed, files.error().message);
    return false;
  }
  plan.base_files = std::move(*files);
  plan.base = compile(plan.base_files);
  if (!plan.base.has_errors()) return true;
  fmt::print(stderr, "{}", render(plan.base.findings, plan.base_files));
  exit = complain(Exit::check_failed, "the journal's configuration has errors in this version");
  return false;
}

Status live_again(const Plan& plan, const RecordedTime& recorded, std::optional<Rerun>& into) {
  for (const auto& [group, rounds] : recorded.groups) {
    const GroupSpec& before = *find(plan.base, group.value);
    const RecordedDay day(before, rounds, recorded.until);
    Result<Trial> base = run_trial(day.inputs_for(before, plan.base.revision));
    if (!base) return base.error();
    Result<Trial> wanted =
        run_trial(day.inputs_for(*find(plan.wanted, group.value), plan.wanted.revision));
    if (!wanted) return wanted.error();
    // Both are measured by one need, or whoever asks for too little would never be short of it.
    wanted->courses.at(group.value).need = base->courses.at(group.value).need;
    if (!into) into.emplace(Rerun{day.from(), day.until(), 0, {}, {}, {}});
    into->from = std::min(into->from, day.from());
    into->rounds += day.rounds();
    for (const std::string& policy : day.blind_policies(*find(plan.wanted, group.value))) {
      into->blind.push_back(fmt::format("{}'s policy {}", group.value, policy));
    }
    add(into->base, figures_of(*base));
    add(into->wanted, figures_of(*wanted));
  }
  return std::monostate{};
}

std::optional<Turn> earlier(const std::optional<Turn>& a, const std::optional<Turn>& b) {
  if (!a || !b) return a ? a : b;
  return a->at <= b->at ? a : b;
}

void decide_now(JournalReader& journal, const std::set<GroupId>& groups, Plan& plan) {
  RevisionShelf shelf(journal);
  for (const GroupId& group : groups) {
    const auto standing = newest_standing(journal, shelf, group);
    if (!standing) continue;  // It has left no decision yet: there is no present to decide.
    const GroupSpec& spec = *find(plan.wanted, group.value);
    GroupState state = standing->state;
    const Round round = converge(spec, state, standing->seen, standing->at, standing->context);
    Turnout turnout{group.value,
                    standing->at,
                    round.record.desired_from,
                    round.record.desired_to,
                    headline(round.record),
                    std::nullopt};
    if (turnout.from == turnout.to) {
      const Tally& tally = round.record.tally;
      turnout.next = earlier(next_turn(spec, state, tally, standing->at, Way::in),
                             next_turn(spec, state, tally, standing->at, Way::out));
    }
    plan.now.push_back(std::move(turnout));
  }
}

std::string change_text(const SettingChange& change) {
  switch (change.kind) {
    case Kind::added:
      return change.to;
    case Kind::removed:
      return change.from;
    case Kind::changed:
      return change.from + " → " + change.to;
  }
  return {};
}

const char* mark(Kind kind) {
  return kind == Kind::added ? "+" : kind == Kind::removed ? "-" : "~";
}

std::string range_text(const GroupSpec* spec) {
  return spec == nullptr ? "" : fmt::format("{}–{}", spec->limits.min, spec->limits.max);
}

void print_changes(const Plan& plan) {
  std::size_t group_width = 0;
  std::size_t key_width = 0;
  for (const GroupChange& change : plan.changes) {
    group_width = std::max(group_width, change.group.size());
    if (change.kind != Kind::changed) continue;
    for (const SettingChange& one : change.settings) {
      key_width = std::max(key_width, one.key.size());
    }
  }
  key_width = std::min<std::size_t>(key_width, 44);
  for (const GroupChange& change : plan.changes) {
    const std::string group = change.group.empty() ? "settled" : change.group;
    if (change.kind == Kind::added) {
      fmt::print("  + {:<{}}  a new group, {}\n", group, group_width,
                 range_text(find(plan.wanted, group)));
    } else if (change.kind == Kind::removed) {
      fmt::print("  - {:<{}}  forgotten; its instances stay, and nobody scales them\n", group,
                 group_width);
    } else {
      for (const SettingChange& one : change.settings) {
        fmt::print("  {} {:<{}}  {:<{}}  {}\n", mark(one.kind), group, group_width, one.key,
                   key_width, change_text(one));
      }
    }
  }
}

void print_rerun(const Rerun& rerun) {
  fmt::print("\nIf it had held from {} until {} ({} recorded decisions):\n", time_text(rerun.from),
             time_text(rerun.until), rerun.rounds);
  Table table({"", ">BASE", ">PLAN"});
  const auto before = lines_of(rerun.base);
  const auto after = lines_of(rerun.wanted);
  for (std::size_t i = 0; i < before.size(); ++i) {
    table.add({"  " + before[i].name, before[i].text, after[i].text});
  }
  fmt::print("{}  need: what the base's policies asked for\n", table.text());
  for (const std::string& policy : rerun.blind) {
    fmt::print("  {} reads what was not recorded: it was without its signal all the time\n",
               policy);
  }
}

std::string number_text(const std::optional<Capacity>& number) {
  return number ? std::to_string(*number) : "none";
}

void print_now(const Plan& plan) {
  if (!plan.now.empty()) fmt::print("\n");
  for (const Turnout& one : plan.now) {
    const GroupSpec& spec = *find(plan.wanted, one.group);
    const std::string as_of = clock_text(one.at, spec.zone);
    if (one.from != one.to) {
      fmt::print("Now: {} would go {} → {} at once (as last seen {}): {}\n", one.group,
                 number_text(one.from), number_text(one.to), as_of, one.why);
      continue;
    }
    fmt::print("Now: {} would stay at {} (as last seen {})", one.group, number_text(one.to), as_of);
    if (one.next) {
      fmt::print("; if every signal stays as it is, {} → {} on {}", one.next->from, one.next->to,
                 clock_text(one.next->at, spec.zone));
    }
    fmt::print("\n");
  }
}

void print_plan(const Plan& plan) {
  fmt::print("{} → {}\n", plan.base.revision, plan.wanted.revision);
  print_changes(plan);
  if (plan.rerun) print_rerun(*plan.rerun);
  print_now(plan);
  const bool is_of_daemon = !plan.changes.empty() && plan.changes.front().group.empty();
  fmt::print("{}Plan: {} to add, {} to change, {} to remove{}.\n", plan.changes.empty() ? "" : "\n",
             count(plan, Kind::added), count(plan, Kind::changed), count(plan, Kind::removed),
             is_of_daemon ? ", and settled's own settings" : "");
}

const char* word(Kind kind) {
  return kind == Kind::added ? "added" : kind == Kind::removed ? "removed" : "changed";
}

json::value number_or_null(const std::optional<Capacity>& number) {
  if (!number) return nullptr;
  return *number;
}

json::array changes_json(const Plan& plan) {
  json::array groups;
  for (const GroupChange& change : plan.changes) {
    json::array settings;
    for (const SettingChange& one : change.settings) {
      settings.push_back(
          {{"key", one.key}, {"change", word(one.kind)}, {"from", one.from}, {"to", one.to}});
    }
    groups.push_back(
        {{"group", change.group}, {"change", word(change.kind)}, {"settings", settings}});
  }
  return groups;
}

json::object plan_json(const Plan& plan) {
  json::object out{{"base", plan.base.revision},          {"plan", plan.wanted.revision},
                   {"groups", changes_json(plan)},        {"replay", nullptr},
                   {"add", count(plan, Kind::added)},     {"change", count(plan, Kind::changed)},
                   {"remove", count(plan, Kind::removed)}};
  if (plan.rerun) {
    out["replay"] = {{"from", time_text(plan.rerun->from)},
                     {"until", time_text(plan.rerun->until)},
                     {"decisions", plan.rerun->rounds},
                     {"base", json::parse(figures_json(plan.rerun->base))},
                     {"plan", json::parse(figures_json(plan.rerun->wanted))}};
  }
  json::array now;
  for (const Turnout& one : plan.now) {
    now.push_back({{"group", one.group},
                   {"at", time_text(one.at)},
                   {"from", number_or_null(one.from)},
                   {"to", number_or_null(one.to)},
                   {"because", one.why}});
  }
  out["now"] = std::move(now);
  return out;
}

/// Opens the journal that the arguments name, if they do. False after it has said what is wrong.
bool open_journal_of(const Arguments& arguments, std::unique_ptr<JournalReader>& journal,
                     Exit& exit) {
  std::string path = arguments.journal;
  const bool is_base = arguments.base.size() == 1 && is_journal(arguments.base.front());
  if (path.empty() && is_base) path = arguments.base.front();
  if (path.empty() && arguments.base.empty()) path = default_journal;
  if (path.empty()) return true;
  auto reader = read_journal(path);
  if (!reader) {
    exit = complain(Exit::failed, reader.error().message);
    return false;
  }
  journal = std::move(*reader);
  return true;
}

Exit plan_command(const Arguments& arguments) {
  Plan plan;
  Exit exit = Exit::ok;
  if (!read_files(arguments.files, plan.files, plan.wanted, exit)) return exit;
  std::unique_ptr<JournalReader> journal;
  if (!open_journal_of(arguments, journal, exit)) return exit;
  const bool has_files = !arguments.base.empty() && !is_journal(arguments.base.front());
  const bool has_base = has_files ? read_files(arguments.base, plan.base_files, plan.base, exit)
                                  : read_base(*journal, plan, exit);
  if (!has_base) return exit;
  plan.changes = compare(plan.base_files, plan.files);
  const std::set<GroupId> changed = changed_groups(plan);
  if (journal && !changed.empty()) {
    const auto recorded = read_last(*journal, std::chrono::hours(arguments.hours), changed);
    if (!recorded) return complain(Exit::failed, recorded.error().message);
    const Status lived = live_again(plan, *recorded, plan.rerun);
    if (!lived) return complain(Exit::failed, lived.error().message);
    decide_now(*journal, changed, plan);
  }
  if (arguments.output == "table") print_plan(plan);
  if (arguments.output == "json") fmt::print("{}\n", json::serialize(plan_json(plan)));
  if (arguments.output == "yaml") fmt::print("{}", yaml_text(plan_json(plan)));
  return plan.changes.empty() ? Exit::ok : Exit::differences;
}

}  // namespace

void add_plan(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand(
      "plan",
      "What another configuration would change, in settings and over the last day; exits 2 "
      "if anything, 3 if it is wrong");
  const auto arguments = std::make_shared<Arguments>();
  command
      ->add_option("FILE", arguments->files,
                   "The whole new configuration: main file, group files, or directories of them")
      ->required();
  command->add_option("--base", arguments->base,
                      "What it is compared with: files, or a journal, which is what it last ran "
                      "under (default: the journal)");
  command->add_option(
      "--journal", arguments->journal,
      fmt::format("The journal whose last hours are lived through again (default {})",
                  default_journal));
  command->add_option("--hours", arguments->hours, "So many of them")->check(CLI::Range(1, 2'400));
  command->add_option("-o,--output", arguments->output, "table, json or yaml")
      ->check(CLI::IsMember({"table", "json", "yaml"}));
  command->callback([&run, arguments] { run = [arguments] { return plan_command(*arguments); }; });
}

}  // namespace settle
