// settlectl test: runs policy tests and says which line of which file was disappointed, and why.
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/files.h"
#include "cli/trial/picture.h"
#include "cli/trial/policy_test.h"
#include "config/files/files.h"
#include "daemon/codec/json.h"
#include "reconcilers/explain/explain.h"

namespace settle {
namespace {

struct Arguments {
  std::vector<std::string> files;
  std::string only;  // Tests whose name holds this.
  std::string output = "text";
};

/// What is named in a file, from where that file is.
std::string beside(const std::string& file, const std::string& path) {
  const std::size_t slash = file.rfind('/');
  if (path.starts_with('/') || slash == std::string::npos) return path;
  return file.substr(0, slash + 1) + path;
}

PolicyTestFile read_tests(const ConfigFile& file) {
  PolicyTestFiles files;
  files.groups = [&](const std::string& path) {
    return read_config_files({beside(file.path, path)});
  };
  files.series = [&](const std::string& path) { return read_file(beside(file.path, path)); };
  return read_policy_tests(file, files);
}

std::string indented(const std::string& text, std::string_view margin) {
  std::string out;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    const std::string line = text.substr(from, end - from);
    out += line.empty() ? "\n" : fmt::format("{}{}\n", margin, line);
    from = end + 1;
  }
  return out;
}

std::string failure_text(const std::string& path, const PolicyTest& test, const Trial& trial,
                         const Disappointment& failure) {
  const Zone& zone = test.options.specs.front().zone;
  std::string text =
      fmt::format("  {}:{}:{}  {} after the start, {}\n    expected  {}\n    found     {}\n", path,
                  failure.line, failure.column, duration_text(failure.at - trial.summary.start),
                  clock_text(failure.at, zone), failure.expected, failure.found);
  if (failure.record) {
    text += "    the decision that stands then:\n";
    text += indented(page(trial.records[*failure.record], "", zone), "      ");
  }
  return text;
}

struct Told {
  std::string name;
  std::string path;
  std::string failures;  // Empty: it passed.
  std::size_t decisions = 0;
};

Told run_one(const std::string& path, const PolicyTest& test) {
  Told told{test.name, path, {}, 0};
  const PolicyTestOutcome outcome = run_policy_test(test);
  if (!outcome.trial) {
    told.failures = fmt::format("  {}:{}  {}\n", path, test.line, outcome.why);
    return told;
  }
  told.decisions = outcome.trial->records.size();
  for (const Disappointment& failure : outcome.failures) {
    told.failures += failure_text(path, test, *outcome.trial, failure);
  }
  return told;
}

void print_junit(const std::vector<Told>& all, std::size_t failed) {
  fmt::print("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
  fmt::print("<testsuite name=\"settlectl test\" tests=\"{}\" failures=\"{}\">\n", all.size(),
             failed);
  for (const Told& one : all) {
    fmt::print("  <testcase classname=\"{}\" name=\"{}\"", markup(one.path), markup(one.name));
    if (one.failures.empty()) {
      fmt::print("/>\n");
    } else {
      fmt::print(">\n    <failure>{}</failure>\n  </testcase>\n", markup(one.failures));
    }
  }
  fmt::print("</testsuite>\n");
}

void print_text(const std::vector<Told>& all, std::size_t failed) {
  for (const Told& one : all) {
    fmt::print("{}  {}: {}  ({} decisions)\n{}", one.failures.empty() ? "ok  " : "FAIL", one.path,
               one.name, one.decisions, one.failures);
  }
  fmt::print("{} test{}: {} passed, {} failed\n", all.size(), all.size() == 1 ? "" : "s",
             all.size() - failed, failed);
}

Exit test_command(const Arguments& arguments) {
  std::vector<Told> all;
  for (const std::string& path : arguments.files) {
    Result<std::string> text = read_config_text(path);
    if (!text) {
      fmt::print(stderr, "settlectl test: {}\n", text.error().message);
      return Exit::failed;
    }
    const PolicyTestFile file = read_tests({path, std::move(*text)});
    if (file.has_errors()) {
      fmt::print(stderr, "{}", render(file.findings, file.files));
      return Exit::check_failed;
    }
    for (const PolicyTest& test : file.tests) {
      if (test.name.find(arguments.only) == std::string::npos) continue;
      all.push_back(run_one(path, test));
    }
  }
  std::size_t failed = 0;
  for (const Told& one : all) failed += one.failures.empty() ? 0 : 1;
  arguments.output == "junit" ? print_junit(all, failed) : print_text(all, failed);
  if (all.empty()) {
    fmt::print(stderr, "settlectl test: there is no test{}\n",
               arguments.only.empty() ? "" : " with \"" + arguments.only + "\" in its name");
    return Exit::check_failed;
  }
  return failed == 0 ? Exit::ok : Exit::check_failed;
}

}  // namespace

void add_test(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand(
      "test", "Run policy tests without a daemon; exits 3 if one fails (docs/POLICY_TESTS.md)");
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("FILE", arguments->files, "Files of policy tests")->required();
  command->add_option("--run", arguments->only, "Only tests whose name holds this text");
  command->add_option("-o,--output", arguments->output, "text or junit")
      ->check(CLI::IsMember({"text", "junit"}));
  command->callback([&run, arguments] { run = [arguments] { return test_command(*arguments); }; });
}

}  // namespace settle
