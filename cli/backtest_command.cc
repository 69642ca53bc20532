// settlectl backtest: what a configuration, or each of several, would have made of recorded load.
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/json_forms.h"
#include "cli/recorded.h"
#include "cli/table.h"
#include "cli/trial/figures.h"
#include "cli/trial/picture.h"
#include "cli/trial/report.h"
#include "cli/trial_inputs.h"
#include "daemon/codec/json.h"

namespace settle {
namespace {

struct Arguments {
  TrialArguments trial;
  std::vector<std::string> against;
  std::string serves;
  std::string journal;  // Its last hours are the inputs; empty: none.
  int hours = 24;
  std::string output = "table";
};

/// One configuration and what became of it.
struct Course {
  std::string name;
  SimulateOptions options;
  Trial trial;
};

Exit complain(Exit exit, const std::string& message) {
  fmt::print(stderr, "settlectl backtest: {}\n", message);
  return exit;
}

std::string base_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

/// The last hours of the group's journal, for the configuration of the arguments.
bool load_recorded(const Arguments& arguments, SimulateOptions& options, Exit& exit) {
  const GroupId group{arguments.trial.group};
  if (!load_groups(arguments.trial.config, "backtest", options, exit)) return false;
  const auto spec = std::find_if(options.specs.begin(), options.specs.end(),
                                 [&](const GroupSpec& one) { return one.id == group; });
  if (spec == options.specs.end()) {
    exit = complain(Exit::failed, fmt::format("there is no group \"{}\"", group.value));
    return false;
  }
  auto journal = read_journal(arguments.journal);
  if (!journal) {
    exit = complain(Exit::failed, journal.error().message);
    return false;
  }
  auto recorded = read_last(**journal, std::chrono::hours(arguments.hours), {group});
  if (!recorded || recorded->groups.empty()) {
    exit = complain(
        Exit::failed,
        recorded ? fmt::format("the journal holds no decision of \"{}\" in that time", group.value)
                 : recorded.error().message);
    return false;
  }
  const std::vector<RecordedRound>& rounds = recorded->groups.at(group);
  RevisionShelf shelf(**journal);
  const GroupSpec* before = shelf.find(rounds.front().record.revision, group);
  const RecordedDay day(before != nullptr ? *before : *spec, rounds, recorded->until);
  options = day.inputs_for(*spec, options.revision);
  return true;
}

bool try_one(const Arguments& arguments, const std::optional<Decimal>& serves, Course& course,
             Exit& exit) {
  const bool is_loaded = arguments.journal.empty()
                             ? load_trial(arguments.trial, "backtest", course.options, exit)
                             : load_recorded(arguments, course.options, exit);
  if (!is_loaded) return false;
  Result<Trial> trial = run_trial(course.options);
  if (!trial) {
    exit = complain(Exit::failed, trial.error().message);
    return false;
  }
  course.trial = std::move(*trial);
  if (!serves) return true;
  for (const GroupSpec& spec : course.options.specs) {
    measure_by(course.trial, spec.id.value, course.options.metrics, *serves);
  }
  return true;
}

void print_table(const std::vector<Course>& courses) {
  std::vector<std::string> headings{"FIGURE"};
  for (const Course& course : courses) headings.push_back(">" + course.name);
  Table table(std::move(headings));
  std::vector<std::vector<FigureLine>> columns;
  for (const Course& course : courses) columns.push_back(lines_of(figures_of(course.trial)));
  for (std::size_t line = 0; line < columns.front().size(); ++line) {
    std::vector<std::string> cells{columns.front()[line].name};
    for (const auto& column : columns) cells.push_back(column[line].text);
    table.add(std::move(cells));
  }
  fmt::print("{} until {}\n{}", time_text(courses.front().trial.summary.start),
             time_text(courses.front().trial.summary.end), table.text());
  for (const Course& course : courses) {
    for (const auto& [guard, count] : figures_of(course.trial).withheld) {
      fmt::print("{}: {} withheld by {}\n", course.name, count, guard);
    }
  }
}

std::string json_of(const Course& course) {
  std::string json = "{\"config\":";
  append_json_text(json, course.name);
  json += ",\"revision\":";
  append_json_text(json, course.options.revision);
  json += fmt::format(",\"start\":\"{}\",\"end\":\"{}\",\"all\":{},\"groups\":{{",
                      time_text(course.trial.summary.start), time_text(course.trial.summary.end),
                      figures_json(figures_of(course.trial)));
  for (const auto& [group, ignored] : course.trial.courses) {
    if (json.back() != '{') json += ',';
    append_json_text(json, group);
    json += ":" + figures_json(figures_of(course.trial, group));
  }
  return json + "}}";
}

/// A line for each figure, a column for each configuration.
void print_csv(const std::vector<Course>& courses) {
  boost::json::array rows;
  for (const Course& course : courses) {
    const auto lines = lines_of(figures_of(course.trial));
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (i == rows.size()) rows.push_back(boost::json::object{{"figure", lines[i].key}});
      rows[i].as_object()[course.name] = boost::json::parse(lines[i].value);
    }
  }
  fmt::print("{}", csv_text(rows, {}));
}

void print_yaml(const std::vector<Course>& courses) {
  boost::json::array all;
  for (const Course& course : courses) all.push_back(boost::json::parse(json_of(course)));
  fmt::print("{}", yaml_text(all));
}

void print_course(const Arguments& arguments, const Course& course) {
  const std::string title = "Backtest of " + course.name;
  if (arguments.output == "svg") {
    fmt::print("{}", picture(course.trial, course.options.specs, {title}));
  } else {
    fmt::print(
        "{}", report(course.trial, course.options.specs,
                     {title, fmt::format(
                                 "{} until {}, revision {}.", time_text(course.trial.summary.start),
                                 time_text(course.trial.summary.end), course.options.revision)}));
  }
}

/// What makes no sense together; empty if all does.
std::string objection(const Arguments& arguments) {
  const TrialArguments& trial = arguments.trial;
  const bool has_files =
      !trial.metrics.empty() || !trial.events.empty() || !trial.prometheus.empty();
  const bool has_journal = !arguments.journal.empty();
  if (!has_files && !has_journal) {
    return "give it --metric, --events, --prometheus or --journal";
  }
  if (has_files && has_journal) return "--journal is all there is: leave the other inputs out";
  if (has_journal && trial.group.empty()) return "--journal wants the name of a group";
  if (has_journal && !arguments.serves.empty()) return "--serves wants --metric";
  const bool is_picture = arguments.output == "svg" || arguments.output == "html";
  if (is_picture && !arguments.against.empty()) {
    return "a picture shows one configuration: leave --against out";
  }
  return {};
}

Exit backtest(const Arguments& arguments) {
  std::optional<Decimal> serves;
  if (!arguments.serves.empty()) {
    serves = Decimal::parse(arguments.serves);
    if (!serves || *serves <= Decimal(0)) {
      return complain(Exit::usage, "--serves wants what one instance serves, such as 55");
    }
  }
  const std::string wrong = objection(arguments);
  if (!wrong.empty()) return complain(Exit::usage, wrong);
  const bool is_picture = arguments.output == "svg" || arguments.output == "html";
  std::vector<Course> courses(1);
  courses.front().name = base_name(arguments.trial.config.front());
  Exit exit = Exit::ok;
  if (!try_one(arguments, serves, courses.front(), exit)) return exit;
  for (const std::string& other : arguments.against) {
    Arguments changed = arguments;
    changed.trial.config = {other};
    Course& course = courses.emplace_back();
    course.name = base_name(other);
    if (!try_one(changed, serves, course, exit)) return exit;
  }
  if (is_picture) {
    print_course(arguments, courses.front());
  } else if (arguments.output == "json") {
    for (const Course& course : courses) fmt::print("{}\n", json_of(course));
  } else if (arguments.output == "yaml") {
    print_yaml(courses);
  } else if (arguments.output == "csv") {
    print_csv(courses);
  } else {
    print_table(courses);
  }
  return Exit::ok;
}

}  // namespace

