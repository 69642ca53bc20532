// Addresses of others as configuration writes them, in their parts. One grammar, for the check of a
// configuration and for whoever connects. No message holds a password.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

#include "daemon/base/result.h"

namespace settle {

/// "api.example.net:443" of a URL.
[[nodiscard]] std::string authority_of(const std::string& url);
/// Whether it is plain http to one of these hosts, on any port.
[[nodiscard]] bool is_plain_to(const std::string& url,
                               std::initializer_list<std::string_view> hosts);
/// Whether it may be called over HTTP: https, or http to loopback.
[[nodiscard]] bool is_allowed_url(const std::string& url);

/// amqp://USER:PASSWORD@HOST:PORT/VHOST.
struct AmqpAddress {
  std::string host;
  int port = 5672;
  std::string user{"guest"};
  std::string password{"guest"};
  std::string vhost{"/"};
};
[[nodiscard]] Result<AmqpAddress> read_amqp_address(const std::string& url);

/// kafka://HOST:PORT,HOST:PORT/TOPIC?option=value&option=value, the options being librdkafka's.
struct KafkaAddress {
  std::string brokers;
  std::string topic;
  std::map<std::string, std::string> options;
};
[[nodiscard]] Result<KafkaAddress> read_kafka_address(std::string_view url);

}  // namespace settle
