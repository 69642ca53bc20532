// A lock on a file that ends with the process that holds it, however that ends. It keeps two
// daemons from sharing one store; between machines it promises nothing.
#pragma once

#include <string>

#include "daemon/base/result.h"

namespace settle {

class FileLock {
 public:
  /// Creates `path` if there is none, and locks it or fails at once with `conflict`. The file
  /// stays behind: removing it would let two hold a lock of the same name.
  [[nodiscard]] static Result<FileLock> take(const std::string& path);

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace settle
