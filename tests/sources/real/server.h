// A program of somebody else's that serves HTTP on a port of its own choosing, in a folder of its
// own, ended by its process id.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace settle {

class Server {
 public:
  /// Starts `program` and waits until its log says where it listens (and `ready`, where given).
  /// Arguments may name files of the folder by "@/".
  Server(const std::string& program, std::vector<std::string> arguments,
         const std::vector<std::pair<std::string, std::string>>& files, std::string ready = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// "http://127.0.0.1:PORT"; empty if it did not come up.
  [[nodiscard]] std::string url() const {
    return port_ == 0 ? "" : "http://127.0.0.1:" + std::to_string(port_);
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string log() const;

 private:
  std::string folder_;
  pid_t process_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace settle
