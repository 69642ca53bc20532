// Debian's Prometheus over samples that were written beforehand, on a free port of loopback.
#pragma once

#include <string>

#include <sys/types.h>

namespace settle {

class Prometheus {
 public:
  /// `samples` in the OpenMetrics text format, with times. Everything lies in `folder`.
  Prometheus(std::string folder, const std::string& samples);
  ~Prometheus();
  Prometheus(const Prometheus&) = delete;
  Prometheus& operator=(const Prometheus&) = delete;

  [[nodiscard]] static bool is_installed();
  /// "http://127.0.0.1:PORT" once it answers; empty if it does not.
  [[nodiscard]] std::string url() const { return url_; }
  [[nodiscard]] std::string log() const;

 private:
  std::string folder_;
  std::string url_;
  pid_t process_ = -1;
};

}  // namespace settle
