// Where a simulated cloud lives on: a file of lines, appended to as things change, of which the
// last about an instance stands. Several processes may share one, each call under its lock. What a
// line says is not known here.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"

namespace settle {

class StateFile {
 public:
  /// Creates it if there is none.
  [[nodiscard]] static Result<StateFile> open(const std::string& path);
  StateFile(StateFile&& other) noexcept;
  StateFile& operator=(StateFile&& other) noexcept;
  ~StateFile();

  /// Waits until no other process is between the two.
  void lock() const;
  void unlock() const;

  /// Each whole line since the last call. One that is cut waits for its end.
  void read_on(const std::function<void(std::string_view)>& take);
  /// What is appended is not read again. After a line that is cut a new one begins.
  void append(const std::vector<std::string>& lines);
  /// These lines instead of all that is there: a crash leaves the old file or the new one.
  /// REQUIRES: nobody shares it.
  [[nodiscard]] Status rewrite(const std::vector<std::string>& lines);

 private:
  StateFile(std::string path, int descriptor) : path_(std::move(path)), file_(descriptor) {}
  [[nodiscard]] Error trouble() const;

  std::string path_;
  int file_;
  std::int64_t read_ = 0;  // Bytes that were read or written here.
  std::string cut_;        // The beginning of a line.
};

}  // namespace settle
