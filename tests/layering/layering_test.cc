// Holds the sources to the table of rooms in the root CMakeLists.txt and to the rules of
// docs/ARCHITECTURE.md. It reads text only; whatever it forbids, it forbids without exception.
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/places.h"

namespace settle {
namespace {
namespace fs = std::filesystem;

const fs::path root = source_folder();

// The measures that every room shares: depends on nothing, so it is below all rooms.
const std::string vocabulary = "\"reconcilers/units.h\"";

struct Room {
  std::string name;
  std::string folder;
  std::set<std::string> depends;
  std::set<std::string> uses;
};

struct Source {
  std::string path;  // Relative to the root.
  std::string room;
  std::string text;
  std::vector<std::string> includes;  // As written, with <> or "".
};

std::string read(const fs::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> matches(const std::string& text, const std::string& pattern) {
  std::vector<std::string> found;
  const std::regex regex(pattern);
  for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it) {
    found.push_back((*it)[it->size() > 1 ? 1 : 0]);
  }
  return found;
}

// The table, as CMake reads it.
std::map<std::string, Room> table() {
  std::map<std::string, Room> rooms;
  std::string cmake = std::regex_replace(read(root / "CMakeLists.txt"), std::regex("#[^\n]*"), "");
  for (const std::string& call : matches(cmake, R"(settle_(?:library|program|proto)\(([^)]*)\))")) {
    std::istringstream words(call);
    Room room;
    words >> room.name >> room.folder;
    std::set<std::string>* list = nullptr;
    for (std::string word; words >> word;) {
      if (word == "DEPENDS") {
        list = &room.depends;
      } else if (word == "USES") {
        list = &room.uses;
      } else if (list != nullptr) {
        list->insert(word);
      }
    }
    rooms[room.name] = room;
  }
  return rooms;
}

std::set<std::string> reach(const std::map<std::string, Room>& rooms, const std::string& from) {
  std::set<std::string> seen{from};
  std::vector<std::string> open{from};
  while (!open.empty()) {
    const std::string name = open.back();
    open.pop_back();
    for (const std::string& next : rooms.at(name).depends) {
      if (seen.insert(next).second) open.push_back(next);
    }
  }
  return seen;
}

// The room that a file is in: the one whose folder is exactly its own.
std::string room_of(const std::map<std::string, Room>& rooms, const std::string& path) {
  const std::string folder = fs::path(path).parent_path().string();
  for (const auto& [name, room] : rooms) {
    if (room.folder == folder) return name;
  }
  return {};
}

bool is_cpp(const fs::path& path) {
  return path.extension() == ".cc" || path.extension() == ".h";
}

std::vector<Source> sources_under(const std::vector<std::string>& folders) {
  const auto rooms = table();
  std::vector<Source> sources;
  for (const std::string& folder : folders) {
    if (!fs::exists(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      if (!entry.is_regular_file() || !is_cpp(entry.path())) continue;
      Source source;
      source.path = fs::relative(entry.path(), root).string();
      source.room = room_of(rooms, source.path);
      source.text = read(entry.path());
      source.includes = matches(source.text, R"re(#include\s+([<"][^>"]+[>"]))re");
      sources.push_back(std::move(source));
    }
  }
  return sources;
}

std::vector<Source> product() {
  return sources_under({"reconcilers", "config", "daemon", "cli"});
}

std::string without_comments(const std::string& text) {
  return std::regex_replace(text, std::regex("//[^\n]*"), "");
}

// Which entry of USES lets a room include a third party's header.
struct Party {
  std::string prefix;
  std::string uses;
};
const std::vector<Party> parties{
    {"<boost/json", "Boost::json"},
    {"<boost/url", "Boost::url"},
    {"<boost/asio", "Boost::headers"},
    {"<boost/beast", "Boost::headers"},
    {"<boost/", "Boost::headers"},
    {"<absl/", "absl::time"},
    {"<sqlite3", "SQLite::SQLite3"},
    {"<yaml-cpp", "yaml-cpp"},
    {"<fmt/", "fmt::fmt"},
    {"<xxhash", "xxhash"},
    {"<prometheus/", "prometheus-cpp::core"},
    {"<systemd/", "systemd"},
    {"<openssl/", "OpenSSL::Crypto"},
    {"<zookeeper/", "zookeeper_mt"},
    {"<google/protobuf", "proto"},
    {"\"proto/", "proto"},
    {"<curl/", "CURL::libcurl"},
    {"<CLI/", "CLI11::CLI11"},
    {"<librdkafka/", "rdkafka"},
    {"<amqp", "rabbitmq"},
};

const Party* party_of(const std::string& include) {
  for (const Party& party : parties) {
    if (include.starts_with(party.prefix)) return &party;
  }
  return nullptr;
}

TEST(Layering, ReadsTheTableOfRooms) {
  const auto rooms = table();
  ASSERT_TRUE(rooms.contains("reconcilers"));
  ASSERT_TRUE(rooms.contains("settled"));
  EXPECT_EQ(rooms.at("reconcilers").folder, "reconcilers");
  EXPECT_TRUE(reach(rooms, "settled").contains("reconcilers"));
  EXPECT_FALSE(reach(rooms, "reconcilers").contains("partition"));
  EXPECT_GT(product().size(), 20U);
}

TEST(Layering, EverySourceIsInARoom) {
  for (const Source& source : product()) EXPECT_FALSE(source.room.empty()) << source.path;
}

TEST(Layering, ARoomIncludesOnlyRoomsItMayLookInto) {
  const auto rooms = table();
  for (const Source& source : product()) {
    if (source.room.empty()) continue;
    const auto allowed = reach(rooms, source.room);
    for (const std::string& include : source.includes) {
      if (include.front() != '"' || include == vocabulary) continue;
      const std::string target = room_of(rooms, include.substr(1, include.size() - 2));
      EXPECT_TRUE(allowed.contains(target)) << source.path << " includes " << include;
    }
  }
}

TEST(Layering, ARoomIncludesOnlyThirdPartiesItNames) {
  const auto rooms = table();
  const std::set<std::string> programs{"settled", "settlectl"};
  const std::set<std::string> of_programs{"CLI11::CLI11", "fmt::fmt", "Boost::json"};
  for (const Source& source : product()) {
    if (source.room.empty()) continue;
    std::set<std::string> allowed = rooms.at(source.room).uses;
    if (programs.contains(source.room)) allowed.insert(of_programs.begin(), of_programs.end());
    if (rooms.at(source.room).depends.contains("proto")) allowed.insert("proto");
    for (const std::string& include : source.includes) {
      const Party* party = party_of(include);
      if (party == nullptr) continue;
      EXPECT_TRUE(allowed.contains(party->uses)) << source.path << " includes " << include;
    }
  }
}

TEST(Layering, NoHeaderThatAnotherRoomReadsShowsAThirdParty) {
  std::map<std::string, const Source*> headers;
  const auto sources = product();
  for (const Source& source : sources) headers["\"" + source.path + "\""] = &source;
  for (const Source& reader : sources) {
    for (const std::string& include : reader.includes) {
      const auto found = headers.find(include);
      if (found == headers.end() || found->second->room == reader.room) continue;
      for (const std::string& inner : found->second->includes) {
        EXPECT_EQ(party_of(inner), nullptr) << include << " shows " << inner;
      }
    }
  }
}

TEST(Layering, ThePureRoomsKnowNoClockNoThreadNoFileAndNoChance) {
  const std::vector<std::string> banned{
      R"(\bnow\(\))", R"(\bstd::mutex\b)", R"(\bstd::thread\b)", R"(\bstd::atomic)",
      R"(\brandom)",  R"(\bmt19937)",      R"(\bgetenv\b)",      R"(\blog\()",
      R"(\bfopen\b)", R"(<iostream>)",     R"(\bstd::cout\b)",   R"(\bstd::cerr\b)",
      R"(\bthrow\b)", R"(\bdouble\b)",     R"(\bfloat\b)",       R"(\bResult<)",
  };
  for (const Source& source : product()) {
    if (source.room != "reconcilers" && source.room != "interlock") continue;
    // Reading and showing a binary number is what these two functions are for.
    const std::string text =
        std::regex_replace(without_comments(source.text),
                           std::regex("double (approximate|value)|from_double|double>"), "");
    for (const std::string& word : banned) {
      if (source.path == "reconcilers/decimal.cc" && word == R"(\bdouble\b)") continue;
      EXPECT_TRUE(matches(text, word).empty()) << source.path << " holds " << word;
    }
  }
}

TEST(Layering, ThePartitionKnowsNoClockAndNoChance) {
  for (const Source& source : product()) {
    if (source.room != "partition") continue;
    const std::string text = without_comments(source.text);
    for (const char* word : {R"(_clock::now)", R"(\brandom)", R"(\bmt19937)", R"(\bstd::thread\b)",
                             R"(<fstream>)", R"(<iostream>)"}) {
      EXPECT_TRUE(matches(text, word).empty()) << source.path << " holds " << word;
    }
  }
}

TEST(Layering, TheWallClockIsReadInOneFile) {
  std::set<std::string> readers;
  for (const Source& source : product()) {
    if (!matches(without_comments(source.text), R"(system_clock::now)").empty()) {
      readers.insert(source.path);
    }
  }
  EXPECT_LE(readers.size(), 1U) << testing::PrintToString(readers);
}

TEST(Layering, TheInterlockSharesNoCodeWithThePlanner) {
  for (const Source& source : product()) {
    if (source.room != "interlock") continue;
    for (const std::string& include : source.includes) {
      if (include.front() != '"') continue;
      EXPECT_TRUE(include.starts_with("\"reconcilers/interlock/") || include == vocabulary)
          << source.path << " includes " << include;
    }
  }
}

// Two types of one name in one namespace link without a word and crash at run time.
TEST(Layering, NoTwoHeadersDefineATypeOfOneName) {
  std::map<std::string, std::string> defined;  // Namespace and name -> where.
  for (const Source& source : product()) {
    if (!source.path.ends_with(".h")) continue;
    const auto spaces = matches(source.text, R"(\nnamespace ([a-z_:]+) \{)");
    const std::string space = spaces.empty() ? "" : spaces.back();
    for (const std::string& type : matches(
             source.text, R"(\n(?:struct|class|enum class) (\w+)(?: final)?(?: : [^;{]+)? \{)")) {
      const auto [first, is_new] = defined.emplace(space + "::" + type, source.path);
      EXPECT_TRUE(is_new) << type << " in " << first->second << " and in " << source.path;
    }
  }
  EXPECT_GT(defined.size(), 100U);
}

TEST(Layering, NothingIsNamedManagerHelperOrUtil) {
  for (const Source& source : product()) {
    const std::string text = without_comments(source.text);
    EXPECT_TRUE(matches(text, R"((?:class|struct)\s+\w*(?:Manager|Helper|Util|Handler)\b)").empty())
        << source.path;
    EXPECT_TRUE(matches(source.path, R"((?:manager|helper|util))").empty()) << source.path;
    EXPECT_TRUE(matches(text, R"(_for_test\b)").empty()) << source.path;
  }
}

TEST(Layering, NothingIsLeftForLater) {
  // Spelled apart, so that this file does not hold what it forbids.
  const std::vector<std::string> marks{
      "TO"
      "DO",
      "FIX"
      "ME",
      "XX"
      "X:",
      "DIS"
      "ABLED_"};
  for (const Source& source : sources_under({"reconcilers", "config", "daemon", "cli", "tests"})) {
    for (const std::string& mark : marks) {
      EXPECT_EQ(source.text.find(mark), std::string::npos) << source.path << " holds " << mark;
    }
  }
}

TEST(Layering, ALawThatIsBrokenFailsItsTestAndDrawsFromWholeRanges) {
  const std::string check = "rc::che" + std::string("ck(");
  const std::string asked = "EXPECT_TRUE(" + check;
  const std::string range = "rc::gen::in" + std::string("Range");
  for (const Source& source : sources_under({"tests"})) {
    const auto count = [&](const std::string& what) {
      std::size_t found = 0;
      for (std::size_t at = source.text.find(what); at != std::string::npos; ++found) {
        at = source.text.find(what, at + 1);
      }
      return found;
    };
    EXPECT_EQ(count(check), count(asked)) << source.path << " asks for no answer";
    EXPECT_EQ(count(range), count("resize(rc::kNominalSize, " + range))
        << source.path << ": see tests/laws.h";
  }
}

TEST(Layering, HeadersBeginWithACommentAndPragmaOnce) {
  for (const Source& source : product()) {
    if (!source.path.ends_with(".h")) continue;
    EXPECT_TRUE(source.text.starts_with("//")) << source.path;
    EXPECT_NE(source.text.find("#pragma once"), std::string::npos) << source.path;
  }
}

// ZooKeeper's C client opens its socket without FD_CLOEXEC: a child would hold the session.
TEST(Layering, WhoeverStartsAProcessClosesEveryDescriptorInIt) {
  const std::string starts = R"(\b((?:v?fork|posix_spawnp?|popen|system)\())";
  for (const Source& source : sources_under({"reconcilers", "config", "daemon"})) {
    if (matches(source.text, starts).empty()) continue;
    EXPECT_NE(source.text.find("close_range(3, ~0U"), std::string::npos) << source.path;
  }
}

// docs/COVERAGE.md was measured; what it says of lines that have changed since says nothing.
TEST(Layering, ThePageOfCoverageIsOfTheCoreAsItReads) {
  const std::string page = read(root / "docs/COVERAGE.md");
  for (const char* const folder :
       {"reconcilers", "reconcilers/calendar", "reconcilers/interlock"}) {
    for (const auto& entry : fs::directory_iterator(root / folder)) {
      if (entry.path().extension() != ".cc") continue;
      const std::string name = fs::relative(entry.path(), root).string();
      EXPECT_NE(page.find("| " + name + " |"), std::string::npos) << name << " is not measured";
    }
  }
  std::istringstream lines(page);
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("### ")) text = read(root / line.substr(4));
    if (!line.starts_with("- `")) continue;
    const std::string code = line.substr(3, line.rfind("` (") - 3);
    EXPECT_NE(text.find(code), std::string::npos)
        << "changed since it was measured, so take it off the page, or measure anew: " << code;
  }
}

TEST(Layering, FilesThatTheDocsNameExist) {
  std::vector<fs::path> pages{root / "README.md"};
  for (const auto& entry : fs::recursive_directory_iterator(root / "docs")) {
    if (entry.path().extension() == ".md") pages.push_back(entry.path());
  }
  const std::string folders =
      "(?:reconcilers|config|daemon|cli|proto|tests|docs|scripts|bench|cmake)";
  for (const fs::path& page : pages) {
    for (const std::string& name :
         matches(read(page), "`(" + folders + R"((?:/[A-Za-z0-9_.-]+)+/?)`)")) {
      EXPECT_TRUE(fs::exists(root / name)) << page << " names " << name;
    }
  }
}

}  // namespace
}  // namespace settle
