// Tests of policies, as their owners write them: a group as configured, signals and events at
// times, and what is expected of the decisions. Each test is one simulation (trial.h).
//
// It is given texts and callbacks that open files; what the keys of such a file mean is written in
// docs/POLICY_TESTS.md.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/trial/trial.h"
#include "config/config.h"

namespace settle {

/// Inclusive.
struct Bounds {
  Capacity least = 0;
  Capacity most = 0;
  [[nodiscard]] bool hold(Capacity number) const { return least <= number && number <= most; }
};

/// One entry of `expect`.
struct Expectation {
  enum class When : std::uint8_t { at, always, never };
  struct TooMany {
    std::string what;  // "terminations", "launches", "changes" or "reversals".
    std::size_t over = 0;
  };

  int line = 0;
  int column = 0;
  When when = When::at;
  Time at;
  std::optional<Time> since;                            // Of launched and terminated.
  std::vector<std::pair<std::string, Bounds>> numbers;  // "desired", "ready", "launched", ...
  std::vector<std::string> because;                     // Each must be among the causes.
  std::vector<std::string> not_scaled;                  // Reason codes.
  std::vector<std::string> withheld_by;                 // Guards.
  std::optional<bool> converged;                        // As many exist, and serve, as are desired.
  std::vector<TooMany> too_many;
  std::optional<Duration> within;  // None: the whole test.
};

struct PolicyTest {
  std::string name;
  int line = 0;
  std::string group;
  SimulateOptions options;
  std::vector<Expectation> expect;
};

struct PolicyTestFile {
  std::vector<PolicyTest> tests;     // Empty if there is any error.
  std::vector<Diagnostic> findings;  // In the test file, or in the configuration that it names.
  std::vector<ConfigFile> files;     // That findings are about.
  [[nodiscard]] bool has_errors() const;
};

/// How the files that a test file names are opened. Paths are as they stand in the file.
struct PolicyTestFiles {
  std::function<Result<std::vector<ConfigFile>>(const std::string& path)> groups;
  std::function<Result<std::string>(const std::string& path)> series;
};

[[nodiscard]] PolicyTestFile read_policy_tests(const ConfigFile& file,
                                               const PolicyTestFiles& files);

struct Disappointment {
  int line = 0;
  int column = 0;
  Time at;
  std::string expected;               // "desired 25"
  std::string found;                  // "desired 20"
  std::optional<std::size_t> record;  // Of the trial: the decision that stands at that time.
};

struct PolicyTestOutcome {
  std::optional<Trial> trial;  // None: `why` says why it could not run.
  std::string why;
  std::vector<Disappointment> failures;
  [[nodiscard]] bool passed() const { return trial.has_value() && failures.empty(); }
};

[[nodiscard]] PolicyTestOutcome run_policy_test(const PolicyTest& test);

/// What a decision is due to, as `because` names it: "policy/cpu", "schedule/office-hours",
/// "operator/hold", "health", "freeze/weekend-calm", "limits", "rest", and reason codes.
[[nodiscard]] std::vector<std::string> causes_of(const DecisionRecord& record);

}  // namespace settle
