#include "daemon/runtime/clouds.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <map>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include "daemon/base/secret.h"
#include "daemon/cloud/ec2/ec2_cloud.h"
#include "daemon/cloud/exec/exec_cloud.h"
#include "daemon/cloud/nova/nova_cloud.h"
#include "daemon/cloud/octavia/octavia_cloud.h"
#include "daemon/cloud/read_only_cloud.h"
#include "daemon/cloud/simulated_client.h"
#include "daemon/runtime/ec2_credentials.h"

namespace settle {
namespace {

using Texts = std::map<std::string, std::string>;

/// One adapter, as what it can do.
struct Adapter {
  template <typename Cloud>
  explicit Adapter(const std::shared_ptr<Cloud>& cloud) : writer(cloud), inventory(cloud) {}
  std::shared_ptr<CloudWriter> writer;
  std::shared_ptr<Inventory> inventory;
  std::function<WayOut()> way_out{};
};
using Made = Result<Adapter>;

std::string text_of(const Texts& settings, const std::string& key) {
  const auto found = settings.find(key);
  return found == settings.end() ? std::string() : found->second;
}

/// The schema has read it: what is no number is not given.
int number_of(const Texts& settings, const std::string& key, int standard) {
  const std::string text = text_of(settings, key);
  int number = standard;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() ? number : standard;
}

Made make_simulated(const Texts& given, PacedTime& time) {
  const Result<SimulatedSettings> settings = read_simulated_settings(given);
  if (!settings) return settings.error();
  Result<std::shared_ptr<SimulatedClient>> client = SimulatedClient::open(*settings, time, time);
  if (!client) return client.error();
  return Adapter(*client);
}

std::function<WayOut()> way_out_of(const std::shared_ptr<http::Outbound>& out) {
  return [weak = std::weak_ptr<http::Outbound>(out)]() -> WayOut {
    const auto way = weak.lock();
    if (!way) return {};
    const http::OutboundStanding standing = way->standing();
    constexpr std::array<const char*, 3> words{"closed", "open", "trying"};
    return {words[static_cast<std::size_t>(standing.breaker)], standing.in_flight,
            standing.waiting};
  };
}

std::shared_ptr<http::Outbound> make_outbound(const Texts& given) {
  http::OutboundLimits limits;
  limits.budget.calls_per_second = number_of(given, "budget.calls_per_second", 10);
  limits.budget.in_flight = number_of(given, "budget.in_flight", 20);
  return std::make_shared<http::Outbound>(limits);
}

Made make_ec2(const Texts& given, const std::string& cluster, PacedTime& time) {
  ec2::Settings settings;
  settings.region = text_of(given, "region");
  settings.endpoint = text_of(given, "endpoint");
  settings.cluster = cluster;
  if (!settings.endpoint.empty() && !http::is_allowed_url(settings.endpoint)) {
    return Error{ErrorCode::invalid,
                 "endpoint has to be https://..., or http:// on this machine's own loopback"};
  }
  Result<ec2::CredentialSource> credentials = make_credential_source(given, time);
  if (!credentials) return credentials.error();
  const std::shared_ptr<http::Outbound> out = make_outbound(given);
  Adapter adapter(std::make_shared<ec2::Ec2Cloud>(std::move(settings), std::move(*credentials), out,
                                                  time, time));
  adapter.way_out = way_out_of(out);
  return adapter;
}

Result<nova::Login> read_login(const Texts& settings) {
  nova::Login login;
  const std::pair<const char*, std::string*> wanted[] = {
      {"application_credential_id", &login.credential_id},
      {"application_credential_secret", &login.credential_secret},
      {"username", &login.username},
      {"password", &login.password},
      {"project", &login.project},
      {"user_domain", &login.user_domain},
      {"project_domain", &login.project_domain}};
  for (const auto& [key, to] : wanted) {
    Result<std::string> text = resolve_secrets(text_of(settings, key), secret_folders());
    if (!text) return text.error();
    *to = *std::move(text);
  }
  for (std::string* domain : {&login.user_domain, &login.project_domain}) {
    if (domain->empty()) *domain = "Default";
  }
  return login;
}

Made make_nova(const Texts& given, const std::string& cluster, PacedTime& time) {
  nova::Settings settings;
  settings.auth_url = text_of(given, "auth_url");
  settings.choice.region = text_of(given, "region");
  const std::string interface = text_of(given, "interface");
  if (!interface.empty()) settings.choice.interface = interface;
  settings.cluster = cluster;
  if (!http::is_allowed_url(settings.auth_url)) {
    return Error{ErrorCode::invalid,
                 "auth_url has to be https://..., or http:// on this machine's own loopback"};
  }
  const Result<nova::Login> login = read_login(given);
  if (!login) return login.error();
  const std::shared_ptr<http::Outbound> out = make_outbound(given);
  const auto servers = std::make_shared<nova::NovaCloud>(
      std::move(settings), [given] { return read_login(given); }, out, time, time);
  Adapter adapter(servers);
  octavia::Settings balancer;
  balancer.cluster = cluster;
  adapter.writer = std::make_shared<octavia::OctaviaCloud>(std::move(balancer), servers,
                                                           servers->api(), time, time);
  adapter.way_out = way_out_of(out);
  return adapter;
}

Made make_exec(const Texts& given, const std::string& cluster, PacedTime& time) {
  exec::Settings settings;
  settings.cluster = cluster;
  std::string_view left = given.at("command");  // The schema requires it; lists are joined by ", ".
  while (!left.empty()) {
    const auto end = std::min(left.find(", "), left.size());
    settings.command.emplace_back(left.substr(0, end));
    left.remove_prefix(std::min(end + 2, left.size()));
  }
  constexpr std::string_view prefix = "environment.";
  for (const auto& [key, value] : given) {
    if (key.rfind(prefix, 0) == 0) settings.environment[key.substr(prefix.size())] = value;
  }
  return Adapter(std::make_shared<exec::ExecCloud>(std::move(settings), time, time));
}

Made make_cloud(const CloudConfig& cloud, const std::string& cluster, PacedTime& time) {
  if (cloud.type == "ec2") return make_ec2(cloud.settings, cluster, time);
  if (cloud.type == "openstack") return make_nova(cloud.settings, cluster, time);
  if (cloud.type == "exec") return make_exec(cloud.settings, cluster, time);
  return make_simulated(cloud.settings, time);
}

}  // namespace

Result<Clouds> make_clouds(const DaemonConfig& config, const std::string& cluster,
                           PacedTime& time) {
  std::map<std::string, CloudConfig> wanted = config.clouds;
  wanted.emplace("simulated", CloudConfig{"simulated", {}});
  Clouds clouds;
  for (const auto& [name, cloud] : wanted) {
    const Made made = make_cloud(cloud, cluster, time);
    if (!made) {
      return Error{made.error().code, "cloud \"" + name + "\": " + made.error().message};
    }
    const auto watched = std::make_shared<WatchedCloud>(
        WatchedCloud::Parts{name, cloud.type, text_of(cloud.settings, "region"), made->writer,
                            made->inventory, made->way_out},
        time);
    if (config.mode == Authority::act) {
      clouds[name] = {watched, watched, watched};
    } else {
      clouds[name] = {std::make_shared<ReadOnlyCloud>(watched), nullptr, watched};
    }
  }
  return clouds;
}

std::vector<CloudStanding> cloud_standings(const Clouds& clouds) {
  std::vector<CloudStanding> standings;
  for (const auto& [name, access] : clouds) {
    if (!access.watched) continue;
    standings.push_back(access.watched->standing());
    standings.back().is_read_only = access.writer == nullptr;
  }
  return standings;
}

}  // namespace settle
