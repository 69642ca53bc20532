// docs/DISASTERS.md says which test plays which incident: made from the incidents and from the
// names of the tests, and compared here.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "tests/places.h"

namespace settle {
namespace {

namespace json = boost::json;

std::string text_of(const std::string& path) {
  std::stringstream read;
  read << std::ifstream(path).rdbuf();
  return read.str();
}

/// The tests that bear the incident's id, in order of name.
std::vector<std::string> tests_of(const std::string& id) {
  std::vector<std::string> names;
  const testing::UnitTest& all = *testing::UnitTest::GetInstance();
  for (int suite = 0; suite < all.total_test_suite_count(); ++suite) {
    const testing::TestSuite& tests = *all.GetTestSuite(suite);
    if (std::string(tests.name()) != "Disasters") continue;
    for (int i = 0; i < tests.total_test_count(); ++i) {
      const std::string name = tests.GetTestInfo(i)->name();
      if (name.rfind(id + "_", 0) == 0) names.push_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string joined(const json::array& texts, const std::string& between) {
  std::string all;
  for (const json::value& text : texts) {
    all += (all.empty() ? "" : between) + std::string(text.as_string());
  }
  return all;
}

std::string row_of(const json::object& incident) {
  const auto field = [&](const char* key) { return std::string(incident.at(key).as_string()); };
  std::string links;
  for (const json::value& source : incident.at("sources").as_array()) {
    const std::string number = std::to_string(1 + std::count(links.begin(), links.end(), '['));
    links += " [" + number + "](" + std::string(source.as_string()) + ")";
  }
  std::string tests;
  for (const std::string& name : tests_of(field("id"))) {
    tests += (tests.empty() ? "`" : ", `") + name + "`";
  }
  return "| " + field("id") + " | " + field("who") + ", " + field("when") + ": " + field("what") +
         links + " | " + joined(incident.at("guards").as_array(), " ") + " | " + tests + " | " +
         field("note") + " |\n";
}

TEST(DisasterTable, NamesEveryIncidentAndTheTestThatPlaysIt) {
  const json::value incidents =
      json::parse(text_of(source_folder() + "/tests/disasters/data/disasters.json"));
  std::string table = "| id | what happened | guards | test | what is not here |\n";
  table += "|---|---|---|---|---|\n";
  int later = 0;
  for (const json::value& incident : incidents.as_array()) {
    table += row_of(incident.as_object());
    if (!tests_of(std::string(incident.at("id").as_string())).empty()) continue;
    const std::string note(incident.at("note").as_string());
    EXPECT_EQ(note.rfind("later: ", 0), 0U) << incident.at("id") << " has neither test nor owner";
    ++later;
  }
  EXPECT_EQ(incidents.as_array().size(), 53U);
  EXPECT_LE(later, 5);
  const std::string path = source_folder() + "/docs/DISASTERS.md";
  const std::string page = text_of(path);
  const std::string begin = "<!-- incidents: made by tests/disasters -->\n";
  const std::string end = "<!-- end of incidents -->\n";
  const std::size_t from = page.find(begin) + begin.size();
  const std::size_t to = page.find(end);
  ASSERT_NE(to, std::string::npos) << "no place for the table in " << path;
  if (std::getenv("SETTLE_WRITE_DOCS") != nullptr) {
    std::ofstream(path) << page.substr(0, from) + table + page.substr(to);
    return;
  }
  EXPECT_TRUE(page.substr(from, to - from) == table)
      << "docs/DISASTERS.md is not what the tests say. Write it anew with\n"
      << "  SETTLE_WRITE_DOCS=1 build/release/tests/disasters_test "
         "--gtest_filter='DisasterTable.*'";
}

}  // namespace
}  // namespace settle
