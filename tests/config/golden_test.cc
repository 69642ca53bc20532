// Every diagnostic as it is read: broken/NAME.yaml, and what is said about it in broken/NAME.txt.
// With SETTLE_REWRITE=1 the texts are written anew; read them before they are committed.
#include <algorithm>
#include <cstdlib>
#include <set>

#include "config/codes.h"
#include "tests/config/support.h"
#include "tests/places.h"

namespace settle {
namespace {

namespace fs = std::filesystem;

bool rewrites() {
  return std::getenv("SETTLE_REWRITE") != nullptr;
}

void expect_text(const fs::path& path, const std::string& text) {
  if (rewrites()) std::ofstream(path, std::ios::binary) << text;
  EXPECT_EQ(read_file(path), text) << "SETTLE_REWRITE=1 rewrites " << path;
}

/// A file may hold several, each after a line "# file: NAME".
std::vector<ConfigFile> split_files(const std::string& name, const std::string& text) {
  const std::string mark = "# file: ";
  std::vector<ConfigFile> files;
  std::size_t at = text.rfind(mark, 0) == 0 ? 0 : std::string::npos;
  if (at == std::string::npos) return {{name, text}};
  while (at != std::string::npos) {
    const std::size_t line = text.find('\n', at);
    const std::size_t following = text.find("\n" + mark, line);
    const std::size_t end = following == std::string::npos ? text.size() : following + 1;
    files.push_back({text.substr(at + mark.size(), line - at - mark.size()),
                     text.substr(line + 1, end - line - 1)});
    at = following == std::string::npos ? following : following + 1;
  }
  return files;
}

std::vector<fs::path> broken() {
  std::vector<fs::path> paths;
  for (const fs::directory_entry& one : fs::directory_iterator(test_folder() / "broken")) {
    if (one.path().extension() == ".yaml") paths.push_back(one.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

const Time new_year_2026 = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};

TEST(Golden, EveryDiagnosticReadsAsItIsWritten) {
  ASSERT_FALSE(broken().empty());
  for (const fs::path& path : broken()) {
    const auto files = split_files(path.filename().string(), read_file(path));
    fs::path expected = path;
    expected.replace_extension(".txt");
    expect_text(expected, render(compile(files, new_year_2026).findings, files));
  }
}

TEST(Golden, EveryCodeIsShownOnceAndNoneIsUndocumented) {
  std::set<std::string> documented;
  for (const CodeLine& line : code_lines()) documented.emplace(line.code);
  // These come of texts too large to keep as files; bounds_test.cc makes them.
  std::set<std::string> shown{"E0101", "E0102", "E0103", "E0104", "E0109", "E0125"};
  for (const fs::path& path : broken()) {
    const auto files = split_files(path.filename().string(), read_file(path));
    for (const Diagnostic& one : compile(files, new_year_2026).findings) shown.insert(one.code);
  }
  EXPECT_EQ(shown, documented);
}

TEST(Reference, StandsInTheDocuments) {
  const fs::path docs = fs::path(source_folder()) / "docs";
  expect_text(docs / "CONFIG.md", config_reference());
  expect_text(docs / "errors.md", error_reference());
}

TEST(Reference, ExplainsKeysByTheirPath) {
  EXPECT_NE(describe_key("groups.web.capacity.max").find("counting everything that may exist"),
            std::string::npos);
  EXPECT_EQ(describe_key("groups.capacity.max"), describe_key("groups.web.capacity.max"));
  EXPECT_NE(describe_key("groups.policies.target").find("per instance; above zero"),
            std::string::npos);
  EXPECT_NE(describe_key("groups.web.policies.cpu.scale_in.settle").find("asked for throughout"),
            std::string::npos);
  EXPECT_NE(describe_key("mode").find("act | observe"), std::string::npos);
  EXPECT_EQ(describe_key("groups.web.colour"), "");
  EXPECT_EQ(describe_key(""), "");
}

TEST(Examples, AsInstalledObservesOneSimulatedGroup) {
  const fs::path config = fs::path(source_folder()) / "config";
  const std::vector<ConfigFile> files{
      {"settled.yaml", read_file(config / "settled.yaml")},
      {"example.yaml", read_file(config / "groups.d/example.yaml")}};
  const Compiled compiled = compile(files, new_year_2026);
  EXPECT_TRUE(compiled.findings.empty()) << render(compiled.findings, files);
  EXPECT_EQ(compiled.daemon.mode, Authority::observe);
  ASSERT_EQ(compiled.specs.size(), 1U);
  EXPECT_EQ(compiled.specs[0].cloud, "simulated");
}

}  // namespace
}  // namespace settle
