#include "daemon/runtime/http_session.h"

#include <algorithm>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

namespace settle {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

constexpr std::size_t lingered_bytes_max = 4 * 1024 * 1024;
constexpr std::chrono::seconds linger_time{1};

std::string lower(std::string_view text) {
  std::string lowered(text);
  std::transform(lowered.begin(), lowered.end(), lowered.begin(), [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  });
  return lowered;
}

HttpResponse refusal_of(beast::error_code error) {
  if (error == http::error::header_limit) {
    return problem(431, "Header too large", "A header has at most 16 KiB.");
  }
  if (error == http::error::body_limit) {
    return problem(413, "Body too large", "A body has at most 1 MiB.");
  }
  return problem(400, "This is not HTTP that can be read", error.message());
}

}  // namespace

void HttpHall::hand_over(const std::shared_ptr<HttpHall>& hall, Made answer) {
  bool was_empty = false;
  {
    const std::lock_guard lock(hall->mutex);
    was_empty = hall->made.empty();
    hall->made.push_back(std::move(answer));
  }
  if (!was_empty) return;
  asio::post(hall->io, [hall] {
    std::vector<Made> ready;
    {
      const std::lock_guard lock(hall->mutex);
      ready.swap(hall->made);
    }
    for (const Made& one : ready) one.session->take_reply(one.request, one.reply);
  });
}

std::vector<std::shared_ptr<HttpSession>> HttpHall::sessions() {
  std::vector<std::shared_ptr<HttpSession>> found;
  const std::lock_guard lock(mutex);
  for (const auto& [address, weak] : open) {
    if (std::shared_ptr<HttpSession> session = weak.lock()) found.push_back(std::move(session));
  }
  return found;
}

HttpSession::HttpSession(std::shared_ptr<HttpHall> hall, std::shared_ptr<HttpGate> gate,
                         Socket socket, std::string owner)
    : hall_(std::move(hall)),
      gate_(std::move(gate)),
      owner_(std::move(owner)),
      stream_(std::move(socket)),
      deadline_(hall_->io) {
  ++gate_->connections;
}

HttpSession::~HttpSession() {
  --gate_->connections;
  count_done();
  const std::lock_guard lock(hall_->mutex);
  hall_->open.erase(this);
}

void HttpSession::serve() {
  {
    const std::lock_guard lock(hall_->mutex);
    hall_->open.emplace(this, weak_from_this());
  }
  read_request();
}

void HttpSession::count_done() {
  if (std::exchange(is_under_way_, false)) --hall_->under_way;
}

// The stream's own deadline would close it, and with it the way to say that it was too slow.
void HttpSession::read_by(std::chrono::milliseconds time) {
  stream_.expires_never();
  is_late_ = false;
  deadline_.expires_after(time);
  deadline_.async_wait([weak = weak_from_this(), phase = ++read_phase_](const Error& error) {
    const auto self = weak.lock();
    if (!error && self) self->on_deadline(phase);
  });
}

void HttpSession::on_deadline(std::uint64_t phase) {
  if (phase != read_phase_) return;
  is_late_ = true;
  stream_.cancel();
}

void HttpSession::read_request() {
  if (hall_->is_closing) return close();
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(hall_->limits.header_bytes_max));
  parser_->body_limit(hall_->limits.body_bytes_max);
  read_by(hall_->limits.header_time);
  http::async_read_header(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](Error error, std::size_t) { self->on_header(error); });
}

std::optional<HttpResponse> HttpSession::framing_fault() const {
  const auto& header = parser_->get();
  const std::size_t lengths = header.count(http::field::content_length);
  const std::size_t codings = header.count(http::field::transfer_encoding);
  if (lengths > 1 || codings > 1 || (lengths > 0 && codings > 0)) {
    return problem(400, "Ambiguous length", "Give one Content-Length, or else chunked.");
  }
  if (codings == 1 && lower(header[http::field::transfer_encoding]) != "chunked") {
    return problem(501, "Unknown transfer coding", "Only chunked is known here.");
  }
  if (header.version() >= 11 && header.count(http::field::host) != 1) {
    return problem(400, "No host", "HTTP/1.1 asks for exactly one Host.");
  }
  if (header.version() != 10 && header.version() != 11) {
    return problem(505, "Unknown version", "HTTP/1.0 and HTTP/1.1 are spoken here.");
  }
  return std::nullopt;
}

