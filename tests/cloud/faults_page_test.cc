// Holds the table of faults in docs/CLOUDS.md to the tests that there are: every fault has its row,
// and every row a test that exists.
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "tests/places.h"
#include "tests/test_names.h"

namespace settle {
namespace {

TEST(CloudFaultsPage, NamesAnExistingTestForEveryFault) {
  const std::set<std::string> known = test_names();
  std::istringstream page(text_of(source_folder() + "/docs/CLOUDS.md"));
  const std::regex row(R"(\| F(\d\d) \|[^|]+\|[^|]+\| (.+) \|)");
  const std::regex name(R"(`(\w+\.\w+)`)");
  int rows = 0;
  for (std::string line; std::getline(page, line);) {
    std::smatch parts;
    if (!std::regex_match(line, parts, row)) continue;
    EXPECT_EQ(std::stoi(parts[1]), ++rows);
    const std::string tests = parts[2];
    std::size_t named = 0;
    for (std::sregex_iterator it(tests.begin(), tests.end(), name), end; it != end; ++it) {
      EXPECT_TRUE(known.contains((*it)[1])) << "F" << rows << " names " << (*it)[1];
      ++named;
    }
    EXPECT_GT(named, 0U) << "F" << rows << ": " << tests;
  }
  EXPECT_EQ(rows, 30);
}

}  // namespace
}  // namespace settle
