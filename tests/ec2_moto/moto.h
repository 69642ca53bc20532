// moto's server: the EC2 API in the words of somebody else. Started from a virtual environment in
// the build folder (scripts/test makes it), on a free port, stopped by pid.
#pragma once

#include <string>

#include <sys/types.h>

namespace settle::ec2 {

class Moto {
 public:
  [[nodiscard]] static bool is_available();
  /// Returns once it answers.
  Moto();
  ~Moto();
  Moto(const Moto&) = delete;
  Moto& operator=(const Moto&) = delete;

  [[nodiscard]] bool is_serving() const;
  [[nodiscard]] int port() const { return port_; }
  /// Forgets everything.
  void reset() const;

 private:
  int port_ = 0;
  pid_t process_ = -1;
};

}  // namespace settle::ec2
