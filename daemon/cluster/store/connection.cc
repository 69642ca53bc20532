#include "daemon/cluster/store/connection.h"

#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/cluster/store/waiting.h"

namespace settle::cluster {
namespace {

constexpr zk::Milliseconds session_timeout{10'000};
constexpr zk::Milliseconds patience{10'000};

template <typename Value>
using Answered = std::pair<zk::Code, Value>;

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const EnsemblePlace& place,
                                                     const std::string& digest) {
  auto connection = std::unique_ptr<Connection>(new Connection(place, digest));
  const Status connected = connection->wait_until_connected();
  if (!connected) return connected.error();
  return Result<std::unique_ptr<Connection>>(std::move(connection));
}

Connection::Connection(EnsemblePlace place, const std::string& digest) : place_(std::move(place)) {
  library_ = std::make_unique<zk::CClient>(
      thread_, zk::CClientOptions{place_.servers, session_timeout, digest});
  zk::FrameworkOptions options;
  options.backend = [this] { return library_->session(); };
  options.name_space = place_.name_space;
  options.access = digest.empty() ? zk::Access::anyone : zk::Access::creator;
  thread_.run(
      [&] { client_ = std::make_unique<zk::CuratorFramework>(thread_, std::move(options)); });
}

Connection::~Connection() {
  thread_.run([this] { client_.reset(); });
}

Status Connection::wait_until_connected() {
  using State = zk::ConnectionState;
  const State reached = answer_of<State>(thread_, [this](auto done) {
    // Whichever comes first answers, and the other finds nobody.
    const auto once = std::make_shared<std::function<void(State)>>(done);
    const auto answer = [once](State state) {
      if (const auto waiting = std::exchange(*once, nullptr)) waiting(state);
    };
    client_->add_listener([answer](State state) {
      if (state != State::suspended && state != State::lost) answer(state);
    });
    thread_.after(patience, [answer] { answer(State::latent); });
    client_->start();
  });
  if (reached == State::connected || reached == State::reconnected) return std::monostate();
  if (reached == State::refused) {
    return Error{ErrorCode::invalid, "ZooKeeper refuses the credentials"};
  }
  return Error{ErrorCode::unavailable,
               fmt::format("no server of ZooKeeper answers at {} within {} s",
                           fmt::join(place_.servers, ", "), patience.count() / 1'000)};
}

Error Connection::error_of(zk::Code code, const std::string& path) const {
  if (code == zk::Code::no_node) {
    return {ErrorCode::not_found, fmt::format("ZooKeeper has no {}{}", place_.name_space, path)};
  }
  if (code == zk::Code::no_auth) {
    return {ErrorCode::invalid,
            fmt::format("ZooKeeper does not let us at {}{}: it was made with other credentials",
                        place_.name_space, path)};
  }
  return {zk::is_passing(code) ? ErrorCode::unavailable : ErrorCode::conflict,
          fmt::format("ZooKeeper answers {} for {}{}", zk::name(code), place_.name_space, path)};
}

bool Connection::takes_requests_of(std::size_t bytes) {
  // A path as long as that; a server that finds it too long closes the connection.
  const std::string path = "/" + std::string(bytes, 'x');
  const zk::Code code = answer_of<zk::Code>(thread_, [&](auto done) {
    client_->exists(path, false, [done](zk::Code found, const zk::Stat&) { done(found); });
  });
  return code == zk::Code::no_node || code == zk::Code::no_auth;
}

Result<zk::Data> Connection::get(const std::string& path) {
  const auto [code, data] = answer_of<Answered<zk::Data>>(thread_, [&](auto done) {
    client_->sync(path, [this, path, done](zk::Code synced, const zk::Stat&) {
      const bool goes_on = synced == zk::Code::ok || synced == zk::Code::no_node;
      if (!goes_on) return done({synced, {}});
      client_->get(path, false, [done](zk::Code read, zk::Data found) {
        done({read, std::move(found)});
      });
    });
  });
  if (code != zk::Code::ok) return error_of(code, path);
  return data;
}

Result<zk::Children> Connection::children(const std::string& path) {
  const auto [code, found] = answer_of<Answered<zk::Children>>(thread_, [&](auto done) {
    client_->children(path, false, [done](zk::Code read, zk::Children names) {
      done({read, std::move(names)});
    });
  });
  if (code != zk::Code::ok) return error_of(code, path);
  return found;
}

Result<zk::Stat> Connection::set(const std::string& path, const std::string& data,
                                 std::int32_t version) {
  const auto [code, stat] = answer_of<Answered<zk::Stat>>(thread_, [&](auto done) {
    client_->set(path, data, version, [done](zk::Code written, const zk::Stat& found) {
      done({written, found});
    });
  });
  if (code != zk::Code::ok) return error_of(code, path);
  return stat;
}

Status Connection::remove_tree(const std::string& path) {
  const auto below = children(path);
  if (!below && below.error().code == ErrorCode::not_found) return std::monostate();
  if (!below) return below.error();
  for (const std::string& name : below->names) {
    const Status removed = remove_tree(path + "/" + name);
    if (!removed) return removed;
  }
  const zk::Code code = answer_of<zk::Code>(thread_, [&](auto done) {
    client_->remove(path, zk::any_version,
                    [done](zk::Code removed, const zk::Stat&) { done(removed); });
  });
  const bool is_gone = code == zk::Code::ok || code == zk::Code::no_node;
  return is_gone ? Status(std::monostate()) : Status(error_of(code, path));
}

}  // namespace settle::cluster
