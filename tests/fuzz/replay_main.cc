// Replays inputs without libFuzzer: each file of the folders given, each of them with every tenth
// byte changed in turn, and so many inputs of made-up bytes. What a fuzzer once found is a test
// from then on, with any compiler.
//
//   fuzz_NAME [--random N] PATH...
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <vector>

#include "tests/fuzz/fuzz.h"
#include "tests/reconcilers/draw.h"

namespace {
namespace fs = std::filesystem;

std::vector<fs::path> files_under(const fs::path& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

int main(int count, char** words) {
  std::uint64_t made_up = 0;
  std::uint64_t replayed = 0;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    if (word == "--random" && i + 1 < count) {
      made_up = std::strtoull(words[++i], nullptr, 10);
      continue;
    }
    for (const fs::path& file : files_under(word)) {
      std::string input = read(file);
      settle::fuzz::examine(input);
      ++replayed;
      const std::size_t stride = std::max<std::size_t>(10, input.size() / 32);
      for (std::size_t at = 0; at < input.size(); at += stride) {
        const char was = input[at];
        input[at] = static_cast<char>(was ^ 0x15);
        settle::fuzz::examine(input);
        input[at] = was;
      }
    }
  }
  for (std::uint64_t seed = 1; seed <= made_up; ++seed) {
    settle::fuzz::examine(settle::bytes_of(seed, seed % 700));
  }
  std::cout << replayed << " files and " << made_up << " made-up inputs\n";
  if (replayed + made_up > 0) return 0;
  std::cerr << "nothing to replay\n";
  return 1;
}
