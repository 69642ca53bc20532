// What the nodes of a cluster have alike, whatever else their main files say.
#include <gtest/gtest.h>

#include "config/revision.h"

namespace settle {
namespace {

std::string shared(const std::vector<ConfigFile>& files) {
  return revision_of(shared_part(files));
}

constexpr const char* inline_groups =
    "version: 1\nnode: { name: %s }\n"
    "groups:\n  web: { capacity: { min: 1, max: 5 } }\n# between\n  api: {}\n"
    "log: { level: info }\n";

ConfigFile main_of(const std::string& name, const std::string& text) {
  std::string own = text;
  const std::size_t at = own.find("%s");
  if (at != std::string::npos) own.replace(at, 2, name);
  return {"/etc/" + name + "/settled.yaml", own};
}

TEST(SharedPart, OfTwoNodesIsTheSameWhateverTheyAreCalled) {
  EXPECT_EQ(shared({main_of("n1", inline_groups)}), shared({main_of("n2", inline_groups)}));
  const ConfigFile groups{"groups.d/web.yaml", "version: 1\ngroups: {}\n"};
  EXPECT_EQ(shared({main_of("n1", "node: { name: %s }\ngroups: /a/*.yaml\n"), groups}),
            shared({main_of("n2", "node: { name: %s }\ngroups: /b/*.yaml\n"), groups}));
}

TEST(SharedPart, HoldsGroupsAndSharedBudgetsWhereverTheyAre) {
  const std::string base = shared({main_of("n1", inline_groups)});
  std::string text = inline_groups;
  text.replace(text.find("max: 5"), 6, "max: 6");
  EXPECT_NE(shared({main_of("n1", text)}), base);
  EXPECT_NE(shared({main_of("n1", std::string(inline_groups) + "budgets:\n  all: {}\n")}), base);
  const ConfigFile groups{"web.yaml", "groups: {}\n"};
  EXPECT_NE(shared({main_of("n1", "budgets: { all: { instances: 9 } }\n"), groups}),
            shared({main_of("n1", "budgets: { all: { instances: 8 } }\n"), groups}));
  EXPECT_NE(shared({main_of("n1", ""), groups}),
            shared({main_of("n1", ""), {"web.yaml", "groups: { a: {} }\n"}}));
}

TEST(SharedPart, OfAFileInOneLineIsTheWholeOfIt) {
  EXPECT_NE(shared({main_of("n1", "{ version: 1, groups: { a: {} } }")}),
            shared({main_of("n1", "{ version: 1, groups: { b: {} } }")}));
  EXPECT_EQ(shared({}), shared({}));
}

}  // namespace
}  // namespace settle
