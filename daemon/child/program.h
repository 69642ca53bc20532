// A child process that is spoken with in lines: its input and output are pipes that never block us.
//
// It is given nothing of ours: no descriptor, no environment but PATH and what is named, no way to
// new privileges, no core file, a bound on memory and open files, and a session of its own, which
// is killed as a whole. Its standard error is ours, for people.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "daemon/base/result.h"

namespace settle::child {

struct ProgramLimits {
  std::size_t line_max = 8U << 20U;    // A longer line ends the program.
  std::size_t turn_max = 1U << 20U;    // Read in one turn, about; the rest waits for the next.
  std::size_t unsent_max = 4U << 20U;  // What waits to be read by it; more is refused.
  std::size_t memory_max = 1U << 30U;  // Of address space.
  std::size_t files_max = 256;
};

/// For one thread.
class Program {
 public:
  [[nodiscard]] static Result<Program> start(const std::vector<std::string>& command,
                                             const std::map<std::string, std::string>& environment,
                                             ProgramLimits limits);
  /// Kills it, with whatever it has started.
  ~Program();
  Program(Program&& other) noexcept;
  Program& operator=(Program&&) = delete;

  /// Queues a line. False if too much waits already.
  [[nodiscard]] bool send(const std::string& line);
  /// Writes what it will take and reads what there is. Returns whole lines, without newlines; an
  /// error once it has ended, or said too much.
  /// Unless it `reads`, it only writes, and the program's own writes will block.
  [[nodiscard]] Result<std::vector<std::string>> turn(bool reads = true);

  [[nodiscard]] int output() const { return output_; }
  [[nodiscard]] int input() const { return input_; }
  [[nodiscard]] bool has_unsent() const { return !unsent_.empty(); }

 private:
  Program(pid_t process, int input, int output, ProgramLimits limits)
      : limits_(limits), process_(process), input_(input), output_(output) {}

  ProgramLimits limits_;
  pid_t process_;
  int input_;
  int output_;
  std::string unsent_;
  std::string partial_;  // The beginning of a line.
};

}  // namespace settle::child
