#include "cli/trial/series_notation.h"

#include <string>

#include <gtest/gtest.h>

namespace settle {
namespace {

std::string shown(std::string_view text) {
  const auto values = read_notation(text);
  if (!values) return "refused: " + values.error().message;
  std::string all;
  for (const auto& value : *values) all += (all.empty() ? "" : " ") + (value ? value->text() : "_");
  return all;
}

void check(std::string_view text, const std::string& values) {
  EXPECT_EQ(shown(text), values) << text;
}

TEST(SeriesNotation, CountsAsPrometheusDoes) {
  check("30", "30");
  check("30x3", "30 30 30 30");
  check("10+5x3", "10 15 20 25");
  check("10-5x3", "10 5 0 -5");
  check("-2+1x2", "-2 -1 0");
  check("1.5+0.25x2", "1.5 1.75 2");
  check("_", "_");
  check("_x3", "_ _ _");
  check("1 2x1 _ 4", "1 2 2 _ 4");
  check("", "");
}

TEST(SeriesNotation, RefusesWhatIsNone) {
  for (const char* text : {"x", "1x", "1xx2", "1+x2", "a", "1x-2", "30x99999999999"}) {
    EXPECT_TRUE(shown(text).starts_with("refused")) << text;
  }
  EXPECT_TRUE(shown("1x2000000").starts_with("refused"));
}

}  // namespace
}  // namespace settle
