// Compiles texts in tests, and says what came of it.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "config/config.h"
#include "tests/places.h"

namespace settle {

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline std::filesystem::path test_folder() {
  return std::filesystem::path(source_folder()) / "tests/config";
}

/// A file of groups that holds one group `g` with these lines, each indented by four blanks.
inline std::string one_group(const std::string& lines) {
  std::string text = "groups:\n  g:\n";
  std::size_t from = 0;
  while (from < lines.size()) {
    const std::size_t to = std::min(lines.find('\n', from), lines.size());
    text += "    " + lines.substr(from, to - from) + "\n";
    from = to + 1;
  }
  return text;
}

inline GroupSpec spec_of(const std::string& lines) {
  const std::vector<ConfigFile> files{{"g.yaml", one_group(lines)}};
  const Compiled compiled = compile(files);
  if (compiled.specs.size() == 1) return compiled.specs.front();
  ADD_FAILURE() << render(compiled.findings, files);
  return {};
}

/// The codes of the findings, in order: "E0112 W0033".
inline std::string codes_of(const std::vector<ConfigFile>& files,
                            std::optional<Time> as_of = std::nullopt) {
  std::string codes;
  for (const Diagnostic& one : compile(files, as_of).findings) {
    codes += (codes.empty() ? "" : " ") + one.code;
  }
  return codes;
}

inline std::string codes_of(const std::string& lines) {
  return codes_of(std::vector<ConfigFile>{{"g.yaml", one_group(lines)}});
}

}  // namespace settle
