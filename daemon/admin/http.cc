#include "daemon/admin/http.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace settle {
namespace {

namespace json = boost::json;

/// "localhost:8470" without its port; "[::1]:8470" too.
std::string_view host_of(std::string_view authority) {
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return {};
    const std::string_view rest = authority.substr(end + 1);
    return rest.empty() || rest.starts_with(':') ? authority.substr(0, end + 1)
                                                 : std::string_view{};
  }
  return authority.substr(0, authority.find(':'));
}

bool is_loopback(std::string_view authority) {
  const std::string_view host = host_of(authority);
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

}  // namespace

HttpResponse problem(int status, std::string_view title, std::string_view detail,
                     std::string_view members) {
  json::object document;
  document["type"] = "about:blank";
  document["title"] = title;
  document["status"] = status;
  document["detail"] = detail;
  std::string body = json::serialize(document);
  if (!members.empty()) {
    body.pop_back();
    body += ',';
    body += members;
    body += '}';
  }
  return {status, "application/problem+json", std::move(body), {}};
}

HttpResponse json_response(std::string body) {
  return {200, "application/json", std::move(body), {}};
}

bool is_local(const HttpRequest& request) {
  const auto host = request.headers.find("host");
  if (host == request.headers.end() || !is_loopback(host->second)) return false;
  const auto origin = request.headers.find("origin");
  if (origin == request.headers.end()) return true;
  const std::string_view from = origin->second;
  const std::size_t scheme = from.find("://");
  return scheme != std::string_view::npos && is_loopback(from.substr(scheme + 3));
}

}  // namespace settle
