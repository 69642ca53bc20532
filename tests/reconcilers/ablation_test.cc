// Every guard is taken out once, and some story must then end badly: a guard that nothing needs is
// no guard. What came out is the table in docs/GUARDS.md.
#include "tests/reconcilers/ablation.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "tests/places.h"

namespace settle {
namespace {

constexpr std::string_view begins = "<!-- ablation: begin -->\n";
constexpr std::string_view ends = "<!-- ablation: end -->\n";

std::string table() {
  std::string text =
      "| without | stories that then end badly |\n"
      "|---|---|\n";
  for (const AblationStory& taken_out : ablation_stories()) {
    std::string broken;
    for (const AblationStory& story : ablation_stories()) {
      if (story.ends_well(Ablation::without(taken_out.guard))) continue;
      broken += (broken.empty() ? "" : "; ") + std::string(story.story);
    }
    text +=
        "| " + std::string(taken_out.name) + " | " + (broken.empty() ? "none" : broken) + " |\n";
  }
  return text;
}

TEST(Ablation, EveryGuardHasItsStory) {
  const auto& stories = ablation_stories();
  ASSERT_EQ(stories.size(), static_cast<std::size_t>(Guard::count_));
  for (std::size_t at = 0; at < stories.size(); ++at) {
    EXPECT_EQ(stories[at].guard, static_cast<Guard>(at)) << stories[at].name;
  }
}

TEST(Ablation, WithAllGuardsEveryStoryEndsWell) {
  for (const AblationStory& story : ablation_stories()) {
    EXPECT_TRUE(story.ends_well(GuardMask())) << story.name << ": " << story.story;
  }
}

TEST(Ablation, WithoutAGuardItsStoryEndsBadly) {
  for (const AblationStory& story : ablation_stories()) {
    EXPECT_FALSE(story.ends_well(Ablation::without(story.guard))) << story.name;
  }
}

TEST(Ablation, TheTableIsWhatWasFound) {
  const std::string path = source_folder() + "/docs/GUARDS.md";
  std::ostringstream read;
  read << std::ifstream(path).rdbuf();
  const std::string page = read.str();
  const std::size_t from = page.find(begins);
  const std::size_t until = page.find(ends);
  ASSERT_TRUE(from != std::string::npos && until != std::string::npos && from < until) << path;
  const std::size_t begin = from + begins.size();
  const std::string found = table();
  if (std::getenv("SETTLE_WRITE_DOCS") != nullptr) {
    std::ofstream(path) << page.substr(0, begin) << found << page.substr(until);
    return;
  }
  EXPECT_TRUE(page.substr(begin, until - begin) == found)
      << "docs/GUARDS.md is not what was found. Write it anew with\n"
      << "  SETTLE_WRITE_DOCS=1 build/dev/tests/reconcilers_test --gtest_filter='Ablation.*'";
}

}  // namespace
}  // namespace settle
