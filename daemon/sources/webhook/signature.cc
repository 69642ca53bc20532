#include "daemon/sources/webhook/signature.h"

#include <array>
#include <charconv>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace settle::webhook {

std::string sign(std::string_view key, std::string_view timestamp, std::string_view token,
                 std::string_view body) {
  const std::string text = fmt::format("{}.{}.{}", timestamp, token, body);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &length);
  std::string signature;
  for (unsigned int i = 0; i < length; ++i) signature += fmt::format("{:02x}", digest[i]);
  return signature;
}

std::optional<std::string> verified(std::string_view key,
                                    const std::map<std::string, std::string>& headers,
                                    std::string_view token, std::string_view body, Time now) {
  const auto timestamp = headers.find("settle-timestamp");
  const auto given = headers.find("settle-signature");
  if (timestamp == headers.end() || given == headers.end()) return std::nullopt;
  const std::string& text = timestamp->second;
  std::int64_t seconds = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), seconds);
  constexpr std::int64_t seconds_max = 1'000'000'000'000;
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || seconds < 0 ||
      seconds > seconds_max) {
    return std::nullopt;
  }
  const Time at{Duration{seconds * 1'000}};
  const std::string wanted = sign(key, text, token, body);
  const std::string expected = "v1=" + wanted;
  const bool is_right = given->second.size() == expected.size() &&
                        CRYPTO_memcmp(given->second.data(), expected.data(), expected.size()) == 0;
  if (!is_right || at < now - clock_slack || at > now + clock_slack) return std::nullopt;
  return wanted;
}

}  // namespace settle::webhook
