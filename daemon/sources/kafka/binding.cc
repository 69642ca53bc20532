#include "daemon/sources/kafka/binding.h"

#include <map>

#include <fmt/format.h>

#include "daemon/codec/json.h"

namespace settle::kafka {
namespace {

constexpr std::string_view prefix = "ce_";
constexpr std::string_view structured = "application/cloudevents";
constexpr std::size_t value_max = 65'536;  // As long as an event may be.
constexpr std::size_t headers_max = 64;
constexpr std::size_t header_max = 4'096;  // More than any field may have.

Error refused(std::string why) {
  return {ErrorCode::invalid, std::move(why)};
}

bool is_structured(const Record& record) {
  bool has_fields = false;
  for (const auto& [name, value] : record.headers) {
    if (name == "content-type" && value.starts_with(structured)) return true;
    has_fields = has_fields || name.starts_with(prefix);
  }
  return !has_fields;
}

}  // namespace

Result<Signal> read_event(const Record& record, Time received) {
  if (!record.value) return refused("the record has no value");
  if (record.value->size() > value_max) return refused("an event must have at most 65536 bytes");
  if (record.headers.size() > headers_max) return refused("the record has more than 64 headers");
  const Time at = record.at.value_or(received);
  if (is_structured(record)) return parse_event(*record.value, at);
  std::map<std::string, std::string> fields;  // As HTTP names them.
  for (const auto& [name, value] : record.headers) {
    if (!name.starts_with(prefix)) continue;
    if (value.size() > header_max) return refused(fmt::format("the header {} is too long", name));
    const auto field = fmt::format("ce-{}", name.substr(prefix.size()));
    if (!fields.emplace(field, value).second) {
      return refused(fmt::format("the header {} is there twice", name));
    }
  }
  return parse_binary(fields, *record.value, at);
}

std::string place_of(const std::string& topic, std::int32_t partition, std::int64_t offset) {
  return fmt::format("{}/{}@{}", topic, partition, offset);
}

}  // namespace settle::kafka
