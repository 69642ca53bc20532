#include "daemon/sources/prometheus/call.h"

#include <cctype>

#include <fmt/format.h>

#include "daemon/sources/prometheus/answer.h"

namespace settle::prometheus {
namespace {

std::string form_part(std::string_view text) {
  std::string encoded;
  encoded.reserve(text.size() * 2);
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (std::isalnum(byte) != 0 || letter == '-' || letter == '_' || letter == '.') {
      encoded += letter;
    } else {
      encoded += fmt::format("%{:02X}", byte);
    }
  }
  return encoded;
}

std::string why_status(const http::Answer& answer) {
  const std::string said = refusal_in(answer.body);
  const std::string after = said.empty() ? std::string() : ": " + said;
  switch (answer.status) {
    case 401:
    case 403:
      return fmt::format("it does not let us ask ({}): is bearer_token right?{}", answer.status,
                         after);
    case 404:
      return "there is no /api/v1/query (404): is url the address of a Prometheus?";
    case 429:
      return "it is asked too often (429)";
    default:
      break;
  }
  if (answer.status >= 300 && answer.status < 400) {
    return fmt::format("it answers with a redirect ({}), which is not followed: {}", answer.status,
                       answer.header("location").substr(0, 200));
  }
  return fmt::format("it answers {}{}", answer.status, after);
}

}  // namespace

http::Call query_call(const std::string& url, const std::string& query, Duration timeout,
                      const std::string& token) {
  http::Call call;
  call.operation = "query";
  call.method = "POST";
  call.url = url;
  while (!call.url.empty() && call.url.back() == '/') call.url.pop_back();
  call.url += "/api/v1/query";
  call.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                  {"Accept", "application/json"}};
  if (!token.empty()) call.headers.emplace_back("Authorization", "Bearer " + token);
  call.body = fmt::format("query={}&timeout={}ms", form_part(query), timeout.count());
  call.deadline = timeout;
  return call;
}

Verdict verdict_on(const http::Answer& answer) {
  if (answer.is(200)) return {};
  if (answer.is(400) || answer.is(422)) {
    const std::string said = refusal_in(answer.body);
    return {Verdict::Kind::refused,
            said.empty() ? fmt::format("it answers {}", answer.status) : said};
  }
  if (answer.end == http::End::too_large) return {Verdict::Kind::refused, answer.why};
  if (answer.end != http::End::answered) return {Verdict::Kind::out_of_reach, answer.why};
  return {Verdict::Kind::out_of_reach, why_status(answer)};
}

}  // namespace settle::prometheus
