// Runs a script of another language and reads what it prints; empty where it cannot run.
#pragma once

#include <array>
#include <cstdio>
#include <memory>
#include <string>

namespace settle {

inline std::string output_of(const char* command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command, "r"), pclose);
  std::string out;
  std::array<char, 4096> part{};
  for (std::size_t n = 0; pipe && (n = fread(part.data(), 1, part.size(), pipe.get())) > 0;) {
    out.append(part.data(), n);
  }
  return out;
}

}  // namespace settle
