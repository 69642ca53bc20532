// A file of events, one a line, that grows at its end: followed as a log whose offsets are bytes.
// Every partition has a position of its own in it, so each event counts once, whoever owns its
// group. Another file under the same name is another log: a log is named by its first line.
//
// Reads nothing but that file, and never writes it. Every member of a cluster has to see it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "daemon/partition/loop.h"
#include "daemon/sources/source.h"

namespace settle::file {

struct Settings {
  std::string path;
  std::uint32_t partitions = 256;
  std::size_t chunk_bytes = std::size_t{256} * 1024;  // Read at one time.
  std::size_t line_bytes_max = 1'000'000;             // A longer line is no event.
  std::size_t in_flight_max = 20'000;                 // Events poured and not answered.
  std::int64_t idle_bytes_max = 4'000'000;  // So far a partition without events may fall behind.
  Duration look_every{200};                 // How often the file's end is looked at.
  Duration again_after{50};                 // After there was no room.
};

/// Outlived by `clock`.
[[nodiscard]] std::unique_ptr<Source> open_file_source(Settings settings, const Clock& clock);

}  // namespace settle::file
