#include "tests/nova/fake_openstack.h"

#include <algorithm>
#include <cstddef>
#include <sstream>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/http/raw_request.h"

namespace settle::nova {
namespace {

using boost::json::array;
using boost::json::object;

std::string reply(int status, const boost::json::value& body, const std::string& headers = {}) {
  return http::plain_reply(status, boost::json::serialize(body), headers);
}

std::string fault(int status, const std::string& message) {
  return reply(status, object{{"fault", object{{"code", status}, {"message", message}}}});
}

std::vector<std::string> split(const std::string& text, char by) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, by);) parts.push_back(part);
  return parts;
}

bool bears(const object& server, const std::vector<std::string>& tags) {
  const array& borne = server.at("tags").as_array();
  return std::all_of(tags.begin(), tags.end(), [&](const std::string& tag) {
    return std::find(borne.begin(), borne.end(), boost::json::value(tag)) != borne.end();
  });
}

void set_tag(object& server, const std::string& tag, bool is_borne) {
  array rest;
  for (const boost::json::value& other : server["tags"].as_array()) {
    if (other != boost::json::value(tag)) rest.push_back(other);
  }
  if (is_borne) rest.emplace_back(tag);
  server["tags"] = std::move(rest);
}

}  // namespace

struct FakeOpenstack::Request : http::RawRequest {
  using RawRequest::RawRequest;
};

int FakeOpenstack::count(const std::string& call) {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(std::count(world_.calls.begin(), world_.calls.end(), call));
}

http::RawReply FakeOpenstack::answer(const std::string& text) {
  const std::lock_guard lock(mutex_);
  const Request request(text);
  std::string path = request.path;
  for (const char* prefix : {"/compute/v2.1", "/image", "/network", "/identity"}) {
    if (path.rfind(prefix, 0) == 0) path = path.substr(std::string(prefix).size());
  }
  const std::string call = request.method + " " + path;
  world_.calls.push_back(call);
  if (!request.body.empty()) world_.bodies.push_back(request.body);
  auto& scripted = world_.answers[call];
  if (!scripted.empty()) {
    std::string next = scripted.front();
    scripted.erase(scripted.begin());
    return {next, next.empty()};
  }
  if (call == "POST /v3/auth/tokens") return {log_in(request)};
  const auto token = request.headers.find("x-auth-token");
  if (token == request.headers.end() || world_.tokens.count(token->second) == 0) {
    return {fault(401, "The request you have made requires authentication.")};
  }
  if (path == "/v2/images") {
    array images;
    const auto found = world_.images.find(request.query.at("name"));
    if (found != world_.images.end()) {
      images.emplace_back(object{{"id", found->second}, {"name", found->first}});
    }
    return {reply(200, object{{"images", std::move(images)}})};
  }
  if (path == "/v2.0/networks") {
    return {reply(200, object{{"networks", array{object{{"id", "net-" + request.query.at("name")},
                                                        {"name", request.query.at("name")}}}}})};
  }
  return {compute(request)};
}

