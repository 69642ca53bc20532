#include "daemon/simulation/script.h"

#include <algorithm>
#include <string>
#include <utility>

#include <boost/json.hpp>
#include <fmt/core.h>

#include "daemon/codec/json.h"

namespace settle {
namespace {
namespace json = boost::json;

// What an event that names no time of its own bears until its turn comes.
constexpr Time untimed = Time::min();

Error at_line(std::size_t number, std::string_view what) {
  return {ErrorCode::invalid, fmt::format("line {}: {}", number, what)};
}

std::optional<json::object> object_in(std::string_view line) {
  json::error_code error;
  json::value value = json::parse({line.data(), line.size()}, error);
  if (error || !value.is_object()) return std::nullopt;
  return std::move(value.get_object());
}

bool is_json(std::string_view line) {
  json::error_code error;
  (void)json::parse({line.data(), line.size()}, error);
  return !error;
}

/// A member that must be text if it is there at all.
bool read_text(const json::object& from, std::string_view key, std::string& into) {
  const json::value* value = from.if_contains({key.data(), key.size()});
  if (value == nullptr || value->is_null()) return true;
  if (!value->is_string()) return false;
  into.assign(value->get_string().data(), value->get_string().size());
  return true;
}

bool read_truth(const json::object& from, std::string_view key, bool& into) {
  const json::value* value = from.if_contains({key.data(), key.size()});
  if (value == nullptr || value->is_null()) return true;
  if (!value->is_bool()) return false;
  into = value->get_bool();
  return true;
}

bool read_time(const json::object& from, std::string_view key, Time& into) {
  std::string text;
  if (!read_text(from, key, text)) return false;
  if (text.empty()) return true;
  const auto at = parse_time(text);
  if (at) into = *at;
  return at.has_value();
}

const std::string_view instance_keys[] = {"id",          "state",     "created",  "zone",
                                          "launch_hash", "protected", "draining", "token"};

/// What is wrong with it, or nothing.
std::string read_instance(const json::value& value, Time at, Instance& into) {
  if (!value.is_object()) return "an instance is an object";
  const json::object& from = value.get_object();
  for (const auto& member : from) {
    const std::string_view key(member.key().data(), member.key().size());
    if (std::find(std::begin(instance_keys), std::end(instance_keys), key) ==
        std::end(instance_keys)) {
      return fmt::format("an instance has no \"{}\"", key);
    }
  }
  into.created = at;
  into.state = "ACTIVE";
  const bool is_read =
      read_text(from, "id", into.id.value) && read_text(from, "state", into.state) &&
      read_time(from, "created", into.created) && read_text(from, "zone", into.zone) &&
      read_text(from, "launch_hash", into.launch_hash) &&
      read_truth(from, "protected", into.is_protected) &&
      read_truth(from, "draining", into.is_draining) && read_text(from, "token", into.token);
  if (!is_read) return "an instance has a member of the wrong type";
  if (into.id.value.empty()) return "an instance needs an id";
  return {};
}

Result<ScriptLine> read_statement(const json::object& line, std::size_t number) {
  ScriptLine read;
  read.number = number;
  Time at = untimed;
  if (!read_time(line, "at", at)) return at_line(number, "\"at\" is no RFC 3339 time");
  if (at == untimed) return at_line(number, "an observation needs \"at\"");
  read.at = at;
  const json::value& body = line.at("observe");
  if (!body.is_object()) return at_line(number, "\"observe\" is an object");
  const json::object& from = body.get_object();
  Statement statement;
  statement.shows.at = at;
  statement.shows.is_complete = true;
  if (!read_text(from, "group", statement.group.value) || statement.group.value.empty()) {
    return at_line(number, "\"observe\" needs the name of a group");
  }
  if (!read_truth(from, "complete", statement.shows.is_complete)) {
    return at_line(number, "\"complete\" is true or false");
  }
  const json::value* instances = from.if_contains("instances");
  if (instances == nullptr || !instances->is_array()) {
    return at_line(number, "\"observe\" needs \"instances\", a list");
  }
  std::vector<Instance>& shown = statement.shows.instances;
  for (const json::value& value : instances->get_array()) {
    if (const std::string wrong = read_instance(value, at, shown.emplace_back()); !wrong.empty()) {
      return at_line(number, wrong);
    }
  }
  std::sort(shown.begin(), shown.end(),
            [](const Instance& a, const Instance& b) { return a.id < b.id; });
  const auto twice =
      std::adjacent_find(shown.begin(), shown.end(),
                         [](const Instance& a, const Instance& b) { return a.id == b.id; });
  if (twice != shown.end()) {
    return at_line(number, fmt::format("instance \"{}\" is listed twice", twice->id.value));
  }
  read.content = std::move(statement);
  return read;
}

Result<ScriptLine> read_mishap(const json::object& line, std::size_t number) {
  ScriptLine read;
  read.number = number;
  Time at = untimed;
  if (!read_time(line, "at", at)) return at_line(number, "\"at\" is no RFC 3339 time");
  if (at == untimed) return at_line(number, "what happens in the cloud needs \"at\"");
  read.at = at;
  const json::value& body = line.at("cloud");
  if (!body.is_object()) return at_line(number, "\"cloud\" is an object");
  const json::object& from = body.get_object();
  Mishap mishap;
  if (!read_text(from, "group", mishap.group.value) || mishap.group.value.empty()) {
    return at_line(number, "\"cloud\" needs the name of a group");
  }
  if (!read_text(from, "becomes", mishap.becomes) || mishap.becomes.empty()) {
    return at_line(number, "\"cloud\" needs what the instance \"becomes\": a state, or gone");
  }
  const json::value* instance = from.if_contains("instance");
  if (instance != nullptr && instance->is_int64() && instance->get_int64() > 0) {
    mishap.ordinal = static_cast<std::size_t>(instance->get_int64());
  } else if (!read_text(from, "instance", mishap.instance.value) || mishap.instance.value.empty()) {
    return at_line(number, "\"instance\" is an id, or a number from 1 for the oldest");
  }
  read.content = std::move(mishap);
  return read;
}

void keep(Script& script, Signal signal, std::size_t number) {
  ScriptLine line;
  line.number = number;
  if (signal.stamp.at != untimed) line.at = signal.stamp.at;
  line.content = std::move(signal);
  script.lines.push_back(std::move(line));
}

/// An event that can never work is a dead letter; only what is not JSON at all is an error.
Status read_event(Script& script, std::string_view line, std::size_t number) {
  Result<Signal> signal = parse_event(line, untimed, Senders::operators);
  if (signal) {
    keep(script, std::move(*signal), number);
  } else if (is_json(line)) {
    script.refused.push_back({number, "Invalid", signal.error().message});
  } else {
    return at_line(number, "this is not JSON: " + signal.error().message);
  }
  return std::monostate{};
}

Status read_batch(Script& script, std::string_view line, std::size_t number) {
  Result<std::vector<Signal>> batch = parse_batch(line, untimed, Senders::operators);
  if (batch) {
    for (Signal& signal : *batch) keep(script, std::move(signal), number);
    return std::monostate{};
  }
  json::error_code error;
  const json::value value = json::parse({line.data(), line.size()}, error);
  if (error) return at_line(number, "this is not JSON: " + batch.error().message);
  // One bad event does not take the others of its line along.
  for (const json::value& event : value.get_array()) {
    if (Status read = read_event(script, json::serialize(event), number); !read) return read;
  }
  return std::monostate{};
}

}  // namespace

Result<Script> read_script(std::string_view text) {
  Script script;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  script.lines.reserve(static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1);
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
    if (line.empty()) continue;
    if (line.find("\"observe\"") != std::string_view::npos) {
      const auto object = object_in(line);
      if (object && object->contains("observe")) {
        Result<ScriptLine> statement = read_statement(*object, number);
        if (!statement) return statement.error();
        script.lines.push_back(std::move(*statement));
        continue;
      }
    }
    if (line.find("\"cloud\"") != std::string_view::npos) {
      const auto object = object_in(line);
      if (object && object->contains("cloud") && !object->contains("specversion")) {
        Result<ScriptLine> mishap = read_mishap(*object, number);
        if (!mishap) return mishap.error();
        script.lines.push_back(std::move(*mishap));
        continue;
      }
    }
    const Status read =
        line.front() == '[' ? read_batch(script, line, number) : read_event(script, line, number);
    if (!read) return read.error();
  }
  return script;
}

}  // namespace settle
