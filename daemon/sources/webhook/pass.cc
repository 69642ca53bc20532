#include "daemon/sources/webhook/pass.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/random.h>

#include "daemon/codec/json.h"

namespace settle::webhook {
namespace {

constexpr std::string_view heading =
    "# Passes of webhooks: SHA-256 of the token, GROUP/POLICY, when it expires.\n"
    "# `settlectl webhook create|list|revoke` writes this file; it holds no secret.\n";

bool is_hash(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char letter) {
           return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f');
         });
}

// As configuration has names.
bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 256 &&
         std::all_of(text.begin(), text.end(), [](char letter) {
           return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '.' ||
                  letter == '_' || letter == '-';
         });
}

/// The first word of `text`, which goes on behind it.
std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

std::optional<Pass> read_pass(std::string_view line) {
  Pass pass;
  pass.hash = take_word(line);
  const std::optional<Aim> aim = read_aim(take_word(line));
  const std::optional<Time> expires = parse_time(take_word(line));
  if (!is_hash(pass.hash) || !aim || !expires || !take_word(line).empty()) return std::nullopt;
  pass.group = aim->group;
  pass.policy = aim->policy;
  pass.expires = *expires;
  return pass;
}

}  // namespace

Result<std::string> draw_token() {
  std::array<unsigned char, 32> bytes{};
  const ssize_t drawn = ::getrandom(bytes.data(), bytes.size(), 0);
  if (drawn != static_cast<ssize_t>(bytes.size())) {
    return Error{ErrorCode::unavailable, "the kernel gave no random bytes"};
  }
  // Base 64 for URLs (RFC 4648, section 5), without padding.
  constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string token;
  unsigned bits = 0;
  int held = 0;
  for (const unsigned char byte : bytes) {
    bits = bits << 8U | byte;
    for (held += 8; held >= 6; held -= 6) token += letters[bits >> (held - 6) & 63U];
  }
  token += letters[bits << (6 - held) & 63U];
  return token;
}

std::string hash_of(std::string_view token) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  if (EVP_Digest(token.data(), token.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1) {
    return {};
  }
  std::string text;
  for (unsigned int i = 0; i < length; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

std::optional<Aim> read_aim(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view group = text.substr(0, slash);
  const std::string_view policy = text.substr(slash + 1);
  if (!is_name(group) || !is_name(policy)) return std::nullopt;
  return Aim{{std::string(group)}, std::string(policy)};
}

Result<std::vector<Pass>> read_passes(std::string_view text) {
  std::vector<Pass> passes;
  for (int number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty() || line.front() == '#') continue;
    const std::optional<Pass> pass = read_pass(line);
    if (!pass) {
      return Error{ErrorCode::invalid,
                   fmt::format("line {} is no pass: HASH GROUP/POLICY EXPIRES", number)};
    }
    passes.push_back(*pass);
  }
  return passes;
}

std::string write_passes(const std::vector<Pass>& passes) {
  std::string text(heading);
  for (const Pass& pass : passes) {
    text += fmt::format("{} {}/{} {}\n", pass.hash, pass.group.value, pass.policy,
                        time_text(pass.expires));
  }
  return text;
}

}  // namespace settle::webhook