std::string FakeOpenstack::log_in(const Request& request) {
  if (request.body.find('"' + world_.secret + '"') == std::string::npos) {
    return fault(401, "The request you have made requires authentication.");
  }
  const std::string token = "token-" + std::to_string(world_.calls.size());
  world_.tokens.insert(token);
  const std::string base = world_.catalogue_url.empty() ? server_.url() : world_.catalogue_url;
  const auto service = [&](const char* type, const std::string& path) {
    return object{
        {"type", type},
        {"endpoints",
         array{object{{"interface", "public"}, {"region_id", "RegionOne"}, {"url", base + path}}}}};
  };
  array catalogue{service("compute", "compute/v2.1"), service("image", "image"),
                  service("network", "network")};
  if (!world_.balancer_url.empty()) {
    catalogue.emplace_back(object{{"type", "load-balancer"},
                                  {"endpoints", array{object{{"interface", "public"},
                                                             {"region_id", "RegionOne"},
                                                             {"url", world_.balancer_url}}}}});
  }
  const int lifetime = world_.token_lifetime_s;
  const std::string expires = "2026-11-29T" + std::string(lifetime < 3'600 ? "00" : "01") +
                              ":00:" + (lifetime % 3'600 < 10 ? "0" : "") +
                              std::to_string(lifetime % 3'600) + ".000000Z";
  return reply(201,
               object{{"token", object{{"issued_at", "2026-11-29T00:00:00.000000Z"},
                                       {"expires_at", expires},
                                       {"catalog", std::move(catalogue)}}}},
               "X-Subject-Token: " + token + "\r\n");
}

std::string FakeOpenstack::compute(const Request& request) {
  const std::string rest = request.path.substr(std::string("/compute/v2.1").size());
  if (rest == "/") {
    return reply(200, object{{"version",
                              object{{"version", world_.newest_version}, {"min_version", "2.1"}}}});
  }
  if (rest == "/flavors") {
    return reply(200, object{{"flavors", array{object{{"id", "1"}, {"name", "f1"}}}}});
  }
  if (rest == "/os-server-groups") {
    return reply(200, object{{"server_groups", array{object{{"id", "sg-1"}, {"name", "apart"}}}}});
  }
  if (rest == "/servers/detail") return list(request);
  if (rest == "/servers") return create(request);
  return one(request, rest.substr(std::string("/servers/").size()));
}

std::string FakeOpenstack::list(const Request& request) const {
  const std::vector<std::string> tags = split(request.query.at("tags"), ',');
  const auto asked = request.query.find("limit");
  const int most = std::min(
      world_.page_max, asked == request.query.end() ? world_.page_max : std::stoi(asked->second));
  const auto marker = request.query.find("marker");
  array page;
  bool is_cut = false;
  for (const auto& [id, kept] : world_.servers) {
    const bool is_past =
        marker == request.query.end() || world_.leads_in_circles || id > marker->second;
    if (!is_past || kept.is_hidden || !bears(kept.json, tags)) continue;
    is_cut = static_cast<int>(page.size()) == most;
    if (is_cut) break;
    page.emplace_back(kept.json);
  }
  object body{{"servers", std::move(page)}};
  if (is_cut) {
    // A link that leads elsewhere: it is not to be followed.
    body["servers_links"] =
        array{object{{"rel", "next"}, {"href", "http://127.0.0.1:1/elsewhere"}}};
  }
  return reply(200, body);
}

std::string FakeOpenstack::create(const Request& request) {
  if (static_cast<int>(world_.servers.size()) >= world_.quota) {
    return fault(403, "Quota exceeded for instances: Requested 1, but already used all of them");
  }
  const object asked = boost::json::parse(request.body).as_object().at("server").as_object();
  std::string number = std::to_string(++world_.next_id);
  number.insert(0, 12 - number.size(), '0');
  const std::string id = "00000000-0000-4000-8000-" + number;
  object server{{"id", id},
                {"status", world_.builds_for_ever ? "BUILD" : "ACTIVE"},
                {"created", "2026-11-29T00:00:00Z"},
                {"OS-EXT-STS:task_state", nullptr}};
  const std::string address = "10.0.0." + std::to_string(world_.next_id);
  server["addresses"] = object{
      {"frontend", array{object{{"addr", address}, {"version", 4}, {"OS-EXT-IPS:type", "fixed"}}}}};
  for (const char* key : {"name", "tags", "metadata"}) server[key] = asked.at(key);
  const auto* zone = asked.if_contains("availability_zone");
  server["OS-EXT-AZ:availability_zone"] = zone == nullptr ? boost::json::value("nova") : *zone;
  world_.servers[id] = {std::move(server), false};
  return reply(202, object{{"server", object{{"id", id}, {"adminPass", "x"}}}});
}

std::string FakeOpenstack::one(const Request& request, const std::string& rest) {
  const auto slash = std::min(rest.find('/'), rest.size());
  const auto found = world_.servers.find(rest.substr(0, slash));
  if (found == world_.servers.end()) return fault(404, "Instance could not be found.");
  object& server = found->second.json;
  if (slash < rest.size()) {
    const std::string tag = rest.substr(rest.rfind('/') + 1);
    if (server.at("status") == "BUILD") return fault(409, "Cannot do it while it is building.");
    set_tag(server, tag, request.method == "PUT");
    return http::plain_reply(request.method == "PUT" ? 201 : 204, "");
  }
  if (request.method == "DELETE") {
    world_.servers.erase(found);
    return http::plain_reply(204, "");
  }
  if (world_.cell_is_down) {
    return reply(200, object{{"server", object{{"id", server.at("id")}, {"status", "UNKNOWN"}}}});
  }
  return reply(200, object{{"server", server}});
}

}  // namespace settle::nova
