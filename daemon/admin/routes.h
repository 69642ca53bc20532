// What a request asks for: from method, path and query to one of a closed set of calls.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "daemon/admin/http.h"
#include "daemon/admin/what_if.h"
#include "reconcilers/signal.h"

namespace settle {

struct CheckHealth {};
struct CheckReady {};
struct ReadMetrics {};
struct ReadStatus {};
struct ListGroups {};
struct DescribeGroup {
  GroupId group;
};
struct ExplainWhyNot {
  GroupId group;
  std::string toward;  // "in", "out" or a number.
};
struct SupposeGroup {
  GroupId group;
  Supposition supposed;
};
struct ListUpcoming {
  GroupId group;
  std::size_t count_max = 10;
};
struct ListMemory {
  GroupId group;
};
struct ListDecisions {
  std::optional<GroupId> group;
  std::optional<std::uint64_t> after;
  std::size_t count_max = 100;
  Duration wait{};  // Answer later, up to this, if there is nothing yet.
};
struct ReadDecision {
  std::string id;  // Or a unique beginning of it.
  bool as_page = false;
};
struct ListDeadLetters {
  std::size_t count_max = 100;
};
struct ReadDeadLetter {
  std::uint64_t sequence = 0;
};
/// Gives the event of a letter to its group once more, as if it had happened now; or says that it
/// is to be let be.
struct SettleDeadLetter {
  std::uint64_t sequence = 0;
  bool replays = false;  // Else it is discarded.
};
struct ListSources {};
struct ListClouds {};
/// What bears our cluster's mark in any cloud and is of no known group.
struct ListOrphans {};
/// A request to a source that is sent to.
struct TakeHook {
  std::string source;
  std::string rest;  // Behind its name, without the slash.
};
/// What comes in, for somebody who watches.
struct WatchEvents {
  std::optional<GroupId> group;
  std::optional<std::uint64_t> after;  // None: from here on.
  std::size_t count_max = 100;
  Duration wait{};
};
struct ListMembers {};
struct ListPartitions {};
/// Gives everything that this member owns to the others.
struct DrainMember {
  std::string member;
};
struct TakeEvents {};
/// An operator's order, already a signal of its group.
struct GiveOrder {
  Signal order;
};

using ApiCall =
    std::variant<CheckHealth, CheckReady, ReadMetrics, ReadStatus, ListGroups, DescribeGroup,
                 ExplainWhyNot, SupposeGroup, ListUpcoming, ListMemory, ListDecisions, ReadDecision,
                 ListDeadLetters, ReadDeadLetter, SettleDeadLetter, ListSources, ListClouds,
                 ListOrphans, TakeHook, WatchEvents, ListMembers, ListPartitions, DrainMember,
                 TakeEvents, GiveOrder>;

/// Total: what is no call is a problem document. `nonce` makes the id of an order unique, unless
/// the request bears an Idempotency-Key.
[[nodiscard]] std::variant<ApiCall, HttpResponse> route(const HttpRequest& request, Time now,
                                                        const std::string& nonce);

/// "90", "90s", "15m", "2h", "1d" or "250ms"; a bare number is seconds. Orders need a unit.
[[nodiscard]] std::optional<Duration> parse_wait(std::string_view text);

}  // namespace settle
