// Network namespaces, one for each member, joined to the test's own by a pair of veth devices: what
// a machine's network does, done to it. Needs CAP_SYS_ADMIN and a kernel that has them.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace settle {

class Namespaces {
 public:
  /// Puts the calling thread, and whatever it starts from now on, into a network of its own.
  explicit Namespaces(int members);
  /// Ends the namespaces and puts the thread back where it was.
  ~Namespaces();
  Namespaces(const Namespaces&) = delete;
  Namespaces& operator=(const Namespaces&) = delete;

  /// Why they cannot be had here; empty: they can.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }
  /// A process that is in the member's namespace.
  [[nodiscard]] pid_t holder(int n) const { return holders_[static_cast<std::size_t>(n)]; }
  /// The test's end of the member's link, as the member sees it, and its device here.
  [[nodiscard]] static std::string gateway(int n);
  [[nodiscard]] static std::string device(int n);
  /// Runs a command of the shell here, or within the member's namespace: empty, or what went wrong.
  [[nodiscard]] static std::string run(const std::string& command);
  [[nodiscard]] std::string run_inside(int n, const std::string& command) const;

 private:
  [[nodiscard]] std::string join(int n);

  int original_ = -1;
  std::vector<pid_t> holders_;
  std::string trouble_;
};

}  // namespace settle
