// A plain blocking client for tests: bytes out, bytes in, with a deadline on each wait.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace settle {

struct HttpReply {
  int status = 0;                              // Zero: the connection ended without an answer.
  std::map<std::string, std::string> headers;  // Names in lower case.
  std::string body;
};

class HttpConnection {
 public:
  explicit HttpConnection(std::uint16_t port);
  explicit HttpConnection(const std::string& socket_path);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
  /// False once the other side is gone.
  bool send(std::string_view bytes) const;
  /// One response; status 0 if none comes in time.
  HttpReply receive(std::chrono::milliseconds wait = std::chrono::seconds(10));
  HttpReply request(std::string_view method, std::string_view target, std::string_view body = {},
                    std::string_view more_headers = {});
  void end_sending() const;

 private:
  bool fill(std::chrono::steady_clock::time_point until);
  int descriptor_ = -1;
  std::string unread_;
};

}  // namespace settle
