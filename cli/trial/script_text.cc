#include "cli/trial/script_text.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "daemon/codec/json.h"

namespace settle {
namespace {

constexpr Duration age_at_first{3'600'000};

std::string quoted_json(std::string_view text) {
  std::string out;
  append_json_text(out, text);
  return out;
}

bool is_number(const std::string& text) {
  return !text.empty() && text.size() <= 9 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string running_id(std::size_t number) {
  return fmt::format("running-{:06}", number);
}

}  // namespace

std::string ScriptText::name_of(const std::string& instance) {
  return is_number(instance) ? running_id(std::stoul(instance)) : instance;
}

void ScriptText::running(const GroupSpec& spec, Time at, Capacity count) {
  std::vector<Instance> instances;
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    Instance one;
    one.id.value = running_id(i + 1);
    one.state = "ACTIVE";
    one.created = at - age_at_first;
    one.zone = spec.zones.empty() ? "" : spec.zones[i % spec.zones.size()];
    one.launch_hash = spec.launch_hash;
    instances.push_back(std::move(one));
  }
  shows(spec.id, at, instances);
}

void ScriptText::shows(const GroupId& group, Time at, const std::vector<Instance>& instances) {
  std::string line =
      fmt::format(R"({{"at":"{}","observe":{{"group":{},"complete":true,"instances":[)",
                  time_text(at), quoted_json(group.value));
  for (const Instance& one : instances) {
    line += fmt::format(
        R"({}{{"id":{},"state":{},"created":"{}","zone":{},"launch_hash":{},"protected":{},"draining":{}}})",
        line.back() == '[' ? "" : ",", quoted_json(one.id.value), quoted_json(one.state),
        time_text(one.created), quoted_json(one.zone), quoted_json(one.launch_hash),
        one.is_protected, one.is_draining);
  }
  lines_.emplace(at, line + "]}}");
}

void ScriptText::claim(const GroupId& group, Time at, Claim content) {
  Signal signal{group, {at, "trial", fmt::format("{:06}", ++claims_)}, std::move(content)};
  lines_.emplace(at, event_json(signal));
}

void ScriptText::mishap(const GroupId& group, Time at, const std::string& instance,
                        const std::string& becomes) {
  lines_.emplace(
      at, fmt::format(
              R"({{"at":"{}","cloud":{{"group":{},"instance":{},"becomes":{}}}}})", time_text(at),
              quoted_json(group.value),
              is_number(instance) ? std::to_string(std::stoul(instance)) : quoted_json(instance),
              quoted_json(becomes)));
}

std::string ScriptText::text() const {
  std::string all;
  for (const auto& [at, line] : lines_) all += line + "\n";
  return all;
}

std::string csv_of(const std::vector<std::optional<Decimal>>& values, Time start, Duration step) {
  std::string csv = "timestamp,value\n";
  Time at = start;
  for (const auto& value : values) {
    if (value) csv += time_text(at) + "," + value->text() + "\n";
    at += step;
  }
  return csv;
}

}  // namespace settle
