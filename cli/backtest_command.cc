// settlectl backtest: what a configuration, or each of several, would have made of recorded load.
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/command.h"
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

bool try_one(const Arguments& arguments, const std::optional<Decimal>& serves, Course& course,
             Exit& exit) {
  if (!load_trial(arguments.trial, "backtest", course.options, exit)) return false;
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

Exit backtest(const Arguments& arguments) {
  std::optional<Decimal> serves;
  if (!arguments.serves.empty()) {
    serves = Decimal::parse(arguments.serves);
    if (!serves || *serves <= Decimal(0)) {
      return complain(Exit::usage, "--serves wants what one instance serves, such as 55");
    }
  }
  if (arguments.trial.metrics.empty() && arguments.trial.events.empty()) {
    return complain(Exit::usage, "give it --metric or --events");
  }
  const bool is_picture = arguments.output == "svg" || arguments.output == "html";
  if (is_picture && !arguments.against.empty()) {
    return complain(Exit::usage, "a picture shows one configuration: leave --against out");
  }
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
  command->add_option("--running", into.trial.running, "Instances that serve at the beginning")
      ->check(CLI::Range(0, 100'000));
  command->add_option("--serves", into.serves,
                      "What one instance serves of the metric: measures need by the load itself, "
                      "and not by what the policies ask for");
  command
      ->add_option("-o,--output", into.output,
                   "table, json (a line for each configuration), svg or html")
      ->check(CLI::IsMember({"table", "json", "svg", "html"}));
  command->callback([&run, arguments] { run = [arguments] { return backtest(*arguments); }; });
}

}  // namespace settle
