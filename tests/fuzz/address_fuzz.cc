// Addresses as configuration writes them: refused without a word of their passwords, or in parts
// that a connection can be made of.
#include "daemon/base/addresses.h"
#include "tests/fuzz/fuzz.h"

namespace settle::fuzz {

void examine(std::string_view input) {
  const std::string text(input);
  const auto amqp = read_amqp_address(text);
  must(!amqp || (!amqp->host.empty() && amqp->port > 0 && amqp->port < 65'536),
       "a broker has a host and a port");
  const auto secret = read_amqp_address("amqp://hush:" + text);
  must(secret || secret.error().message.find("hush") == std::string::npos,
       "whoever refuses an address does not repeat it");
  const auto kafka = read_kafka_address(text);
  must(!kafka || (!kafka->brokers.empty() && !kafka->topic.empty()), "a topic is somewhere");
  must(!kafka || kafka->topic.find('/') == std::string::npos, "and has no slash");
  must(!is_allowed_url("http://127.0.0.1" + text + "@elsewhere") || text.find('/') != text.npos ||
           text.find('?') != text.npos || text.find('#') != text.npos,
       "a user that looks like this machine is none");
}

}  // namespace settle::fuzz
