#include "tests/cases/published.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/places.h"

namespace settle::cases {

void publish(const std::string& name, const std::string& text) {
  const std::string path = source_folder() + "/docs/CASES.md";
  std::stringstream read;
  read << std::ifstream(path).rdbuf();
  std::string page = read.str();
  const std::string begin = "<!-- " + name + ": made by tests/cases -->\n";
  const std::string end = "<!-- end of " + name + " -->\n";
  const std::size_t from = page.find(begin);
  const std::size_t to = page.find(end);
  ASSERT_NE(from, std::string::npos) << "no place for " << name << " in " << path;
  ASSERT_NE(to, std::string::npos);
  const std::size_t inside = from + begin.size();
  if (std::getenv("SETTLE_WRITE_DOCS") != nullptr) {
    page.replace(inside, to - inside, text);
    std::ofstream(path) << page;
    return;
  }
  EXPECT_TRUE(page.substr(inside, to - inside) == text)
      << "docs/CASES.md is not what the cases say. Write it anew with\n"
      << "  SETTLE_WRITE_DOCS=1 build/dev/tests/cases_test --gtest_filter='*.AreTabled'";
}

}  // namespace settle::cases
