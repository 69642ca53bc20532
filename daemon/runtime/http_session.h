// One connection: reads a request, waits for its answer, writes it, and begins again. Private to
// the server. Callbacks rather than coroutines: every wait has a deadline on the stream itself.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "daemon/runtime/http_server.h"

namespace settle {

class HttpSession;

/// What sessions share with their server.
struct HttpHall {
  boost::asio::io_context io{1};
  HttpLimits limits;
  HttpServer::Take take;
  std::atomic<bool> is_closing{false};
  std::atomic<std::size_t> under_way{0};

  struct Made {
    std::shared_ptr<HttpSession> session;
    std::uint64_t request = 0;
    HttpServer::Reply reply;
  };
  std::mutex mutex;
  std::vector<Made> made;  // Guarded by mutex: answers on their way to io's thread.
  std::map<const HttpSession*, std::weak_ptr<HttpSession>> open;  // Guarded by mutex.

  /// Hands an answer over to io's thread: one post for all that are made before it runs.
  static void hand_over(const std::shared_ptr<HttpHall>& hall, Made answer);
  /// Every session that is open now.
  [[nodiscard]] std::vector<std::shared_ptr<HttpSession>> sessions();
};

/// Where a connection came in.
struct HttpGate {
  bool is_tcp = true;
  std::atomic<std::size_t> connections{0};
};

class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  using Stream = boost::beast::basic_stream<boost::asio::generic::stream_protocol>;
  using Socket = boost::asio::generic::stream_protocol::socket;

  /// `owner` is who is at the other end.
  HttpSession(std::shared_ptr<HttpHall> hall, std::shared_ptr<HttpGate> gate, Socket socket,
              std::string owner);
  ~HttpSession();
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;

  /// Begins to serve. Called once.
  void serve();
  void take_reply(std::uint64_t request, const HttpServer::Reply& reply);
  void close();

 private:
  using Error = boost::beast::error_code;
  void read_request();
  void on_deadline(std::uint64_t phase);
  void read_by(std::chrono::milliseconds time);
  void on_header(Error error);
  void on_body(Error error);
  void on_written(Error error, bool keeps);
  void read_body();
  void refuse(const HttpResponse& response);
  void refuse(Error error);
  void give();
  void write(const HttpResponse& response, bool keeps);
  void linger();
  void count_done();
  [[nodiscard]] std::optional<HttpResponse> framing_fault() const;
  [[nodiscard]] HttpRequest request() const;

  const std::shared_ptr<HttpHall> hall_;
  const std::shared_ptr<HttpGate> gate_;
  const std::string owner_;
  Stream stream_;
  boost::asio::steady_timer deadline_;  // Of what is read, and then of the answer.
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  boost::beast::http::response<boost::beast::http::string_body> response_;
  std::optional<boost::beast::http::response<boost::beast::http::empty_body>> interim_;
  std::uint64_t request_number_ = 0;
  bool is_waiting_ = false;       // For the answer to request_number_.
  bool is_under_way_ = false;     // Counted in the hall, until its answer is written.
  std::uint64_t read_phase_ = 0;  // Names the read that deadline_ is for.
  bool is_late_ = false;          // The read under way was ended by its deadline.
  std::size_t lingered_bytes_ = 0;
  std::string scratch_;
};

}  // namespace settle
