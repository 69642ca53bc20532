// Whatever the text, reading it ends soon and with findings.
#include <chrono>
#include <functional>
#include <random>

#include <gmock/gmock.h>

#include "tests/config/support.h"

namespace settle {
namespace {

std::string repeated(const std::string& text, std::size_t times) {
  std::string result;
  result.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) result += text;
  return result;
}

/// The first code, and that compiling and rendering come to an end.
std::string first_code(const std::string& text) {
  const std::vector<ConfigFile> files{{"x.yaml", text}};
  const Compiled compiled = compile(files, std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});
  EXPECT_LE(compiled.findings.size(), 201U);
  EXPECT_LE(render(compiled.findings, files).size(), 1U << 20U);
  EXPECT_TRUE(!compiled.has_errors() || compiled.specs.empty());
  return compiled.findings.empty() ? "" : compiled.findings.front().code;
}

TEST(Bounds, RefuseWhatIsTooLarge) {
  EXPECT_EQ(first_code(repeated("#\n", (1U << 19U) + 1)), "E0101");
  EXPECT_EQ(first_code("a: " + repeated("x", 70'000)), "E0104");
  EXPECT_EQ(first_code("groups:\n" + repeated("- a\n", 100'001)), "E0103");
}

TEST(Bounds, RefuseWhatIsTooDeep) {
  // The parser takes the first bracket of such a text for a key.
  for (const std::string& text :
       {repeated("[\n", 500'000), repeated("[", 60'000), repeated("{a: ", 10'000)}) {
    EXPECT_THAT(first_code(text), testing::AnyOf("E0102", "E0111"));
  }
  EXPECT_EQ(first_code(repeated("- ", 30'000)), "E0102");
  EXPECT_EQ(first_code("groups:\n  web:\n    about: " + repeated("[", 31) + repeated("]", 31)),
            "E0102");
}

TEST(Bounds, RefuseWhatIsNotText) {
  EXPECT_EQ(first_code("a: \xff\xfe"), "E0109");
  EXPECT_EQ(first_code(std::string("a: b\0c", 6)), "E0109");
  EXPECT_EQ(first_code("a: \xc0\x80"), "E0109");
  EXPECT_EQ(first_code("a: \x1b[31mred"), "E0109");
}

TEST(Bounds, RefuseDefaultsThatMultiply) {
  std::string text = "defaults:\n  launch:\n    networks:\n" + repeated("      - n\n", 3'000);
  text += "groups:\n";
  for (int i = 0; i < 1'000; ++i)
    text += "  g" + std::to_string(i) + ": { capacity: { max: 1 } }\n";
  EXPECT_EQ(first_code(text), "E0103");
}

TEST(Bounds, NeitherAliasesNorMergeKeysMultiply) {
  std::string text = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text +=
        "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + "," + before + "]\n";
  }
  EXPECT_EQ(first_code(text), "E0105");
}

TEST(Bounds, ManyErrorsAreCounted) {
  std::string text = "groups:\n";
  for (int i = 0; i < 5'000; ++i) text += "  g" + std::to_string(i) + ": { colour: red }\n";
  const Compiled compiled = compile({{"x.yaml", text}});
  ASSERT_EQ(compiled.findings.size(), 201U);
  EXPECT_EQ(compiled.findings.back().code, "E0125");
  EXPECT_EQ(compiled.findings.back().message, "9800 more findings in this file are not shown");
}

TEST(Bounds, SchedulesThatNeverRestAreLookedAtInBoundedTime) {
  std::string text = "groups:\n  g:\n    capacity: { min: 0, max: 5 }\n    schedule:\n";
  for (int i = 0; i < 2'000; ++i) {
    text += "      s" + std::to_string(i) +
            ": { cron: '* * * * *', for: 2m, capacity: { min: " + (i % 2 == 0 ? "9" : "1") +
            ", max: 20 } }\n";
  }
  first_code(text);
}

/// Every prefix, and texts with a piece changed, of a file that is sound.
TEST(Bounds, AnyDamageGivesFindingsAndNeverACrash) {
  const std::string sound = read_file(test_folder() / "examples/web.yaml");
  for (std::size_t length = 0; length < sound.size(); length += 23)
    first_code(sound.substr(0, length));
  std::mt19937 chance(7);
  const std::string pieces = "{}[]:,-#&*!|>'\"%@`\n\t ?~<0a\x7f\xc3";
  const auto below = [&](std::size_t limit) { return chance() % limit; };
  for (int i = 0; i < 300; ++i) {
    std::string text = sound;
    for (std::size_t edits = 1 + below(4); edits > 0; --edits) {
      const std::size_t at = below(text.size());
      switch (below(3)) {
        case 0:
          text[at] = pieces[below(pieces.size())];
          break;
        case 1:
          text.insert(at, 1, pieces[below(pieces.size())]);
          break;
        default:
          text.erase(at, 1 + below(30));
          break;
      }
    }
    first_code(text);
  }
}

}  // namespace
}  // namespace settle
