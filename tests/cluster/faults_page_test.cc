// Holds docs/CLUSTER_FAULTS.md to the tests that there are: every fault has its row, every row a
// test that exists or a reason, and few have only a reason.
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/places.h"

namespace settle::cluster {
namespace {
namespace fs = std::filesystem;

const fs::path root = source_folder();

std::string text_of(const fs::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// "Suite.Name" of every test in the sources, and "model.x" and "sim.x" as CMake names them.
std::set<std::string> known_tests() {
  std::set<std::string> names{"sim.seeds"};
  const std::regex test(R"(TEST(?:_F|_P)?\((\w+),\s*(\w+)\))");
  for (const auto& entry : fs::recursive_directory_iterator(root / "tests")) {
    if (!entry.path().string().ends_with("_test.cc")) continue;
    const std::string text = text_of(entry.path());
    for (std::sregex_iterator it(text.begin(), text.end(), test), end; it != end; ++it) {
      names.insert((*it)[1].str() + "." + (*it)[2].str());
    }
  }
  const std::string mutations = text_of(root / "tests/sim/mutation.cc");
  const std::regex mutation(R"re(Mutation::\w+, "(\w+)")re");
  for (std::sregex_iterator it(mutations.begin(), mutations.end(), mutation), end; it != end;
       ++it) {
    names.insert("sim.catches." + (*it)[1].str());
  }
  const std::string model = text_of(root / "tests/model/ownership.pml");
  const std::regex broken(R"(#ifdef (\w+))");
  for (std::sregex_iterator it(model.begin(), model.end(), broken), end; it != end; ++it) {
    std::string name = (*it)[1];
    for (char& letter : name) letter = static_cast<char>(std::tolower(letter));
    names.insert("model.catches." + name);
  }
  return names;
}

TEST(FaultsPage, NamesAnExistingTestForEveryFaultOrSaysWhyNot) {
  const std::set<std::string> known = known_tests();
  std::istringstream page(text_of(root / "docs/CLUSTER_FAULTS.md"));
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
