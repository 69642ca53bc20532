#include "tests/test_names.h"

#include <cctype>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>

#include "tests/places.h"

namespace settle {
namespace fs = std::filesystem;

std::string text_of(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::set<std::string> test_names() {
  const std::string root = source_folder();
  std::set<std::string> names{"sim.seeds"};
  const std::regex test(R"(TEST(?:_F|_P)?\((\w+),\s*(\w+)\))");
  for (const auto& entry : fs::recursive_directory_iterator(root + "/tests")) {
    const std::string path = entry.path().string();
    if (!path.ends_with("_test.cc") && !path.ends_with("contract.h")) continue;
    const std::string text = text_of(entry.path().string());
    for (std::sregex_iterator it(text.begin(), text.end(), test), end; it != end; ++it) {
      names.insert((*it)[1].str() + "." + (*it)[2].str());
    }
  }
  const std::string mutations = text_of(root + "/tests/sim/mutation.cc");
  const std::regex mutation(R"re(Mutation::\w+, "(\w+)")re");
  for (std::sregex_iterator it(mutations.begin(), mutations.end(), mutation), end; it != end;
       ++it) {
    names.insert("sim.catches." + (*it)[1].str());
  }
  const std::string model = text_of(root + "/tests/model/ownership.pml");
  const std::regex broken(R"(#ifdef (\w+))");
  for (std::sregex_iterator it(model.begin(), model.end(), broken), end; it != end; ++it) {
    std::string name = (*it)[1];
    for (char& letter : name) letter = static_cast<char>(std::tolower(letter));
    names.insert("model.catches." + name);
  }
  return names;
}

}  // namespace settle
