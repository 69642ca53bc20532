// HTTP/1.1 on a Unix socket and on loopback TCP: framing, limits and deadlines. What a request
// means is not known here.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "daemon/admin/http.h"
#include "daemon/base/result.h"

namespace settle {

struct HttpEndpoints {
  std::string socket;  // A path; empty: none.
  std::string tcp;     // "127.0.0.1:8470"; empty: none; port 0: any that is free.
};

struct HttpLimits {
  std::size_t header_bytes_max = 16 * 1024;
  std::size_t body_bytes_max = 1024 * 1024;
  std::size_t connections_max = 256;  // On each of the two.
  std::chrono::milliseconds header_time{10'000};
  std::chrono::milliseconds body_time{10'000};
  std::chrono::milliseconds write_time{10'000};
  std::chrono::milliseconds answer_time{75'000};
};

class HttpServer {
 public:
  /// Makes the answer on the server's thread, so that whoever has what it needs is not held up.
  using Reply = std::function<HttpResponse()>;
  /// Called once, from any thread; later calls do nothing.
  using Answer = std::function<void(Reply)>;
  /// Called on the server's thread; must not block.
  using Take = std::function<void(HttpRequest, Answer)>;

  /// Refuses an address that is not loopback, and a socket on which somebody answers.
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> listen(const HttpEndpoints& endpoints,
                                                                  const HttpLimits& limits,
                                                                  Take take);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Of the TCP listener; zero if there is none.
  [[nodiscard]] std::uint16_t port() const;
  /// Takes no more connections and no more requests; those under way are answered.
  void stop_accepting();
  /// Requests that have not been answered whole.
  [[nodiscard]] std::size_t under_way() const;
  void stop();

 private:
  class Core;
  explicit HttpServer(std::shared_ptr<Core> core);
  std::shared_ptr<Core> core_;
};

}  // namespace settle
