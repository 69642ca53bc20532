#include "daemon/runtime/sources.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "config/values.h"
#include "daemon/base/secret.h"
#include "daemon/runtime/http_sources.h"
#include "daemon/sources/amqp/amqp_source.h"
#include "daemon/sources/file/file_source.h"
#include "daemon/sources/kafka/kafka_source.h"
#include "daemon/sources/lines/lines_source.h"

namespace settle {
namespace {

using Texts = std::map<std::string, std::string>;
using Opened = Result<std::unique_ptr<Source>>;

/// A setting as text, with its secrets in place; empty if it is left out.
Result<std::string> text_of(const Texts& settings, const std::string& key) {
  const auto found = settings.find(key);
  if (found == settings.end()) return std::string();
  return resolve_secrets(found->second, secret_folders());
}

Opened open_file(const Texts& settings, const SourceTools& tools) {
  Result<std::string> path = text_of(settings, "path");
  if (!path) return path.error();
  file::Settings file;
  file.path = std::move(*path);
  file.partitions = tools.partitions;
  return file::open_file_source(std::move(file), tools.time);
}

/// The settings below `prefix`, by the rest of their names, with their secrets in place.
Result<Texts> texts_below(const Texts& settings, const std::string& prefix) {
  Texts found;
  for (auto at = settings.lower_bound(prefix); at != settings.end(); ++at) {
    if (!at->first.starts_with(prefix)) break;
    Result<std::string> text = text_of(settings, at->first);
    if (!text) return text.error();
    found[at->first.substr(prefix.size())] = std::move(*text);
  }
  return found;
}

/// What rabbitmq and nova have in common.
Opened open_amqp(amqp::Settings amqp, const Texts& settings, const SourceTools& tools) {
  const Result<std::string> url = text_of(settings, "url");
  if (!url) return url.error();
  Result<AmqpAddress> address = read_amqp_address(*url);
  if (!address) return address.error();
  amqp.address = std::move(*address);
  amqp.partitions = tools.partitions;
  return amqp::open_amqp_source(std::move(amqp), tools.time);
}

Opened open_rabbitmq(const Texts& settings, const SourceTools& tools) {
  amqp::Settings amqp;
  amqp.queue = settings.at("queue");  // The schema requires it.
  const auto letters = settings.find("dead_letter_exchange");
  if (letters != settings.end()) amqp.dead_letter_exchange = letters->second;
  const auto most = settings.find("in_flight");
  if (most != settings.end()) {
    amqp.in_flight_max = static_cast<std::uint16_t>(std::stoul(most->second));
  }
  return open_amqp(std::move(amqp), settings, tools);
}

Opened open_nova(const Texts& settings, const SourceTools& tools) {
  const auto said = [&](const char* key, const char* standard) {
    const auto found = settings.find(key);
    return found == settings.end() ? std::string(standard) : found->second;
  };
  amqp::Settings amqp;
  amqp.speaks = amqp::Speaks::nova;
  amqp.queue = said("queue", "settle.nova");
  amqp.exchange = said("exchange", "nova");
  const std::string topic = said("topic", "versioned_notifications");
  amqp.keys = {topic + ".info", topic + ".error"};
  return open_amqp(std::move(amqp), settings, tools);
}

Opened open_kafka(const Texts& settings, const SourceTools& tools) {
  kafka::Settings kafka;
  const std::pair<const char*, std::string*> texts[] = {
      {"brokers", &kafka.access.brokers},
      {"topic", &kafka.topic},
      {"dead_letter_topic", &kafka.dead_letter_topic},
  };
  for (const auto& [key, into] : texts) {
    Result<std::string> text = text_of(settings, key);
    if (!text) return text.error();
    *into = std::move(*text);
  }
  Result<Texts> options = texts_below(settings, "options.");
  if (!options) return options.error();
  kafka.access.options = std::move(*options);
  kafka.partitions = tools.partitions;
  const auto says = [&](const char* key, std::string_view word) {
    const auto found = settings.find(key);
    return found != settings.end() && found->second == word;
  };
  if (says("start", "earliest")) kafka.start = kafka::Start::earliest;
  if (says("on_gap", "skip")) kafka.on_gap = kafka::OnGap::skip;
  const auto most = settings.find("in_flight");
  if (most != settings.end()) kafka.in_flight_max = std::stoul(most->second);
  return kafka::open_kafka_source(std::move(kafka), tools.time);
}

/// Lists are joined by ", ".
std::vector<std::string> list_of(const Texts& settings, const std::string& key) {
  std::vector<std::string> items;
  const auto found = settings.find(key);
  std::string_view left = found == settings.end() ? std::string_view() : found->second;
  while (!left.empty()) {
    const auto end = std::min(left.find(", "), left.size());
    items.emplace_back(left.substr(0, end));
    left.remove_prefix(std::min(end + 2, left.size()));
  }
  return items;
}

Opened open_program(const std::string& name, const Texts& settings, const SourceTools& tools) {
  lines::Settings program;
  program.name = name;
  program.command = list_of(settings, "command");
  program.partitions = tools.partitions;
  if (const auto silent = settings.find("silent_after"); silent != settings.end()) {
    program.silent_after = parse_duration(silent->second).value_or(Duration::zero());
  }
  Result<Texts> environment = texts_below(settings, "environment.");
  if (!environment) return environment.error();
  program.environment = std::move(*environment);
  return lines::open_lines_source(std::move(program), tools.time);
}

}  // namespace

Opened open_source(const std::string& name, const CloudConfig& source, const SourceTools& tools) {
  Opened over_http = open_http_source(name, source, tools);
  if (!over_http || *over_http) return over_http;
  if (source.type == "file") return open_file(source.settings, tools);
  if (source.type == "kafka") return open_kafka(source.settings, tools);
  if (source.type == "rabbitmq") return open_rabbitmq(source.settings, tools);
  if (source.type == "nova") return open_nova(source.settings, tools);
  if (source.type == "exec") return open_program(name, source.settings, tools);
  return Error{ErrorCode::not_found, "this version has no source of type " + source.type};
}

bool takes_from(const GroupSpec& spec, const std::string& name) {
  const auto takes = [&](const Policy& policy) {
    if (const auto* target = std::get_if<TargetPolicy>(&policy.kind)) {
      return target->metric.source == name ||
             std::any_of(target->metrics.begin(), target->metrics.end(),
                         [&](const NamedMetric& one) { return one.metric.source == name; });
    }
    if (const auto* steps = std::get_if<StepsPolicy>(&policy.kind)) {
      return steps->metric.source == name;
    }
    const auto* alert = std::get_if<AlertPolicy>(&policy.kind);
    return alert != nullptr && alert->source == name;
  };
  const auto& queries = spec.health.queries;
  return std::any_of(spec.policies.begin(), spec.policies.end(), takes) ||
         std::any_of(queries.begin(), queries.end(),
                     [&](const HealthQuery& query) { return query.source == name; });
}

}  // namespace settle
