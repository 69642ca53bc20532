// Holds docs/CLUSTER_FAULTS.md to the tests that there are: every fault has its row, every row a
// test that exists or a reason, and few have only a reason.
#include <regex>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/places.h"
#include "tests/test_names.h"

namespace settle::cluster {
namespace {
TEST(FaultsPage, NamesAnExistingTestForEveryFaultOrSaysWhyNot) {
  const std::set<std::string> known = test_names();
  std::istringstream page(text_of(source_folder() + "/docs/CLUSTER_FAULTS.md"));
  const std::regex row(R"(\| (\d+) \|[^|]+\|[^|]+\| (.+) \|)");
  const std::regex name(R"(`([\w.]+)`)");
  int rows = 0;
  int without = 0;
  for (std::string line; std::getline(page, line);) {
    std::smatch parts;
    if (!std::regex_match(line, parts, row)) continue;
    EXPECT_EQ(std::stoi(parts[1]), ++rows);
    const std::string tests = parts[2];
    std::size_t named = 0;
    for (std::sregex_iterator it(tests.begin(), tests.end(), name), end; it != end; ++it) {
      EXPECT_TRUE(known.contains((*it)[1])) << "row " << rows << " names " << (*it)[1];
      ++named;
    }
    const bool comes_later = tests.starts_with("kafka") || tests.starts_with("rabbitmq");
    if (named > 0 || comes_later) continue;
    EXPECT_TRUE(tests.starts_with("none: ")) << "row " << rows << ": " << tests;
    ++without;
  }
  EXPECT_EQ(rows, 54);
  EXPECT_LE(without, 5);
}

}  // namespace
}  // namespace settle::cluster
