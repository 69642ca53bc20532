#include <utility>

#include "daemon/admin/render.h"
#include "daemon/codec/json.h"
#include "daemon/codec/json_write.h"

namespace settle {
namespace {

void write_text_key(JsonWriter& out, const std::string& key) {
  std::string quoted;
  append_json_text(quoted, key);
  out.key(std::string_view(quoted).substr(1, quoted.size() - 2));
}

void write_source(JsonWriter& out, const SourceStanding& source) {
  const SourceReport& report = source.report;
  out.open('{').member("source", source.name).member("type", source.type);
  out.member("state", report.state).member("last_error", report.last_error);
  out.member("last_event", report.last_event).member("lag", report.lag);
  out.member("in_flight", report.in_flight);
  out.key("details").open('{');
  for (const auto& [key, text] : report.details) {
    write_text_key(out, key);
    out.text(text);
  }
  out.close('}').key("positions").open('[');
  for (const SourceStanding::Position& position : source.positions) {
    out.open('{').member("partition", position.partition).member("log", position.log);
    out.member("next", position.next).close('}');
  }
  out.close(']').close('}');
}

}  // namespace

std::string sources_json(const std::vector<SourceStanding>& sources) {
  JsonWriter out;
  out.open('{').key("sources").open('[');
  for (const SourceStanding& source : sources) write_source(out, source);
  return out.close(']').close('}').take();
}

std::string watched_json(const std::vector<WatchedEvent>& events, std::uint64_t last) {
  JsonWriter out;
  out.open('{').key("events").open('[');
  for (const WatchedEvent& event : events) {
    out.open('{').member("sequence", event.sequence).member("through", event.through);
    out.key("event").raw(event_json(event.signal)).close('}');
  }
  return out.close(']').member("last", last).close('}').take();
}

}  // namespace settle
