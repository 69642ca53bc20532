#include "daemon/runtime/peers.h"

#include <chrono>
#include <thread>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "daemon/runtime/peer_seal.h"

namespace settle {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Tcp = asio::ip::tcp;

constexpr std::chrono::seconds connect_time{3};
constexpr std::chrono::seconds answer_time{70};
constexpr std::size_t body_bytes_max = std::size_t{64} * 1024 * 1024;

/// One request and its answer.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(asio::io_context& io, std::string address, const HttpRequest& request, Peers::Then then)
      : address_(std::move(address)), then_(std::move(then)), resolver_(io), stream_(io) {
    request_.method_string(request.method);
    request_.target(request.target);
    request_.version(11);
    for (const auto& [name, value] : request.headers) request_.set(name, value);
    request_.set(http::field::host, address_);
    request_.erase(http::field::expect);
    request_.erase(http::field::transfer_encoding);
    request_.keep_alive(false);
    request_.body() = request.body;
    request_.prepare_payload();
    parser_.body_limit(body_bytes_max);
  }

  void begin() {
    const std::size_t colon = address_.rfind(':');
    if (colon == std::string::npos) return fail(502, "it has no address");
    resolver_.async_resolve(address_.substr(0, colon), address_.substr(colon + 1),
                            [self = shared_from_this()](beast::error_code error, auto found) {
                              if (error) return self->fail(502, error.message());
                              self->connect(found);
                            });
  }

 private:
  void connect(const Tcp::resolver::results_type& found) {
    stream_.expires_after(connect_time);
    stream_.async_connect(
        found, [self = shared_from_this()](beast::error_code error, const Tcp::endpoint&) {
          if (error) return self->fail(502, error.message());
          self->write();
        });
  }

  void write() {
    stream_.expires_after(answer_time);
    http::async_write(stream_, request_,
                      [self = shared_from_this()](beast::error_code error, std::size_t) {
                        if (error) return self->fail(504, error.message());
                        self->read();
                      });
  }

  void read() {
    http::async_read(stream_, buffer_, parser_,
                     [self = shared_from_this()](beast::error_code error, std::size_t) {
                       if (error) return self->fail(504, error.message());
                       self->finish();
                     });
  }

  void finish() {
    auto& message = parser_.get();
    HttpResponse response;
    response.status = static_cast<int>(message.result_int());
    response.content_type = std::string(message[http::field::content_type]);
    response.body = std::move(message.body());
    const auto again = message.find(http::field::retry_after);
    if (again != message.end()) {
      response.headers.emplace_back("Retry-After", std::string(again->value()));
    }
    then_(std::move(response));
  }

  void fail(int status, const std::string& why) {
    HttpResponse response =
        problem(status, "The owner's node does not answer",
                "The request was passed on to " + address_ + ": " + why + ". Send it again.");
    response.headers.emplace_back("Retry-After", "1");
    then_(std::move(response));
  }

  const std::string address_;
  const Peers::Then then_;
  Tcp::resolver resolver_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  http::response_parser<http::string_body> parser_;
};

}  // namespace

struct Peers::Core {
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  std::thread thread{[this] { io.run(); }};
};

Peers::Peers(std::function<std::string()> key)
    : key_(std::move(key)), core_(std::make_unique<Core>()) {}

Peers::~Peers() {
  core_->io.stop();
  core_->thread.join();
}

void Peers::ask(const std::string& address, const HttpRequest& request, Then then) {
  HttpRequest sealed = request;
  seal(sealed, key_());
  auto exchange = std::make_shared<Exchange>(core_->io, address, sealed, std::move(then));
  asio::post(core_->io, [exchange] { exchange->begin(); });
}

}  // namespace settle
