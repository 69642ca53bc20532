#include "daemon/runtime/http_server.h"

#include <array>
#include <thread>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "daemon/runtime/http_session.h"

namespace settle {
namespace {

namespace asio = boost::asio;
using Local = asio::local::stream_protocol;
using Tcp = asio::ip::tcp;
using ErrorWord = boost::system::error_code;

constexpr std::chrono::milliseconds accept_again{100};
constexpr mode_t socket_mode = 0660;

/// The name of the user at the other end, or its number where it has no name.
std::string peer_of(int descriptor) {
  ucred peer{};
  socklen_t length = sizeof(peer);
  if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return "unknown";
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> space{};
  if (::getpwuid_r(peer.uid, &entry, space.data(), space.size(), &found) == 0 && found != nullptr) {
    return found->pw_name;
  }
  return "uid:" + std::to_string(peer.uid);
}

/// "127.0.0.1:8470", "[::1]:8470" or "localhost:8470": none if it is not this machine's loopback.
Result<Tcp::endpoint> loopback(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  std::string host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  ErrorWord error;
  const auto address = asio::ip::make_address(host, error);
  const std::string port = colon == std::string::npos ? "" : text.substr(colon + 1);
  const bool is_number = !port.empty() && port.size() <= 5 &&
                         port.find_first_not_of("0123456789") == std::string::npos;
  if (error || !is_number || std::stoul(port) > 65'535) {
    return Error{ErrorCode::invalid, "\"" + text + "\" is no address to listen on"};
  }
  if (!address.is_loopback()) {
    return Error{ErrorCode::invalid,
                 "will not listen on " + text +
                     ": anything but loopback needs TLS and a token, which are not there yet"};
  }
  return Tcp::endpoint(address, static_cast<std::uint16_t>(std::stoul(port)));
}

/// A socket left behind by a daemon that died is removed; one that answers is somebody's.
Status clear_stale(asio::io_context& io, const std::string& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0) return std::monostate{};
  if (!S_ISSOCK(found.st_mode)) {
    return Error{ErrorCode::conflict, path + " is there and is no socket; remove it"};
  }
  Local::socket probe(io);
  ErrorWord error;
  probe.connect(Local::endpoint(path), error);
  if (!error) {
    return Error{ErrorCode::conflict, "another daemon answers on " + path + "; stop it first"};
  }
  ::unlink(path.c_str());
  return std::monostate{};
}

}  // namespace

class HttpServer::Core : public std::enable_shared_from_this<HttpServer::Core> {
 public:
  Core(const HttpLimits& limits, Take take) {
    hall_->limits = limits;
    hall_->take = std::move(take);
    unix_gate_->is_tcp = false;
  }

  Status open(const HttpEndpoints& endpoints) {
    if (!endpoints.socket.empty()) {
      const Status opened = open_unix(endpoints.socket);
      if (!opened) return opened;
    }
    if (!endpoints.tcp.empty()) return open_tcp(endpoints.tcp);
    return std::monostate{};
  }

  void start() {
    if (unix_.is_open()) accept(unix_, unix_gate_);
    if (tcp_.is_open()) accept(tcp_, tcp_gate_);
    thread_ = std::thread([this] { hall_->io.run(); });
  }

  void stop_accepting() {
    hall_->is_closing = true;
    asio::post(hall_->io, [self = shared_from_this()] { self->close_acceptors(); });
  }

