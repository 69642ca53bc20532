// A request and its answer as plain values. Nothing here knows a socket.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace settle {

struct HttpRequest {
  std::string method;
  std::string target;                          // As sent: path and query.
  std::map<std::string, std::string> headers;  // Names in lower case.
  std::string body;
  std::string owner;   // Who asks: the user at the other end of a Unix socket, else "http".
  bool is_tcp = true;  // It may have come from a web page; see is_local().
};

struct HttpResponse {
  int status = 200;
  std::string content_type{"application/json"};
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

/// RFC 9457: an error as a document. `members` is JSON to add, such as `"results":[]`, or empty.
[[nodiscard]] HttpResponse problem(int status, std::string_view title, std::string_view detail,
                                   std::string_view members = {});

[[nodiscard]] HttpResponse json_response(std::string body);

/// Whether a request that came over TCP may be answered: its Host names this machine's loopback
/// and its Origin, if any, does too. Keeps web pages from reaching us through a browser.
[[nodiscard]] bool is_local(const HttpRequest& request);

}  // namespace settle
