// A server that answers in bytes: what a test says, whole, cut short or not at all. One thread, one
// request a connection, loopback, a port of the system's choosing.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>

namespace settle::http {

struct RawReply {
  std::string bytes;
  bool resets = false;  // Ends with a reset instead of an orderly close.
};

/// "HTTP/1.1 200 OK" with the length of its body.
[[nodiscard]] std::string plain_reply(int status, const std::string& body,
                                      const std::string& headers = {});

class RawServer {
 public:
  /// Is given a whole request, head and body.
  using Handler = std::function<RawReply(const std::string& request)>;
  explicit RawServer(Handler handler);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/";
  }
  [[nodiscard]] int port() const { return port_; }

 private:
  void run();
  void serve(int connection) const;

  const Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> is_stopping_{false};
  std::thread thread_;
};

/// Sends a request to a server on loopback and reads until it closes.
[[nodiscard]] std::string exchange(int port, const std::string& request);

}  // namespace settle::http