void HttpSession::on_header(Error error) {
  ++read_phase_;
  if (error) return refuse(error);
  if (const std::optional<HttpResponse> fault = framing_fault()) return refuse(*fault);
  if (lower(parser_->get()[http::field::expect]) != "100-continue") return read_body();
  interim_.emplace(http::status::continue_, parser_->get().version());
  stream_.expires_after(hall_->limits.write_time);
  http::async_write(stream_, *interim_, [self = shared_from_this()](Error failed, std::size_t) {
    if (!failed) self->read_body();
  });
}

void HttpSession::read_body() {
  read_by(hall_->limits.body_time);
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](Error error, std::size_t) { self->on_body(error); });
}

void HttpSession::on_body(Error error) {
  ++read_phase_;
  if (error) return refuse(error);
  give();
}

HttpRequest HttpSession::request() const {
  const auto& message = parser_->get();
  HttpRequest request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  for (const auto& field : message) {
    std::string& value = request.headers[lower(field.name_string())];
    if (!value.empty()) value += ", ";
    value += std::string(field.value());
  }
  request.owner = owner_;
  request.is_tcp = gate_->is_tcp;
  return request;
}

void HttpSession::give() {
  stream_.expires_never();
  HttpRequest asked = request();
  asked.body = std::move(parser_->get().body());
  const std::uint64_t number = ++request_number_;
  is_waiting_ = true;
  is_under_way_ = true;
  ++hall_->under_way;
  deadline_.expires_after(hall_->limits.answer_time);
  // Weak: the answer may never come, and must not keep the connection.
  deadline_.async_wait([weak = weak_from_this(), number](const Error& error) {
    const auto self = weak.lock();
    if (error || !self) return;
    self->take_reply(number, [] {
      return problem(504, "No answer in time", "It may still be done; ask again.");
    });
  });
  hall_->take(std::move(asked), [self = shared_from_this(), number](HttpServer::Reply reply) {
    HttpHall::hand_over(self->hall_, {self, number, std::move(reply)});
  });
}

void HttpSession::take_reply(std::uint64_t request, const HttpServer::Reply& reply) {
  if (!is_waiting_ || request != request_number_) return;
  is_waiting_ = false;
  deadline_.cancel();
  write(reply(), parser_->get().keep_alive());
}

void HttpSession::write(const HttpResponse& response, bool keeps) {
  keeps = keeps && !hall_->is_closing;
  response_ = {};
  response_.version(11);
  response_.result(static_cast<unsigned>(response.status));
  response_.set(http::field::content_type, response.content_type);
  response_.set("X-Content-Type-Options", "nosniff");
  response_.set(http::field::cache_control, "no-store");
  for (const auto& [name, value] : response.headers) response_.set(name, value);
  response_.keep_alive(keeps);
  const bool is_head = parser_ && parser_->get().method() == http::verb::head;
  response_.body() = is_head ? std::string() : response.body;
  response_.prepare_payload();
  stream_.expires_after(hall_->limits.write_time);
  http::async_write(stream_, response_,
                    [self = shared_from_this(), keeps](Error error, std::size_t) {
                      self->on_written(error, keeps);
                    });
}

void HttpSession::on_written(Error error, bool keeps) {
  count_done();
  if (error) return close();
  if (keeps) return read_request();
  linger();
}

void HttpSession::refuse(Error error) {
  // Nothing has come: an idle connection is closed without a word.
  if (is_late_ && parser_->got_some()) {
    return refuse(problem(408, "Too slow", "The request did not arrive in time."));
  }
  const bool is_gone = error == http::error::end_of_stream || error == asio::error::eof ||
                       error == asio::error::connection_reset ||
                       error == asio::error::operation_aborted;
  if (is_late_ || is_gone) return close();
  refuse(refusal_of(error));
}

void HttpSession::refuse(const HttpResponse& response) {
  write(response, false);
}

// Reads and forgets what the other side still sends, for a moment: closing on unread bytes would
// reset the connection, and the answer could be lost with it.
void HttpSession::linger() {
  Error ignored;
  stream_.socket().shutdown(Socket::shutdown_send, ignored);
  scratch_.resize(16 * 1024);
  if (lingered_bytes_ == 0) stream_.expires_after(linger_time);
  stream_.async_read_some(asio::buffer(scratch_),
                          [self = shared_from_this()](Error error, std::size_t bytes) {
                            self->lingered_bytes_ += bytes;
                            if (error || self->lingered_bytes_ > lingered_bytes_max) {
                              self->close();
                            } else {
                              self->linger();
                            }
                          });
}

void HttpSession::close() {
  Error ignored;
  deadline_.cancel();
  stream_.socket().shutdown(Socket::shutdown_both, ignored);
  stream_.close();
}

}  // namespace settle
