// Whole lines of a growing file, with the offset of each; what is not ended yet is not seen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/result.h"

namespace settle::file {

struct Line {
  std::int64_t offset = 0;
  std::string text;      // Without its newline; the beginning of one that is too long.
  bool is_whole = true;  // False: longer than is read.
};

struct Chunk {
  std::vector<Line> lines;
  std::int64_t next = 0;  // Behind the last of them.
  std::int64_t size = 0;  // Of the file, as it was.
};

/// An open file under a name; it stays open when the name goes to another.
class LineReader {
 public:
  /// `not_found` where there is no file, or none with a whole first line yet.
  [[nodiscard]] static Result<LineReader> open(const std::string& path, std::size_t line_bytes_max);
  ~LineReader();
  LineReader(LineReader&& other) noexcept;
  LineReader& operator=(LineReader&& other) noexcept;

  /// Of its first line: the same file read anywhere has the same name.
  [[nodiscard]] const std::string& name() const { return name_; }
  /// At most about `bytes`, and `lines_max` lines, from `offset` on. A file that ends before
  /// `known`, which has been read already, is a `conflict`.
  [[nodiscard]] Result<Chunk> read(std::int64_t offset, std::size_t bytes, std::size_t lines_max,
                                   std::int64_t known) const;
  /// Whether `path` is another file by now.
  [[nodiscard]] bool is_replaced(const std::string& path) const;

 private:
  LineReader(int descriptor, std::string name, std::size_t line_bytes_max)
      : descriptor_(descriptor), name_(std::move(name)), line_bytes_max_(line_bytes_max) {}
  [[nodiscard]] Result<Chunk> skip_line(std::int64_t offset, std::int64_t size) const;

  int descriptor_;
  std::string name_;
  std::size_t line_bytes_max_;
};

}  // namespace settle::file
