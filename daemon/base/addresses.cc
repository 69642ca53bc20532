#include "daemon/base/addresses.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace settle {
namespace {

/// Takes what is before `mark`, and the mark, off the text; none where there is no mark.
std::optional<std::string_view> take_until(std::string_view& text, char mark) {
  const auto end = text.find(mark);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(end + 1);
  return taken;
}

/// The same, or all of it.
std::string_view take_some(std::string_view& text, char mark) {
  const auto taken = take_until(text, mark);
  return taken ? *taken : std::exchange(text, {});
}

Error refused(std::string_view form, std::string_view why) {
  return {ErrorCode::invalid, fmt::format("it has to be {}: {}", form, why)};
}

constexpr std::string_view amqp_form = "amqp://USER:PASSWORD@HOST:PORT/VHOST";
constexpr std::string_view kafka_form = "kafka://HOST:PORT,HOST:PORT/TOPIC";

}  // namespace

std::string authority_of(const std::string& url) {
  const auto from = url.find("://");
  if (from == std::string::npos) return url;
  return url.substr(from + 3, url.find_first_of("/?#", from + 3) - from - 3);
}

bool is_plain_to(const std::string& url, std::initializer_list<std::string_view> hosts) {
  if (!url.starts_with("http://")) return false;
  const std::string host = authority_of(url);
  // "localhost:x@elsewhere" is somewhere else.
  if (host.find('@') != std::string::npos) return false;
  return std::any_of(hosts.begin(), hosts.end(), [&host](std::string_view one) {
    return host.starts_with(one) && (host.size() == one.size() || host[one.size()] == ':');
  });
}

bool is_allowed_url(const std::string& url) {
  return url.starts_with("https://") || is_plain_to(url, {"127.0.0.1", "localhost", "[::1]"});
}

Result<AmqpAddress> read_amqp_address(const std::string& url) {
  constexpr std::string_view scheme = "amqp://";
  if (!url.starts_with(scheme)) return refused(amqp_form, "nothing else is known here");
  AmqpAddress address;
  std::string_view rest = std::string_view(url).substr(scheme.size());
  const auto at = rest.rfind('@');  // A password may have one of its own.
  if (at != std::string_view::npos) {
    std::string_view who = rest.substr(0, at);
    rest.remove_prefix(at + 1);
    address.user = take_until(who, ':').value_or(std::string_view());
    if (address.user.empty()) return refused(amqp_form, "there is no user, or no password");
    address.password = who;
  }
  std::string_view place = rest;
  if (const auto before = take_until(rest, '/')) {
    place = *before;
    if (!rest.empty()) address.vhost = rest;
  }
  if (const auto host = take_until(place, ':')) {
    address.host = *host;
    const bool is_number = !place.empty() && place.size() <= 5 &&
                           place.find_first_not_of("0123456789") == std::string_view::npos;
    address.port = is_number ? std::stoi(std::string(place)) : 0;
  } else {
    address.host = place;
  }
  if (address.host.empty()) return refused(amqp_form, "there is no host");
  if (address.port < 1 || address.port > 65'535) return refused(amqp_form, "the port is none");
  return address;
}

Result<KafkaAddress> read_kafka_address(std::string_view url) {
  constexpr std::string_view scheme = "kafka://";
  if (!url.starts_with(scheme)) return refused(kafka_form, "nothing else is known here");
  url.remove_prefix(scheme.size());
  KafkaAddress address;
  std::string_view place = take_some(url, '?');
  address.brokers = take_some(place, '/');
  address.topic = place;
  if (address.brokers.empty()) return refused(kafka_form, "no broker is named");
  if (address.topic.empty()) return refused(kafka_form, "no topic is named");
  if (place.find('/') != std::string_view::npos) {
    return refused(kafka_form, "a topic has no slash");
  }
  while (!url.empty()) {
    std::string_view option = take_some(url, '&');
    const std::string key(take_some(option, '='));
    if (key.empty()) return refused(kafka_form, "an option has no name");
    address.options[key] = option;
  }
  return address;
}

}  // namespace settle
