// Any feed of events as a program that speaks JSON lines (words.h): it emits, is told ack or fail,
// and is started again, later each time, when it has ended. Where its events have sequences, its
// position is committed in the partition of the source's name, behind everything that is acked;
// whoever owns that partition runs the program, and nobody else does.
//
// Whatever the program does, it costs one thread and bounded memory: while too much is not
// answered, nothing is read of it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/child/program.h"
#include "daemon/partition/loop.h"
#include "daemon/sources/source.h"

namespace settle::lines {

struct Settings {
  std::string name;                  // Of the source: where its position lies.
  std::vector<std::string> command;  // The program and its arguments; no shell.
  std::map<std::string, std::string> environment;
  std::uint32_t partitions = 256;
  std::size_t in_flight_max = 10'000;  // Emitted and not answered.
  Duration ready_within{10'000};       // After it has been started.
  Duration silent_after{};             // Without a word it is started anew; zero: it may be silent.
  Duration restart_first{500};
  Duration restart_most{60'000};
  child::ProgramLimits program{.line_max = 1U << 20U};
};

/// Outlived by `clock`.
[[nodiscard]] std::unique_ptr<Source> open_lines_source(Settings settings, const Clock& clock);

}  // namespace settle::lines
