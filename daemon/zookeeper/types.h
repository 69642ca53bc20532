// ZooKeeper's nouns as plain values: no header of its C client, no thread, no connection.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace settle::zk {

using Milliseconds = std::chrono::milliseconds;

/// What became of an operation. Source: ZooKeeper's KeeperException codes, and three of our own.
enum class Code : std::uint8_t {
  ok,
  no_node,
  node_exists,
  bad_version,
  not_empty,
  no_auth,
  auth_failed,
  session_expired,
  connection_loss,
  operation_timeout,  // Our own deadline: the C client has none.
  throttled,          // The server did not execute it: later.
  bad_arguments,
  rolled_back,  // In a transaction: fine by itself, undone because of another.
  closing,
  too_large,         // Ours: never sent, since a server answers it by closing the connection.
  too_many_watches,  // Ours: never registered.
  other,
};

/// "no_node", for logs.
[[nodiscard]] std::string_view name(Code code);

/// What the caller of a write knows about its effect.
enum class Outcome : std::uint8_t {
  done,
  refused,  // It had no effect.
  unknown,  // It may have had its effect, or may still have it: read back, never send blindly
            // again.
};
[[nodiscard]] Outcome outcome(Code code);
/// Whether asking again may help, where asking again does no harm.
[[nodiscard]] bool is_passing(Code code);

struct Stat {
  std::int64_t czxid = 0;
  std::int64_t mzxid = 0;
  std::int64_t pzxid = 0;
  std::int64_t created_ms = 0;       // By the wall clock of the server that led then.
  std::int32_t version = 0;          // Of the data.
  std::int32_t cversion = 0;         // Of the children.
  std::int64_t ephemeral_owner = 0;  // A session; zero for a persistent node.
  std::int32_t data_length = 0;
  std::int32_t children = 0;
  friend bool operator==(const Stat&, const Stat&) = default;
};

enum class CreateMode : std::uint8_t {
  persistent,
  ephemeral,
  persistent_sequential,
  ephemeral_sequential,
};
[[nodiscard]] bool is_ephemeral(CreateMode mode);
[[nodiscard]] bool is_sequential(CreateMode mode);

/// Who may touch a node. A node's ACL is its own: it is not inherited.
enum class Access : std::uint8_t {
  anyone,
  creator,  // All to who created it (scheme "auth"), nothing to others.
};

inline constexpr std::int32_t any_version = -1;

struct CreateOp {
  std::string path;
  std::string data;
  CreateMode mode = CreateMode::persistent;
};
struct SetOp {
  std::string path;
  std::string data;
  std::int32_t version = any_version;
};
struct RemoveOp {
  std::string path;
  std::int32_t version = any_version;
};
struct CheckOp {
  std::string path;
  std::int32_t version = any_version;  // any_version: that it exists.
};
using Op = std::variant<CreateOp, SetOp, RemoveOp, CheckOp>;
[[nodiscard]] const std::string& path_of(const Op& op);

/// All or nothing.
using Transaction = std::vector<Op>;

struct OpResult {
  Code code = Code::ok;
  std::string path;  // Of a create: with its sequence number.
  Stat stat;         // Of a set.
};

/// Bytes of a request as the server counts them, nearly: data, paths and what frames them.
[[nodiscard]] std::size_t weight(const Op& op);

enum class WatchType : std::uint8_t { created, deleted, changed, children, other };

/// A hint that something may have changed; what there is now, a read says.
struct WatchEvent {
  WatchType type = WatchType::other;
  std::string path;
};

struct Session {
  std::int64_t id = 0;
  Milliseconds timeout{};  // As negotiated.
  friend bool operator==(const Session&, const Session&) = default;
};

}  // namespace settle::zk
