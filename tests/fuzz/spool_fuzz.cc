// A file of events, whatever is in it: read as a whole, and as a file that grows, in portions of
// any size.
#include <string>
#include <vector>

#include <sys/mman.h>
#include <unistd.h>

#include "daemon/codec/json.h"
#include "daemon/sources/event_file.h"
#include "daemon/sources/file/line_reader.h"
#include "tests/fuzz/fuzz.h"

namespace settle::fuzz {
namespace {

constexpr Time noon{Duration{1'795'435'200'000}};
constexpr std::size_t kept_max = 4'096;
constexpr std::size_t line_max = 64;

/// Every line with its place, in portions of so many bytes and lines.
std::vector<std::string> told_by(const file::LineReader& reader, std::size_t bytes,
                                 std::size_t lines, std::size_t size) {
  std::vector<std::string> told;
  std::int64_t offset = 0;
  for (std::size_t portion = 0; portion <= size + 1; ++portion) {
    const auto chunk = reader.read(offset, bytes, lines, 0);
    must(chunk.has_value(), "a file that has been opened can be read");
    must(chunk->next >= offset, "reading never goes back");
    must(chunk->next <= chunk->size, "nor beyond the end");
    for (const file::Line& line : chunk->lines) {
      must(line.offset >= offset && line.offset < chunk->next, "a line is where it was read");
      told.push_back(std::to_string(line.offset) + (line.is_whole ? " " : "~") + line.text);
    }
    if (chunk->next == offset) return told;
    offset = chunk->next;
  }
  must(false, "a file has an end");
  return told;
}

void examine_growing(std::string_view input) {
  const int descriptor = ::memfd_create("spool", 0);
  if (descriptor < 0) return;
  const bool is_written =
      ::write(descriptor, input.data(), input.size()) == static_cast<ssize_t>(input.size());
  const std::string path = "/proc/self/fd/" + std::to_string(descriptor);
  const auto reader = file::LineReader::open(path, line_max);
  if (is_written && reader) {
    const auto at_once = told_by(*reader, 1'000'000, 1'000'000, input.size());
    must(at_once == told_by(*reader, 1, 1, input.size()), "portions make no difference");
    must(at_once == told_by(*reader, 17, 3, input.size()), "portions make no difference");
  }
  ::close(descriptor);
}

}  // namespace

void examine(std::string_view input) {
  const EventFile file = read_event_file(input, noon);
  for (const Signal& signal : file.signals) {
    const auto told = parse_event(event_json(signal), noon);
    must(told && *told == signal, "what is read is an event like any other");
  }
  std::size_t before = 0;
  for (const RefusedLine& line : file.refused) {
    must(line.number > before, "lines are refused in order, each once");
    must(line.text.size() <= kept_max && !line.reason.empty(), "and said why, cut off");
    before = line.number;
  }
  examine_growing(input);
}

}  // namespace settle::fuzz
