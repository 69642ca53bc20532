#include "daemon/zookeeper/types.h"

namespace settle::zk {
namespace {
/// Headers, ACL and lengths that go with each operation.
constexpr std::size_t framing = 96;
}  // namespace

std::string_view name(Code code) {
  switch (code) {
    case Code::ok:
      return "ok";
    case Code::no_node:
      return "no_node";
    case Code::node_exists:
      return "node_exists";
    case Code::bad_version:
      return "bad_version";
    case Code::not_empty:
      return "not_empty";
    case Code::no_auth:
      return "no_auth";
    case Code::auth_failed:
      return "auth_failed";
    case Code::session_expired:
      return "session_expired";
    case Code::connection_loss:
      return "connection_loss";
    case Code::operation_timeout:
      return "operation_timeout";
    case Code::throttled:
      return "throttled";
    case Code::bad_arguments:
      return "bad_arguments";
    case Code::rolled_back:
      return "rolled_back";
    case Code::closing:
      return "closing";
    case Code::too_large:
      return "too_large";
    case Code::too_many_watches:
      return "too_many_watches";
    case Code::other:
      return "other";
  }
  return "other";
}

Outcome outcome(Code code) {
  switch (code) {
    case Code::ok:
      return Outcome::done;
    case Code::connection_loss:
    case Code::operation_timeout:
    case Code::session_expired:  // The server may have applied it before the session ended.
    case Code::closing:
    case Code::other:
      return Outcome::unknown;
    default:
      return Outcome::refused;
  }
}

bool is_passing(Code code) {
  return code == Code::connection_loss || code == Code::operation_timeout ||
         code == Code::throttled;
}

bool is_ephemeral(CreateMode mode) {
  return mode == CreateMode::ephemeral || mode == CreateMode::ephemeral_sequential;
}

bool is_sequential(CreateMode mode) {
  return mode == CreateMode::persistent_sequential || mode == CreateMode::ephemeral_sequential;
}

const std::string& path_of(const Op& op) {
  return std::visit([](const auto& one) -> const std::string& { return one.path; }, op);
}

std::size_t weight(const Op& op) {
  std::size_t bytes = framing + path_of(op).size();
  if (const auto* create = std::get_if<CreateOp>(&op)) bytes += create->data.size();
  if (const auto* set = std::get_if<SetOp>(&op)) bytes += set->data.size();
  return bytes;
}

}  // namespace settle::zk
