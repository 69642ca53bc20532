#include "daemon/cloud/nova/members.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <boost/json/serialize.hpp>

#include "daemon/base/encoding.h"
#include "daemon/cloud/nova/json.h"

namespace settle::octavia {
namespace {
using nova::array_in;
using nova::text_in;

const std::string root = "/v2/lbaas/pools";

std::string members_of(const std::string& pool) {
  return root + "/" + percent_encoded(pool) + "/members";
}

int number_in(const boost::json::object& from, std::string_view key) {
  const boost::json::value* found = from.if_contains({key.data(), key.size()});
  if (found == nullptr || !found->is_int64()) return 0;
  return static_cast<int>(std::clamp<std::int64_t>(found->get_int64(), 0, 65'535));
}

std::optional<Member> member_of(const boost::json::object& from) {
  Member member;
  member.id = text_in(from, "id");
  if (member.id.empty()) return std::nullopt;
  member.name = text_in(from, "name");
  member.address = text_in(from, "address");
  member.port = number_in(from, "protocol_port");
  member.weight = number_in(from, "weight");
  const boost::json::value* is_up = from.if_contains("admin_state_up");
  member.is_up = is_up == nullptr || !is_up->is_bool() || is_up->get_bool();
  member.operating = text_in(from, "operating_status");
  member.provisioning = text_in(from, "provisioning_status");
  if (const auto* tags = array_in(from, "tags")) {
    for (const boost::json::value& tag : *tags) {
      if (tag.is_string()) member.tags.emplace_back(tag.get_string());
    }
  }
  return member;
}

bool links_on(const boost::json::object& listing) {
  const auto* links = array_in(listing, "members_links");
  if (links == nullptr) return false;
  return std::any_of(links->begin(), links->end(), [](const boost::json::value& link) {
    return link.is_object() && text_in(link.get_object(), "rel") == "next";
  });
}

/// The first fixed address of each version on one network.
void read_fixed(const boost::json::array& addresses, std::map<int, std::string>& found) {
  for (const boost::json::value& item : addresses) {
    if (!item.is_object()) continue;
    const boost::json::object& one = item.get_object();
    const std::string kind = text_in(one, "OS-EXT-IPS:type");
    const std::string address = text_in(one, "addr");
    if ((kind.empty() || kind == "fixed") && !address.empty()) {
      found.emplace(number_in(one, "version"), address);
    }
  }
}

constexpr nova::Judgement later(Reason why) {
  return {Acted::Result::not_now, why};
}

}  // namespace

bool Member::is_going() const {
  return provisioning == "PENDING_DELETE" || provisioning == "DELETED";
}

Result<Page> read_members(std::string_view json) {
  const std::optional<boost::json::value> value = nova::parse(json);
  const boost::json::array* members = array_in(value, "members");
  if (members == nullptr) return Error{ErrorCode::invalid, "the answer lists no members"};
  Page page;
  page.members.reserve(members->size());
  for (const boost::json::value& item : *members) {
    std::optional<Member> member;
    if (item.is_object()) member = member_of(item.get_object());
    if (!member) return Error{ErrorCode::invalid, "the answer has a member without an id"};
    page.members.push_back(std::move(*member));
  }
  page.has_more = links_on(value->get_object());
  return page;
}

Result<std::string> read_pool(std::string_view json) {
  const std::optional<boost::json::value> value = nova::parse(json);
  const boost::json::array* pools = array_in(value, "pools");
  if (pools == nullptr) return Error{ErrorCode::invalid, "the answer lists no pools"};
  if (pools->size() != 1 || !pools->front().is_object()) {
    return Error{ErrorCode::invalid, pools->empty() ? "there is no pool of this name"
                                                    : "there are several pools of this name"};
  }
  std::string id = text_in(pools->front().get_object(), "id");
  if (id.empty()) return Error{ErrorCode::invalid, "the answer has a pool without an id"};
  return id;
}

Result<std::string> read_address(std::string_view json, const std::string& network) {
  const std::optional<boost::json::value> value = nova::parse(json);
  const boost::json::object* server = nova::object_in(value, "server");
  const boost::json::object* addresses =
      server == nullptr ? nullptr : nova::object_in(*server, "addresses");
  if (addresses == nullptr) return Error{ErrorCode::invalid, "the answer has no addresses"};
  std::map<std::string, std::map<int, std::string>> by_network;
  for (const auto& [name, list] : *addresses) {
    if (list.is_array()) read_fixed(list.get_array(), by_network[std::string(name)]);
  }
  for (const auto& [name, fixed] : by_network) {
    if (!fixed.empty() && (network.empty() || name == network)) return fixed.begin()->second;
  }
  return Error{ErrorCode::invalid, "the server has no fixed address there"};
}

bool is_id(std::string_view pool) {
  return pool.size() == 36 && pool.find_first_not_of("0123456789abcdefABCDEF-") == pool.npos;
}

nova::Ask find_pool(const std::string& name) {
  return {"FindPool", "GET", nova::Service::balancer, root + "?name=" + percent_encoded(name), {}};
}

nova::Ask list_members(const std::string& pool, int page_size, const std::string& marker) {
  std::string path = members_of(pool) + "?limit=" + std::to_string(page_size);
  if (!marker.empty()) path += "&marker=" + percent_encoded(marker);
  return {"ListMembers", "GET", nova::Service::balancer, std::move(path), {}};
}

nova::Ask find_named(const std::string& pool, const std::string& name) {
  return {"FindMember",
          "GET",
          nova::Service::balancer,
          members_of(pool) + "?name=" + percent_encoded(name),
          {}};
}

nova::Ask find_addressed(const std::string& pool, const Member& wanted) {
  return {"FindMember",
          "GET",
          nova::Service::balancer,
          members_of(pool) + "?address=" + percent_encoded(wanted.address) +
              "&protocol_port=" + std::to_string(wanted.port),
          {}};
}

nova::Ask create_member(const std::string& pool, const Member& wanted) {
  boost::json::array tags;
  for (const std::string& tag : wanted.tags) tags.emplace_back(tag);
  boost::json::object member{{"name", wanted.name},
                             {"address", wanted.address},
                             {"protocol_port", wanted.port},
                             {"weight", wanted.weight}};
  member["tags"] = std::move(tags);
  return {"CreateMember", "POST", nova::Service::balancer, members_of(pool),
          boost::json::serialize(boost::json::object{{"member", std::move(member)}})};
}

nova::Ask set_weight(const std::string& pool, const std::string& id, int weight) {
  const boost::json::value change{{"member", {{"weight", weight}, {"admin_state_up", true}}}};
  return {"SetWeight", "PUT", nova::Service::balancer, members_of(pool) + "/" + percent_encoded(id),
          boost::json::serialize(change)};
}

nova::Ask remove_member(const std::string& pool, const std::string& id) {
  return {"RemoveMember",
          "DELETE",
          nova::Service::balancer,
          members_of(pool) + "/" + percent_encoded(id),
          {}};
}

nova::Judgement judge_change(const nova::Reply& reply) {
  const http::Answer& answer = reply.answer;
  if (answer.end == http::End::unsent) {
    const bool is_down = reply.unsent_as == Reason::cloud_unreachable;
    return later(is_down ? Reason::balancer_unreachable : reply.unsent_as);
  }
  if (answer.end != http::End::answered) {
    return {Acted::Result::unknown, Reason::balancer_unreachable};
  }
  if (answer.status == 429) return later(Reason::cloud_throttled);
  if (answer.status == 503 && !answer.header("retry-after").empty()) {
    return later(Reason::cloud_throttled);
  }
  if (answer.status >= 500 || answer.status < 400) {
    return {Acted::Result::unknown, Reason::balancer_unreachable};
  }
  if (answer.status == 409) return later(Reason::balancer_pending);
  // Who we are is in doubt, not what we want.
  if (answer.status == 401) return later(Reason::balancer_refused);
  return {Acted::Result::refused, Reason::balancer_refused};
}

nova::Judgement judge_reading(const nova::Reply& reply) {
  nova::Judgement judgement = judge_change(reply);
  if (judgement.result == Acted::Result::unknown) judgement.result = Acted::Result::not_now;
  return judgement;
}

}  // namespace settle::octavia
