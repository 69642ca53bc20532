#include "tests/octavia/fake_octavia.h"

#include <algorithm>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/http/raw_request.h"

namespace settle::octavia {
namespace {

using boost::json::array;
using boost::json::object;

std::string reply(int status, const boost::json::value& body) {
  return http::plain_reply(status, boost::json::serialize(body));
}

std::string fault(int status, const std::string& message) {
  return reply(status, object{{"faultcode", status / 100 == 5 ? "Server" : "Client"},
                              {"faultstring", message},
                              {"debuginfo", nullptr}});
}

std::string text_of(const boost::json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : boost::json::serialize(value);
}

/// Every key of the query that is no word of paging is a filter.
bool passes(const object& member, const std::map<std::string, std::string>& query) {
  return std::all_of(query.begin(), query.end(), [&member](const auto& filter) {
    const auto& [key, wanted] = filter;
    if (key == "limit" || key == "marker") return true;
    const boost::json::value* has = member.if_contains(key);
    return has != nullptr && text_of(*has) == wanted;
  });
}

}  // namespace

struct FakeOctavia::Request : http::RawRequest {
  using RawRequest::RawRequest;
};

object FakeOctavia::member(const std::string& pool, const std::string& name) {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, member] : world_.pools.at(pool).members) {
    if (text_of(member.at("name")) == name) return member;
  }
  return {};
}

std::string FakeOctavia::make(const std::string& pool, const object& asked) {
  const std::lock_guard lock(mutex_);
  object member = born(asked);
  std::string id = text_of(member.at("id"));
  world_.pools.at(pool).members[id] = std::move(member);
  return id;
}

object FakeOctavia::born(const object& asked) {
  std::string number = std::to_string(++world_.next_id);
  number.insert(0, 12 - number.size(), '0');
  object member{{"id", "00000000-0000-4000-9000-" + number},
                {"name", ""},
                {"weight", 1},
                {"admin_state_up", true},
                {"operating_status", "NO_MONITOR"},
                {"provisioning_status", "ACTIVE"},
                {"tags", array()}};
  for (const auto& [key, value] : asked) member[key] = value;
  return member;
}

http::RawReply FakeOctavia::answer(const std::string& text) {
  const std::lock_guard lock(mutex_);
  Request request(text);
  const std::string prefix = "/load-balancer";
  if (request.path.rfind(prefix, 0) == 0) request.path = request.path.substr(prefix.size());
  world_.calls.push_back(request.method + " " + request.path);
  if (!request.body.empty()) world_.bodies.push_back(request.body);
  if (world_.is_down) return {fault(503, "The service is unavailable.")};
  if (request.headers["x-auth-token"].empty()) return {fault(401, "Authentication required")};
  return {answer_to(request)};
}

std::string FakeOctavia::answer_to(const Request& request) {
  const std::string root = "/v2/lbaas/pools";
  if (request.path == root) return list_pools(request);
  const std::string rest = request.path.substr(std::min(root.size() + 1, request.path.size()));
  const auto slash = std::min(rest.find('/'), rest.size());
  const auto pool = world_.pools.find(rest.substr(0, slash));
  if (pool == world_.pools.end())
    return fault(404, "pool " + rest.substr(0, slash) + " not found.");
  if (request.method == "GET" && rest.substr(slash) == "/members") {
    return list_members(request, pool->second);
  }
  if (world_.busy_for > 0) {
    --world_.busy_for;
    return fault(409, "Load Balancer 1 is immutable and cannot be updated.");
  }
  if (request.method == "POST") return create(request, pool->second);
  return one(request, pool->second, rest.substr(slash + std::string("/members/").size()));
}

std::string FakeOctavia::list_pools(const Request& request) const {
  array pools;
  for (const auto& [id, pool] : world_.pools) {
    const auto name = request.query.find("name");
    if (name != request.query.end() && name->second != pool.name) continue;
    pools.emplace_back(object{{"id", id}, {"name", pool.name}});
  }
  return reply(200, object{{"pools", std::move(pools)}, {"pools_links", array()}});
}

std::string FakeOctavia::list_members(const Request& request, const Pool& pool) const {
  const auto asked = request.query.find("limit");
  const int most = asked == request.query.end()
                       ? world_.page_max
                       : std::min(world_.page_max, std::stoi(asked->second));
  const auto marker = request.query.find("marker");
  array page;
  bool is_cut = false;
  for (const auto& [id, member] : pool.members) {
    const bool is_past =
        marker == request.query.end() || world_.leads_in_circles || id > marker->second;
    if (!is_past || !passes(member, request.query)) continue;
    is_cut = static_cast<int>(page.size()) == most;
    if (is_cut) break;
    page.emplace_back(member);
  }
  object body{{"members", std::move(page)}, {"members_links", array()}};
  if (is_cut) {
    // A link that leads elsewhere: it is not to be followed.
    body["members_links"] =
        array{object{{"rel", "next"}, {"href", "http://127.0.0.1:1/elsewhere"}}};
  }
  return reply(200, body);
}

std::string FakeOctavia::create(const Request& request, Pool& pool) {
  const object asked = boost::json::parse(request.body).as_object().at("member").as_object();
  for (const auto& [id, member] : pool.members) {
    const bool is_taken = member.at("address") == asked.at("address") &&
                          member.at("protocol_port") == asked.at("protocol_port");
    if (is_taken) return fault(409, "Another member on this pool is already using that address.");
  }
  if (static_cast<int>(pool.members.size()) >= world_.quota) {
    return fault(403, "Quota has been met for resources: member");
  }
  object member = born(asked);
  const std::string id = text_of(member.at("id"));
  pool.members[id] = member;
  member["provisioning_status"] = "PENDING_CREATE";  // At the moment of the answer.
  return reply(201, object{{"member", std::move(member)}});
}

std::string FakeOctavia::one(const Request& request, Pool& pool, const std::string& id) {
  const auto found = pool.members.find(id);
  if (found == pool.members.end()) return fault(404, "member " + id + " not found.");
  if (request.method == "DELETE") {
    pool.members.erase(found);
    return http::plain_reply(204, "");
  }
  const object change = boost::json::parse(request.body).as_object().at("member").as_object();
  for (const auto& [key, value] : change) {
    if (key != "weight" && key != "admin_state_up" && key != "name" && key != "tags") {
      return fault(400, "Validation failure: " + std::string(key) + " cannot be changed.");
    }
    found->second[key] = value;
  }
  return reply(200, object{{"member", found->second}});
}

}  // namespace settle::octavia
