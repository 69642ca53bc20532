// The log that the members of tests/members share, and what it shows.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace settle::cluster {

/// The most that a call takes in these tests, and the quarantine: short, so that tests are.
inline std::chrono::milliseconds call_time(std::chrono::milliseconds session) {
  return session / 8;
}

struct Line {
  std::int64_t at = 0;  // CLOCK_BOOTTIME, ns.
  std::string kind;
  std::uint32_t partition = 0;
  std::uint64_t epoch = 0;
  std::int64_t count = 0;
  std::string name;
};

inline std::string line_of(const Line& line) {
  return std::to_string(line.at) + " " + line.kind + " " + std::to_string(line.partition) + " " +
         std::to_string(line.epoch) + " " + std::to_string(line.count) + " " + line.name + "\n";
}

inline std::vector<Line> lines_of(const std::string& text) {
  std::vector<Line> lines;
  std::istringstream in(text);
  for (std::string each; std::getline(in, each);) {
    std::istringstream words(each);
    Line line;
    words >> line.at >> line.kind >> line.partition >> line.epoch >> line.count >> line.name;
    if (words) lines.push_back(std::move(line));
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const Line& left, const Line& right) { return left.at < right.at; });
  return lines;
}

/// What contradicts the promises, in words:
///   O1  one epoch acts, and none while a call of its predecessor may be under way
///   O3  what was committed is what a successor restores, or older than it
///   O4  each count is committed once, and counts never go with an earlier epoch
inline std::vector<std::string> contradictions(const std::vector<Line>& lines,
                                               std::chrono::milliseconds call) {
  struct Seen {
    Line acted;
    Line committed;
  };
  std::map<std::uint32_t, Seen> seen;
  std::vector<std::string> found;
  const auto say = [&](const char* what, const Line& before, const Line& line) {
    found.push_back(std::string(what) + "\n  " + line_of(before) + "  " + line_of(line));
  };
  const std::int64_t length = std::chrono::nanoseconds(call).count();
  for (const Line& line : lines) {
    Seen& of = seen[line.partition];
    if (line.kind == "act") {
      const bool is_other = of.acted.epoch != 0 && line.epoch != of.acted.epoch;
      if (line.epoch < of.acted.epoch) say("O1: acts after its successor", of.acted, line);
      if (is_other && line.at < of.acted.at + length) {
        say("O1: acts while a call may be under way", of.acted, line);
      }
      if (line.epoch == of.acted.epoch && line.name != of.acted.name) {
        say("O1: two act under one epoch", of.acted, line);
      }
      of.acted = line;
    } else if (line.kind == "restored" && line.count < of.committed.count) {
      say("O3: restores less than was committed", of.committed, line);
    }
    if (line.kind != "committed") continue;
    // An answer may be heard late; the counts themselves are in order of their commits.
    if (line.count > of.committed.count && line.epoch < of.committed.epoch) {
      say("O4: commits after its successor", of.committed, line);
    }
    if (line.count == of.committed.count && line.epoch != of.committed.epoch) {
      say("O4: two commit the same count", of.committed, line);
    }
    if (line.count > of.committed.count) of.committed = line;
  }
  return found;
}

}  // namespace settle::cluster
