// docs/REASONS.md is made from the phrasebook, and this holds it to that.
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "records.h"
#include "tests/places.h"

namespace settle {
namespace {

struct Chapter {
  Reason first;
  const char* title;
};

constexpr Chapter chapters[] = {
    {Reason::proposed, "What a voice says"},
    {Reason::largest_proposal, "What a rung made of it"},
    {Reason::observation_incomplete, "Why a step waits"},
    {Reason::below_desired, "Why a step is taken"},
    {Reason::cloud_refused, "What the cloud said"},
    {Reason::lease_not_held, "What the owner of a partition may do"},
};

std::string reasons_page() {
  std::string out =
      "# Reasons\n\n"
      "Every number, every step and every refusal in a decision record has one of these codes.\n"
      "They are stable: a code keeps its name and its meaning, and new ones are only added.\n"
      "`settlectl explain reason NAME` prints the same text.\n";
  for (std::uint8_t code = 0; code < static_cast<std::uint8_t>(Reason::count_); ++code) {
    const auto reason = static_cast<Reason>(code);
    for (const Chapter& chapter : chapters) {
      if (chapter.first == reason) {
        out += "\n## " + std::string(chapter.title) + "\n";
      }
    }
    out += "\n### " + std::string(name(reason)) + "\n\n" + meaning(reason) + "\n";
  }
  return out;
}

TEST(ReasonsPage, IsWhatThePhrasebookSays) {
  const std::string path = source_folder() + "/docs/REASONS.md";
  if (std::getenv("SETTLE_WRITE_DOCS") != nullptr) {
    std::ofstream(path) << reasons_page();
  }
  std::ostringstream committed;
  committed << std::ifstream(path).rdbuf();
  EXPECT_TRUE(committed.str() == reasons_page())
      << "docs/REASONS.md is not what the phrasebook says. Write it anew with\n"
      << "  SETTLE_WRITE_DOCS=1 build/dev/tests/explain_test --gtest_filter='ReasonsPage.*'";
}

}  // namespace
}  // namespace settle
