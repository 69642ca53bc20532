#include "daemon/cloud/nova/keystone.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <utility>

#include <boost/json/serialize.hpp>

#include "daemon/cloud/nova/json.h"
#include "daemon/codec/json.h"

namespace settle::nova {
namespace {

constexpr int minor_least = 52;
constexpr int minor_most = 90;  // What we know of; its 2.91 and later change nothing we need.

std::string without_slash(std::string url) {
  while (!url.empty() && url.back() == '/') url.pop_back();
  return url;
}

boost::json::value by_credential(const Login& login) {
  return {{"auth",
           {{"identity",
             {{"methods", boost::json::array{"application_credential"}},
              {"application_credential",
               {{"id", login.credential_id}, {"secret", login.credential_secret}}}}}}}};
}

boost::json::value by_password(const Login& login) {
  const boost::json::value user{{"name", login.username},
                                {"domain", {{"name", login.user_domain}}},
                                {"password", login.password}};
  const boost::json::value project{{"name", login.project},
                                   {"domain", {{"name", login.project_domain}}}};
  return {
      {"auth",
       {{"identity", {{"methods", boost::json::array{"password"}}, {"password", {{"user", user}}}}},
        {"scope", {{"project", project}}}}}};
}

/// The address of a kind of service; empty if there is none, an error if there are several.
Result<std::string> endpoint_of(const boost::json::array& catalogue, std::string_view type,
                                const Choice& choice) {
  std::set<std::string> found;
  for (const boost::json::value& item : catalogue) {
    if (!item.is_object() || text_in(item.get_object(), "type") != type) continue;
    const auto* endpoints = array_in(item.get_object(), "endpoints");
    if (endpoints == nullptr) continue;
    for (const boost::json::value& one : *endpoints) {
      if (!one.is_object()) continue;
      const boost::json::object& endpoint = one.get_object();
      const bool is_there =
          choice.region.empty() || text_in(endpoint, "region_id") == choice.region;
      if (is_there && text_in(endpoint, "interface") == choice.interface) {
        found.insert(without_slash(text_in(endpoint, "url")));
      }
    }
  }
  if (found.size() > 1) {
    return Error{ErrorCode::invalid, "the catalogue has several endpoints of type \"" +
                                         std::string(type) + "\": set region"};
  }
  return found.empty() ? std::string() : *found.begin();
}

/// "2.90" as 90; none unless it is of major version 2.
std::optional<int> minor_of(const std::string& version) {
  if (version.rfind("2.", 0) != 0) return std::nullopt;
  int minor = 0;
  const char* end = version.data() + version.size();
  const auto read = std::from_chars(version.data() + 2, end, minor);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return minor;
}

}  // namespace

http::Call login_call(const std::string& auth_url, const Login& login) {
  const std::string base = without_slash(auth_url);
  const bool has_version = base.size() > 3 && base.compare(base.size() - 3, 3, "/v3") == 0;
  http::Call call;
  call.operation = "Login";
  call.method = "POST";
  call.url = base + (has_version ? "" : "/v3") + "/auth/tokens";
  call.headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}};
  call.body = boost::json::serialize(login.credential_id.empty() ? by_password(login)
                                                                 : by_credential(login));
  return call;
}

Result<Access> read_access(const http::Answer& answer, const Choice& choice) {
  const auto bad = [](const char* why) { return Error{ErrorCode::invalid, why}; };
  Access access;
  access.token = answer.header("x-subject-token");
  if (access.token.empty()) return bad("Keystone's answer bears no token");
  const std::optional<boost::json::value> value = parse(answer.body);
  const boost::json::object* token = object_in(value, "token");
  if (token == nullptr) return bad("Keystone's answer is no token");
  const std::optional<Time> issued = parse_time(text_in(*token, "issued_at"));
  const std::optional<Time> expires = parse_time(text_in(*token, "expires_at"));
  if (!issued || !expires) return bad("Keystone's answer does not say how long its token lasts");
  access.lifetime = *expires - *issued;
  const boost::json::array* catalogue = array_in(*token, "catalog");
  if (catalogue == nullptr) return bad("Keystone's answer has no catalogue: no project is named");
  const std::pair<std::string_view, std::string*> wanted[] = {{"compute", &access.compute},
                                                              {"image", &access.image},
                                                              {"network", &access.network},
                                                              {"load-balancer", &access.balancer}};
  for (const auto& [type, to] : wanted) {
    Result<std::string> found = endpoint_of(*catalogue, type, choice);
    if (!found) return found.error();
    *to = *std::move(found);
  }
  for (const std::string_view version : {"/v2.0", "/v2"}) {
    if (access.balancer.ends_with(version)) {
      access.balancer.resize(access.balancer.size() - version.size());
    }
  }
  if (access.compute.empty()) {
    return bad("the catalogue has no compute endpoint of this region and interface");
  }
  return access;
}

std::string version_url(const std::string& compute) {
  const auto at = compute.find("/v2.1");
  return (at == std::string::npos ? compute : compute.substr(0, at + 5)) + "/";
}

Result<std::string> read_microversion(std::string_view json) {
  const std::optional<boost::json::value> value = parse(json);
  const boost::json::object* version = object_in(value, "version");
  if (version == nullptr) return Error{ErrorCode::invalid, "the endpoint names no version"};
  const std::optional<int> most = minor_of(text_in(*version, "version"));
  const std::optional<int> least = minor_of(text_in(*version, "min_version"));
  if (!most || *most < minor_least || (least && *least > minor_most)) {
    return Error{ErrorCode::invalid,
                 "compute does not speak microversion 2.52 to 2.90: tags cannot be set at birth"};
  }
  return "2." + std::to_string(std::min(*most, minor_most));
}

}  // namespace settle::nova
