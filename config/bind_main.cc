// settled.yaml as a DaemonConfig.
#include <algorithm>

#include <fmt/format.h>

#include "config/bind.h"
#include "daemon/base/addresses.h"
#include "daemon/base/ensemble_place.h"

namespace settle {
namespace {

/// Settings of a cloud or source as flat text: lists joined, mappings dotted, `type` left out.
std::map<std::string, std::string> flat_settings(const Element& map) {
  std::map<std::string, std::string> settings;
  for (const Entry& entry : map.entries) {
    if (!entry.value.is_usable || entry.key == "type") continue;
    if (entry.value.kind == Element::Kind::map) {
      for (auto& [key, value] : flat_settings(entry.value)) {
        settings[entry.key + "." + key] = value;
      }
      continue;
    }
    settings[entry.key] = fmt::format("{}", fmt::join(read_texts(map, entry.key), ", "));
  }
  return settings;
}

/// Somebody has to log in: an application credential, or a user for a project.
void check_login(const Entry& cloud, Findings& findings) {
  const Element& map = cloud.value;
  const auto has = [&map](std::string_view key) { return map.entry(key) != nullptr; };
  const bool by_credential =
      has("application_credential_id") && has("application_credential_secret");
  const bool by_password = has("username") && has("password") && has("project");
  const bool has_both =
      (has("application_credential_id") || has("application_credential_secret")) &&
      (has("username") || has("password") || has("project"));
  if (by_credential != by_password && !has_both) return;
  findings
      .add("E0116", cloud.key_place,
           has_both ? "an application credential and a user exclude each other"
                    : "a cloud of type openstack without somebody who logs in")
      .hint =
      "application_credential_id and application_credential_secret, or username, password and "
      "project";
}

/// What the daemon would refuse to connect to. What the environment says is not known here.
void check_url(const Element& map, std::string_view key, const Status& read, Findings& findings) {
  const Element* url = map.find(key);
  if (read || url->text.starts_with("${") || url->text.find("${env:") != std::string::npos) return;
  findings.add("E0118", url->place, fmt::format("the {} is refused", key)).hint =
      read.error().message;
}

template <typename Address>
Status status_of(const Result<Address>& address) {
  if (!address) return address.error();
  return std::monostate{};
}

void check_password(const Element& url, Findings& findings) {
  const std::string_view user = std::string_view(url.text).substr(0, url.text.rfind('@'));
  if (user.size() == url.text.size() || user.find("${") != std::string_view::npos) return;
  findings.add("E0117", url.place, "a password must not stand here, where many can read it").hint =
      "write amqp://USER:${secret:NAME}@HOST, and put it into the file NAME of the secrets";
}

void check_urls(const Element& adapter, std::string_view type, Findings& findings) {
  for (const std::string_view key : {"url", "auth_url", "endpoint"}) {
    const Element* url = adapter.find(key);
    if (url == nullptr || url->text.empty()) continue;
    if (type == "rabbitmq" || type == "nova") {
      check_password(*url, findings);
      check_url(adapter, key, status_of(read_amqp_address(url->text)), findings);
    } else if (!is_allowed_url(url->text)) {
      check_url(adapter, key,
                Error{ErrorCode::invalid, "https://..., or http:// on this machine's own loopback"},
                findings);
    }
  }
}

std::map<std::string, CloudConfig> read_adapters(const Element& map, Findings& findings) {
  std::map<std::string, CloudConfig> adapters;
  for (const Entry& entry : map.entries) {
    CloudConfig adapter;
    if (!read(entry.value, "type", adapter.type)) continue;
    if (adapter.type == "openstack") check_login(entry, findings);
    check_urls(entry.value, adapter.type, findings);
    adapter.settings = flat_settings(entry.value);
    adapters[entry.key] = std::move(adapter);
  }
  return adapters;
}

std::vector<FleetBudget> read_budgets(const Element& map, Findings& findings) {
  std::vector<FleetBudget> budgets;
  for (const Entry& entry : map.entries) {
    if (!entry.value.is_usable) continue;
    FleetBudget budget;
    budget.name = entry.key;
    read(entry.value, "cloud", budget.cloud);
    read(entry.value, "tenant", budget.tenant);
    read(entry.value, "instances", budget.instances);
    read(entry.value, "launches_a_day", budget.launches_a_day);
    const Entry* spend = entry.value.entry("spend");
    if (spend != nullptr && spend->value.is_usable) {
      if (const std::optional<Money> money = read_money(*spend, findings)) {
        budget.spend = money->amount;
        budget.unit = money->unit;
      }
    }
    budgets.push_back(std::move(budget));
  }
  std::sort(budgets.begin(), budgets.end(),
            [](const FleetBudget& a, const FleetBudget& b) { return a.name < b.name; });
  return budgets;
}

void check_store(const Element& root, Findings& findings) {
  constexpr const char* hint = "sqlite:PATH or zookeeper://HOST:PORT,HOST:PORT/CHROOT";
  const Element* store = root.find("store");
  if (store == nullptr || store->text.rfind("sqlite:", 0) == 0) return;
  const std::size_t colon = store->text.find(':');
  const std::string kind = store->text.substr(0, colon);
  if (colon != std::string::npos && kind == "zookeeper") {
    if (parse_place(store->text)) return;
    findings.add("E0215", store->place, fmt::format("{} names no ensemble", quoted(store->text)))
        .hint = hint;
    return;
  }
  findings
      .add("E0215", store->place,
           colon == std::string::npos
               ? fmt::format("{} is no store", quoted(store->text))
               : fmt::format("this version has no store of kind {}", quoted(kind)))
      .hint = hint;
}

}  // namespace

DaemonConfig bind_main(const Element& root, Findings& findings) {
  DaemonConfig config;
  const Element& node = child(root, "node");
  read(node, "name", config.node_name);
  read(node, "zone", config.node_zone);
  read(node, "address", config.node_address);
  read(root, "store", config.store);
  const Element& zookeeper = child(root, "zookeeper");
  read(zookeeper, "session_timeout", config.zookeeper_session);
  read(zookeeper, "server_tick", config.zookeeper_tick);
  read(zookeeper, "quarantine", config.zookeeper_quarantine);
  read(zookeeper, "digest_file", config.zookeeper_digest_file);
  if (read(zookeeper, "changelog", config.zookeeper_changelog)) {
    check_url(zookeeper, "changelog", status_of(read_kafka_address(config.zookeeper_changelog)),
              findings);
  }
  check_store(root, findings);
  Capacity partitions = 0;
  if (read(root, "partitions", partitions)) {
    config.partitions = static_cast<std::uint32_t>(partitions);
  }
  config.groups = read_texts(root, "groups");
  std::string mode;
  if (read(root, "mode", mode) && mode == "observe") config.mode = Authority::observe;
  const Element& listen = child(root, "listen");
  read(listen, "socket", config.socket);
  read(listen, "http", config.http);
  if (config.http == "none") config.http.clear();
  config.clouds = read_adapters(child(root, "clouds"), findings);
  config.sources = read_adapters(child(root, "sources"), findings);
  config.alarms = read_alarms(child(root, "alarms"), findings);
  config.budgets = read_budgets(child(root, "budgets"), findings);
  const Element& journal = child(root, "journal");
  read(journal, "path", config.journal);
  read(journal, "keep", config.journal_keep);
  if (read(journal, "export_to", config.journal_export_to)) {
    check_url(journal, "export_to", status_of(read_kafka_address(config.journal_export_to)),
              findings);
  }
  const Element& log = child(root, "log");
  read(log, "level", config.log_level);
  read(log, "format", config.log_format);
  return config;
}

}  // namespace settle
