// What the Compute API answers: JSON to our own types. Total: any text gives a value or an error.
// Source: Compute API Reference, "Servers", "Server status", "Faults".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/http/call.h"
#include "daemon/partition/event.h"
#include "reconcilers/observation.h"

namespace settle::nova {

/// A server with the marks that it bears; empty where it bears none.
struct Server {
  Instance instance;  // Its state is Nova's status, or DELETING while that is its task.
  std::string cluster;
  GroupId group;
  std::string fault{};  // Why it is in ERROR, in Nova's words; at most fault_max bytes.
};
inline constexpr std::size_t fault_max = 300;

struct Page {
  std::vector<Server> servers;  // In Nova's order.
  bool has_more = false;        // By its own word.
};

/// Of GET /servers/detail. Fails unless it is one.
[[nodiscard]] Result<Page> read_page(std::string_view json);
/// Of GET /servers/ID.
[[nodiscard]] Result<Server> read_server(std::string_view json);
/// Of POST /servers.
[[nodiscard]] Result<InstanceId> read_created(std::string_view json);

/// What came of a call that may not have been made at all.
struct Reply {
  http::Answer answer;
  Reason unsent_as = Reason::cloud_unreachable;  // Of one that never left: why.
};

/// What became of a call that changes something, and why not.
struct Judgement {
  Acted::Result result = Acted::Result::done;
  Reason why = Reason::cloud_refused;
};
/// Of an answer that is no success.
[[nodiscard]] Judgement judge(const Reply& reply, IntentKind kind);
/// The same of a look: it changed nothing, so nothing about it is unknown.
[[nodiscard]] Judgement judge_look(const Reply& reply);

/// What a fault says, for judging: {"badRequest": {"code": 400, "message": "…"}}. Empty if none.
[[nodiscard]] std::string fault_message(std::string_view json);

}  // namespace settle::nova
