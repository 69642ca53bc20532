// Members of a pool of Octavia's: the requests that we make, and what the answers say. Pure.
// Source: Octavia API v2 Reference, "Pools", "Members", "API Pagination", "Status Codes".
//
// A member is ours if it bears the tags of our cluster and of a group; its name is the instance's
// id. Within a pool an address and a port are those of one member, whoever made it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/cloud/nova/answers.h"
#include "daemon/cloud/nova/api.h"

namespace settle::octavia {

struct Member {
  std::string id;
  std::string name;
  std::string address;
  int port = 0;
  int weight = 0;
  bool is_up = true;         // By its administrator.
  std::string operating;     // ONLINE, ERROR, DRAINING, NO_MONITOR, …
  std::string provisioning;  // ACTIVE, PENDING_…, ERROR.
  std::vector<std::string> tags;

  /// It is as if it were not there any more.
  [[nodiscard]] bool is_going() const;
  [[nodiscard]] bool gets_work() const { return is_up && weight > 0; }
};

struct Page {
  std::vector<Member> members;  // In Octavia's order.
  bool has_more = false;        // By its own word.
};

/// Of GET /pools/POOL/members. Fails unless it is one.
[[nodiscard]] Result<Page> read_members(std::string_view json);
/// Of GET /pools?name=NAME: the one pool of that name. Fails if there is none, or more than one.
[[nodiscard]] Result<std::string> read_pool(std::string_view json);
/// Of GET /servers/ID: its first fixed address of version 4, else of version 6; on `network`, or on
/// the first in order of name. Fails if it has none.
[[nodiscard]] Result<std::string> read_address(std::string_view json, const std::string& network);

/// Whether a pool is given by its id and not by its name.
[[nodiscard]] bool is_id(std::string_view pool);

[[nodiscard]] nova::Ask find_pool(const std::string& name);
/// One page of a pool, after the member `marker`, if any.
[[nodiscard]] nova::Ask list_members(const std::string& pool, int page_size,
                                     const std::string& marker);
[[nodiscard]] nova::Ask find_named(const std::string& pool, const std::string& name);
[[nodiscard]] nova::Ask find_addressed(const std::string& pool, const Member& wanted);
/// `wanted` with its name, address, port, weight and tags.
[[nodiscard]] nova::Ask create_member(const std::string& pool, const Member& wanted);
[[nodiscard]] nova::Ask set_weight(const std::string& pool, const std::string& id, int weight);
[[nodiscard]] nova::Ask remove_member(const std::string& pool, const std::string& id);

/// Of an answer to a change that is no success. 409 is a balancer in the middle of another change.
[[nodiscard]] nova::Judgement judge_change(const nova::Reply& reply);
/// The same of a look: it changed nothing, so nothing about it is unknown.
[[nodiscard]] nova::Judgement judge_reading(const nova::Reply& reply);

}  // namespace settle::octavia