  void stop() {
    if (!thread_.joinable()) return;
    stop_accepting();
    hall_->io.stop();
    thread_.join();
    close_acceptors();
    again_.cancel();
    // What waits holds its session, and a session the hall: let everything end, and let go.
    for (const auto& session : hall_->sessions()) session->close();
    work_.reset();
    hall_->io.restart();
    hall_->io.poll();
    if (!path_.empty()) ::unlink(path_.c_str());
    std::vector<HttpHall::Made> unread;
    {
      const std::lock_guard lock(hall_->mutex);
      unread.swap(hall_->made);
    }
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::size_t under_way() const { return hall_->under_way; }

 private:
  Status open_unix(const std::string& path) {
    const Status cleared = clear_stale(hall_->io, path);
    if (!cleared) return cleared;
    ErrorWord error;
    if (path.size() >= sizeof(sockaddr_un::sun_path)) {
      return Error{ErrorCode::invalid, "the path of the socket is too long: " + path};
    }
    unix_.open(Local(), error);
    // Nobody may connect between bind and chmod.
    const mode_t before = ::umask(0117);
    if (!error) unix_.bind(Local::endpoint(path), error);
    ::umask(before);
    if (!error) ::chmod(path.c_str(), socket_mode);
    if (!error) unix_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      return Error{ErrorCode::unavailable, "cannot listen on " + path + ": " + error.message() +
                                               "; does its directory exist?"};
    }
    path_ = path;
    return std::monostate{};
  }

  Status open_tcp(const std::string& text) {
    const Result<Tcp::endpoint> endpoint = loopback(text);
    if (!endpoint) return endpoint.error();
    ErrorWord error;
    tcp_.open((*endpoint).protocol(), error);
    if (!error) tcp_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) tcp_.bind(*endpoint, error);
    if (!error) tcp_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      return Error{ErrorCode::unavailable, "cannot listen on " + text + ": " + error.message()};
    }
    port_ = tcp_.local_endpoint().port();
    return std::monostate{};
  }

  void close_acceptors() {
    ErrorWord ignored;
    unix_.close(ignored);
    tcp_.close(ignored);
  }

  template <typename Acceptor>
  void accept(Acceptor& acceptor, const std::shared_ptr<HttpGate>& gate) {
    acceptor.async_accept([self = shared_from_this(), &acceptor, gate](
                              ErrorWord error, typename Acceptor::protocol_type::socket socket) {
      if (error == asio::error::operation_aborted || !acceptor.is_open()) return;
      if (error) return self->accept_later(acceptor, gate);
      // Beyond the limit a connection is closed at once: those that are open are served.
      if (gate->connections < self->hall_->limits.connections_max) {
        std::string owner = gate->is_tcp ? "http" : peer_of(socket.native_handle());
        std::make_shared<HttpSession>(self->hall_, gate, std::move(socket), std::move(owner))
            ->serve();
      }
      self->accept(acceptor, gate);
    });
  }

  // Out of descriptors, most likely: at once would spin.
  template <typename Acceptor>
  void accept_later(Acceptor& acceptor, const std::shared_ptr<HttpGate>& gate) {
    again_.expires_after(accept_again);
    again_.async_wait([self = shared_from_this(), &acceptor, gate](ErrorWord error) {
      if (!error && acceptor.is_open()) self->accept(acceptor, gate);
    });
  }

  const std::shared_ptr<HttpHall> hall_ = std::make_shared<HttpHall>();
  const std::shared_ptr<HttpGate> unix_gate_ = std::make_shared<HttpGate>();
  const std::shared_ptr<HttpGate> tcp_gate_ = std::make_shared<HttpGate>();
  asio::executor_work_guard<asio::io_context::executor_type> work_{hall_->io.get_executor()};
  Local::acceptor unix_{hall_->io};
  Tcp::acceptor tcp_{hall_->io};
  asio::steady_timer again_{hall_->io};
  std::string path_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

HttpServer::HttpServer(std::shared_ptr<Core> core) : core_(std::move(core)) {}

HttpServer::~HttpServer() {
  stop();
}

Result<std::unique_ptr<HttpServer>> HttpServer::listen(const HttpEndpoints& endpoints,
                                                       const HttpLimits& limits, Take take) {
  auto core = std::make_shared<Core>(limits, std::move(take));
  const Status opened = core->open(endpoints);
  if (!opened) return opened.error();
  core->start();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(core)));
}

std::uint16_t HttpServer::port() const {
  return core_->port();
}
void HttpServer::stop_accepting() {
  core_->stop_accepting();
}
std::size_t HttpServer::under_way() const {
  return core_->under_way();
}
void HttpServer::stop() {
  core_->stop();
}

}  // namespace settle
