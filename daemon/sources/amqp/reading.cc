#include "daemon/sources/amqp/reading.h"

#include "daemon/codec/json.h"

namespace settle::amqp {
namespace {

constexpr std::size_t body_max = 65'536;  // As long as an event may be.
constexpr std::string_view prefix = "cloudEvents";

}  // namespace

Result<Signal> read_event(const Message& message, Time received) {
  if (message.body.size() > body_max) {
    return Error{ErrorCode::invalid, "an event must have at most 65536 bytes"};
  }
  const Time at = message.at.value_or(received);
  std::map<std::string, std::string> fields;  // As HTTP names them.
  for (const auto& [name, value] : message.headers) {
    const bool is_field = name.starts_with(prefix) && name.size() > prefix.size() + 1 &&
                          (name[prefix.size()] == ':' || name[prefix.size()] == '_');
    if (is_field) fields["ce-" + name.substr(prefix.size() + 1)] = value;
  }
  if (fields.empty()) return parse_event(message.body, at);
  return parse_binary(fields, message.body, at);
}

}  // namespace settle::amqp
