#include "config/settings.h"

#include <gtest/gtest.h>

namespace settle {
namespace {

using Kind = SettingChange::Kind;

std::vector<ConfigFile> groups(const std::string& text) {
  std::vector<ConfigFile> files{{"web.yaml", "version: 1\n" + text}};
  const Compiled compiled = compile(files);
  EXPECT_FALSE(compiled.has_errors()) << render(compiled.findings, files);
  return files;
}

std::vector<GroupChange> compare(const std::string& base, const std::string& wanted) {
  return settle::compare(groups(base), groups(wanted));
}

/// One line a change: "~ web policies.cpu.target 50 > 60".
std::string told(const std::string& base, const std::string& wanted) {
  std::string all;
  for (const GroupChange& group : compare(base, wanted)) {
    for (const SettingChange& one : group.settings) {
      const char* mark = one.kind == Kind::added ? "+" : one.kind == Kind::removed ? "-" : "~";
      all += std::string(mark) + " " + group.group + " " + one.key + " " + one.from + " > " +
             one.to + "\n";
    }
  }
  return all;
}

constexpr const char* web = R"(groups:
  web:
    capacity: { min: 2, max: 20 }
    policies:
      cpu: { type: target, target: 50, metric: { stale_after: 90s }, scale_in: { settle: 10m } }
      queue: { type: steps, steps: [ { at_least: 100, add: 2 }, { at_most: 5, remove: 1 } ] }
)";

TEST(Settings, OfOneMeaningAreTheSameHoweverTheyAreWritten) {
  EXPECT_EQ(told(web, R"(# The same, by other means.
defaults:
  capacity: { min: 2 }
groups:
  web:
    policies:
      queue: { wait: 3m, type: steps, steps: [ { remove: 1, at_most: 5 }, { add: 2, at_least: 100 } ] }
      cpu:
        type: target
        target: "50"
        metric: { when_missing: hold, stale_after: 1m30s }
        scale_in: { settle: 600s }
    capacity: { max: 20 }
)"),
            "");
}

TEST(Settings, ThatDifferAreToldWithTheDefaultThatHeld) {
  EXPECT_EQ(told(web, R"(groups:
  web:
    capacity: { min: 2, max: 20 }
    policies:
      cpu: { type: target, target: 60, metric: { when_missing: { fallback: 4 } }, scale_in: { settle: 10m } }
      queue: { type: steps, wait: 5m, steps: [ { at_least: 100, add: 3 }, { at_most: 5, remove: 1 } ] }
)"),
            "~ web policies.cpu.metric.stale_after 90s > 2m\n"
            "~ web policies.cpu.metric.when_missing hold > fallback: 4\n"
            "~ web policies.cpu.target 50 > 60\n"
            "- web policies.queue.steps { add: 2, at_least: 100 } > \n"
            "+ web policies.queue.steps  > { add: 3, at_least: 100 }\n"
            "~ web policies.queue.wait 3m > 5m\n");
}

TEST(Settings, OfANamedObjectThatComesOrGoesAreOneLine) {
  EXPECT_EQ(
      told(web, R"(groups:
  web:
    capacity: { min: 2, max: 20 }
    policies:
      cpu: { type: target, target: 50, metric: { stale_after: 90s }, scale_in: { settle: 10m } }
      more: { type: webhook, add: 3 }
)"),
      "+ web policies.more  > { add: 3, type: webhook }\n"
      "- web policies.queue { steps: { add: 2, at_least: 100 }, { at_most: 5, remove: 1 }, type: "
      "steps } > \n");
}

TEST(Settings, OfANameThatBeginsLikeAnotherAreItsOwn) {
  EXPECT_EQ(
      told(
          R"(groups: { web: { capacity: { min: 1, max: 2 }, policies: { a: { type: webhook, add: 1 } } } })",
          R"(groups: { web: { capacity: { min: 1, max: 2 }, policies: { a.b: { type: webhook, add: 1 } } } })"),
      "- web policies.a { add: 1, type: webhook } > \n"
      "+ web policies.a.b  > { add: 1, type: webhook }\n");
}

TEST(Settings, OfWholeGroupsAreTheirLimits) {
  const auto changes = compare(
      "groups: { a: { capacity: { min: 1, max: 2 } }, b: { capacity: { min: 1, max: 9 } } }",
      "groups: { b: { capacity: { min: 1, max: 9 } }, c: { capacity: { min: 0, max: 5 } } }");
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].group, "a");
  EXPECT_EQ(changes[0].kind, Kind::removed);
  EXPECT_EQ(changes[1].group, "c");
  EXPECT_EQ(changes[1].kind, Kind::added);
  EXPECT_EQ(changes[1].settings.front(), (SettingChange{Kind::added, "capacity.max", "", "5"}));
}

TEST(Settings, OfTheDaemonAreComparedOnlyWhereBothHaveThem) {
  std::vector<ConfigFile> base = groups("groups: { a: { capacity: { min: 1, max: 2 } } }");
  std::vector<ConfigFile> wanted = base;
  wanted.push_back({"settled.yaml", "version: 1\nmode: observe\n"});
  EXPECT_TRUE(settle::compare(base, wanted).empty());
  base.push_back({"settled.yaml", "version: 1\nmode: act\n"});
  const auto changes = settle::compare(base, wanted);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].group, "");
  EXPECT_EQ(changes[0].settings,
            (std::vector<SettingChange>{{Kind::changed, "mode", "act", "observe"}}));
}

}  // namespace
}  // namespace settle