void add_backtest(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand(
      "backtest", "What a configuration would have made of recorded load, in figures");
  const auto arguments = std::make_shared<Arguments>();
  Arguments& into = *arguments;
  command->add_option("group", into.trial.group,
                      "Only this group; --metric may then be POLICY=FILE.csv");
  command->add_option("--config", into.trial.config, "Main file, group files, or directories")
      ->required();
  command->add_option("--against", into.against,
                      "Other configurations, to compare: a column for each");
  add_trial_inputs(*command, into.trial);
  command->add_option("--journal", into.journal,
                      "The last hours of the group's journal, instead of other inputs");
  command->add_option("--hours", into.hours, "So many of them (24)")->check(CLI::Range(1, 2'400));
  command->add_option("--running", into.trial.running, "Instances that serve at the beginning")
      ->check(CLI::Range(0, 100'000));
  command->add_option("--serves", into.serves,
                      "What one instance serves of the metric: measures need by the load itself, "
                      "and not by what the policies ask for");
  command
      ->add_option("-o,--output", into.output,
                   "table, json (a line for each configuration), yaml, csv, svg or html")
      ->check(CLI::IsMember({"table", "json", "yaml", "csv", "svg", "html"}));
  command->callback([&run, arguments] { run = [arguments] { return backtest(*arguments); }; });
}

}  // namespace settle
