#include "daemon/cloud/ec2/signature.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cstdint>

#include <fmt/format.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "daemon/base/encoding.h"

namespace settle::ec2 {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

std::string hexadecimal(const unsigned char* bytes, std::size_t count) {
  std::string text;
  for (std::size_t n = 0; n < count; ++n) text += fmt::format("{:02x}", bytes[n]);
  return text;
}

std::string hmac(std::string_view key, std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> made{};
  unsigned int length = made.size();
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), made.data(), &length);
  return {reinterpret_cast<const char*>(made.data()), length};
}

std::string lowered(std::string_view text) {
  std::string low(text);
  std::transform(low.begin(), low.end(), low.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return low;
}

/// Without what surrounds it, and with one blank where there are several.
std::string squeezed(std::string_view text) {
  std::string made;
  for (const char letter : text) {
    const bool is_blank = letter == ' ' || letter == '\t';
    if (is_blank && (made.empty() || made.back() == ' ')) continue;
    made += is_blank ? ' ' : letter;
  }
  if (!made.empty() && made.back() == ' ') made.pop_back();
  return made;
}

struct Place {
  std::string host;
  std::string path;
  std::string query;
};

Place place_of(const std::string& url) {
  const auto host_at = url.find("://") + 3;
  const auto path_at = std::min(url.find('/', host_at), url.size());
  const auto query_at = std::min(url.find('?', host_at), url.size());
  Place place;
  place.host = url.substr(host_at, std::min(path_at, query_at) - host_at);
  place.path = path_at < query_at ? url.substr(path_at, query_at - path_at) : std::string(1, '/');
  if (query_at < url.size()) place.query = url.substr(query_at + 1);
  return place;
}

/// "20150830T123600Z".
std::string basic_time(Time now) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  const auto day = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{seconds - day};
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

}  // namespace

std::string canonical_query(Parameters parameters) {
  for (auto& [name, value] : parameters) {
    name = percent_encoded(name);
    value = percent_encoded(value);
  }
  std::sort(parameters.begin(), parameters.end());
  std::string made;
  for (const auto& [name, value] : parameters) {
    if (!made.empty()) made += '&';
    made += name + '=' + value;
  }
  return made;
}

std::string sha256(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> made{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), made.data());
  return hexadecimal(made.data(), made.size());
}

void sign(http::Call& call, const Credentials& credentials, const Scope& scope, Time now) {
  const Place place = place_of(call.url);
  const std::string moment = basic_time(now);
  call.headers.emplace_back("X-Amz-Date", moment);
  if (!credentials.session_token.empty()) {
    call.headers.emplace_back("X-Amz-Security-Token", credentials.session_token);
  }

  std::vector<http::Header> headers{{"host", place.host}};
  for (const auto& [name, value] : call.headers) {
    headers.emplace_back(lowered(name), squeezed(value));
  }
  std::sort(headers.begin(), headers.end());
  std::string names;
  std::string lines;
  for (const auto& [name, value] : headers) {
    if (!names.empty()) names += ';';
    names += name;
    lines += name + ':' + value + '\n';
  }
  const std::string request = fmt::format("{}\n{}\n{}\n{}\n{}\n{}", call.method, place.path,
                                          place.query, lines, names, sha256(call.body));

  const std::string date = moment.substr(0, 8);
  const std::string scope_text =
      fmt::format("{}/{}/{}/aws4_request", date, scope.region, scope.service);
  const std::string to_sign =
      fmt::format("{}\n{}\n{}\n{}", algorithm, moment, scope_text, sha256(request));
  std::string key = fmt::format("AWS4{}", credentials.secret_key);
  for (const std::string_view part :
       {std::string_view(date), std::string_view(scope.region), std::string_view(scope.service),
        std::string_view("aws4_request")}) {
    key = hmac(key, part);
  }
  const std::string signature = hmac(key, to_sign);
  call.headers.emplace_back(
      "Authorization",
      fmt::format(
          "{} Credential={}/{}, SignedHeaders={}, Signature={}", algorithm, credentials.access_key,
          scope_text, names,
          hexadecimal(reinterpret_cast<const unsigned char*>(signature.data()), signature.size())));
}

}  // namespace settle::ec2
