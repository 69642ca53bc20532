// What is wrong, where, and what to do about it: a bounded list of diagnostics in the making.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace settle {

/// A stretch of one line of one file, counted in characters from one. Line zero: the file itself.
struct Place {
  std::uint16_t file = 0;
  int line = 0;
  int column = 0;
  int length = 1;
};

class Findings {
 public:
  /// One of `paths` for each number of a file.
  explicit Findings(const std::vector<std::string>& paths);

  /// Adds a finding and lets the caller complete it. The same one (code, place and message) is
  /// kept once; those beyond the limit of a file are counted and not kept.
  Diagnostic& add(std::string_view code, const Place& place, std::string message);

  /// In order of file and line, the omitted ones summed up. Leaves nothing behind.
  [[nodiscard]] std::vector<Diagnostic> take();

  [[nodiscard]] std::size_t errors() const { return errors_; }
  [[nodiscard]] const std::string& path(std::uint16_t file) const { return files_[file].path; }

 private:
  static constexpr std::size_t per_file_max = 200;

  struct File {
    std::string path;
    std::vector<Diagnostic> kept;
    std::size_t omitted = 0;
  };
  std::vector<File> files_;
  std::size_t errors_ = 0;
  Diagnostic spare_;  // Takes what is not kept.
};

/// Edits (insert, delete, replace, swap neighbours) that turn one word into the other.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate that is so close to `word` that it was probably meant; empty if none is.
[[nodiscard]] std::string_view nearest(std::string_view word,
                                       const std::vector<std::string_view>& candidates);

/// `did you mean "x"?`, or nothing.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       const std::vector<std::string_view>& candidates);

/// For messages: `"text"`, cut to a bearable length.
[[nodiscard]] std::string quoted(std::string_view text);

/// "a, b, c".
[[nodiscard]] std::string joined(const std::vector<std::string_view>& words);

}  // namespace settle
