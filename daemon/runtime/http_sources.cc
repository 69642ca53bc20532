#include "daemon/runtime/http_sources.h"

#include <cstdlib>
#include <functional>
#include <map>
#include <utility>

#include "config/values.h"
#include "daemon/base/secret.h"
#include "daemon/http/outbound.h"
#include "daemon/sources/alerts/alert_source.h"
#include "daemon/sources/prometheus/prometheus_source.h"
#include "daemon/sources/webhook/webhook_source.h"

namespace settle {
namespace {

using Texts = std::map<std::string, std::string>;
using Opened = Result<std::unique_ptr<Source>>;

std::string text_of(const Texts& settings, const std::string& key) {
  const auto found = settings.find(key);
  return found == settings.end() ? std::string() : found->second;
}

Result<std::string> secret_of(const Texts& settings, const std::string& key) {
  return resolve_secrets(text_of(settings, key), secret_folders());
}

// The schema has read every setting: what does not parse is not there.
void take(const Texts& settings, const std::string& key, Duration& into) {
  if (const auto given = parse_duration(text_of(settings, key))) into = *given;
}
void take(const Texts& settings, const std::string& key, int& into) {
  const std::string text = text_of(settings, key);
  if (!text.empty()) into = std::atoi(text.c_str());  // NOLINT: see above.
}

Status check_url(const std::string& url) {
  if (http::is_allowed_url(url)) return std::monostate{};
  return Error{ErrorCode::invalid,
               "url has to be https://..., or http:// on this machine's own loopback"};
}

/// "queries.cpu.query" and "queries.cpu.group_label", by "cpu".
prometheus::FleetQueries queries_of(const Texts& settings) {
  constexpr std::string_view before = "queries.";
  constexpr std::string_view after = ".query";
  prometheus::FleetQueries queries;
  for (const auto& [key, value] : settings) {
    if (!key.starts_with(before) || !key.ends_with(after)) continue;
    const std::string name = key.substr(before.size(), key.size() - before.size() - after.size());
    prometheus::FleetQuery& query = queries[name];
    query.query = value;
    const std::string label = text_of(settings, std::string(before) + name + ".group_label");
    if (!label.empty()) query.group_label = label;
  }
  return queries;
}

Opened open_prometheus(const std::string& name, const Texts& given, const SourceTools& tools) {
  prometheus::Settings settings;
  settings.name = name;
  settings.url = text_of(given, "url");
  if (const Status url = check_url(settings.url); !url) return url.error();
  take(given, "timeout", settings.timeout);
  take(given, "every", settings.every);
  take(given, "budget.calls_per_second", settings.calls_per_second);
  take(given, "budget.in_flight", settings.in_flight);
  settings.takes_partial = text_of(given, "partial") == "accept";
  settings.queries = queries_of(given);
  const auto token = [given] { return secret_of(given, "bearer_token"); };
  if (const Result<std::string> now = token(); !now) return now.error();
  return prometheus::open_prometheus_source(std::move(settings), token, tools.time, tools.time);
}

Opened open_alerts(const std::string& name, alerts::Sender sender, const Texts& given,
                   const SourceTools& tools) {
  alerts::Settings settings;
  settings.name = name;
  settings.sender = sender;
  if (sender == alerts::Sender::aodh) settings.expire_after = Duration{};
  take(given, "expire_after", settings.expire_after);
  take(given, "check_every", settings.check_every);
  settings.url = text_of(given, "url");
  if (!settings.url.empty()) {
    if (const Status url = check_url(settings.url); !url) return url.error();
  }
  const auto keys = [given]() -> Result<alerts::Keys> {
    const Result<std::string> token = secret_of(given, "bearer_token");
    if (!token) return token.error();
    const Result<std::string> path = secret_of(given, "path_key");
    if (!path) return path.error();
    return alerts::Keys{*token, *path};
  };
  if (const Result<alerts::Keys> now = keys(); !now) return now.error();
  return std::unique_ptr<Source>(
      alerts::open_alert_source(std::move(settings), keys, tools.time, tools.time));
}

Opened open_webhook(const std::string& name, const Texts& given) {
  webhook::Settings settings;
  settings.name = name;
  const std::string file = text_of(given, "pass_file");
  if (!file.empty()) settings.pass_file = file;
  take(given, "calls_per_minute", settings.calls_per_minute);
  const auto key = [given] { return secret_of(given, "signing_key"); };
  if (const Result<std::string> now = key(); !now) return now.error();
  return std::unique_ptr<Source>(webhook::open_webhook_source(std::move(settings), key));
}

}  // namespace

Opened open_http_source(const std::string& name, const CloudConfig& source,
                        const SourceTools& tools) {
  if (source.type == "prometheus") return open_prometheus(name, source.settings, tools);
  if (source.type == "alertmanager") {
    return open_alerts(name, alerts::Sender::alertmanager, source.settings, tools);
  }
  if (source.type == "aodh") {
    return open_alerts(name, alerts::Sender::aodh, source.settings, tools);
  }
  if (source.type == "webhook") return open_webhook(name, source.settings);
  return std::unique_ptr<Source>();
}

}  // namespace settle
