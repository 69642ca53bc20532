#include "daemon/runtime/holding.h"

#include <filesystem>
#include <fstream>
#include <random>
#include <utility>

#include <fmt/core.h>

#include "daemon/base/addresses.h"
#include "daemon/base/ensemble_place.h"
#include "daemon/base/log.h"
#include "daemon/base/secret.h"
#include "daemon/base/wall_clock.h"
#include "daemon/cluster/changelog/changelog_store.h"
#include "daemon/cluster/member/member.h"
#include "daemon/tenancy/sole_tenancy.h"

namespace settle {
namespace {

constexpr std::string_view sqlite_prefix = "sqlite:";

std::string made_up_cluster() {
  std::random_device chance;
  return fmt::format("{:08x}", chance());
}

Result<std::string> first_line(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  if (!in || !std::getline(in, line) || line.find(':') == std::string::npos) {
    return Error{ErrorCode::invalid,
                 fmt::format("zookeeper.digest_file {} does not hold USER:PASSWORD", path)};
  }
  return line;
}

Result<Holding> open_sqlite(const DaemonConfig& config) {
  auto opened = open_sqlite_store(config.store.substr(sqlite_prefix.size()), config.partitions,
                                  made_up_cluster());
  if (!opened) return opened.error();
  Holding holding;
  holding.identity = opened->identity;
  holding.store = std::move(opened->store);
  holding.tenancy =
      std::make_shared<SoleTenancy>(*holding.store, holding.identity.partitions, config.node_name);
  return holding;
}

/// Waits for its brokers as the ensemble is waited for.
Result<std::unique_ptr<cluster::Changelog>> open_changelog(const DaemonConfig& config,
                                                           const std::function<bool()>& gives_up) {
  const Result<std::string> url = resolve_secrets(config.zookeeper_changelog, secret_folders());
  if (!url) return url.error();
  Result<KafkaAddress> address = read_kafka_address(*url);
  if (!address) {
    return Error{address.error().code,
                 fmt::format("zookeeper.changelog: {}", address.error().message)};
  }
  cluster::ChangelogOptions options;
  options.access.brokers = std::move(address->brokers);
  options.access.options = std::move(address->options);
  options.topic = std::move(address->topic);
  options.partitions = config.partitions;
  while (true) {
    auto opened = cluster::Changelog::open(options);
    if (opened || opened.error().code != ErrorCode::unavailable || gives_up()) return opened;
    log(LogLevel::warning, "waiting-for-the-changelog", {{"error", opened.error().message}});
  }
}

Result<Holding> join_cluster(const DaemonConfig& config, const EnsemblePlace& place,
                             HoldingRim rim) {
  cluster::MemberOptions options;
  options.servers = place.servers;
  options.name_space = place.name_space;
  if (!config.zookeeper_digest_file.empty()) {
    Result<std::string> digest = first_line(config.zookeeper_digest_file);
    if (!digest) return digest.error();
    options.digest = std::move(*digest);
  }
  options.session_timeout = config.zookeeper_session;
  options.server_tick = config.zookeeper_tick;
  options.quarantine = config.zookeeper_quarantine;
  options.name = config.node_name;
  options.state = std::filesystem::absolute(config.journal).string() + ".member";
  options.cache = std::filesystem::absolute(config.journal).string() + ".checkpoints";
  options.address = config.node_address.empty() ? config.http : config.node_address;
  options.zone = config.node_zone;
  options.version = SETTLE_VERSION;
  options.wanted.cluster = made_up_cluster();
  options.wanted.partitions = config.partitions;
  if (!config.zookeeper_changelog.empty()) {
    auto opened = open_changelog(config, rim.gives_up);
    if (!opened) return opened.error();
    const std::shared_ptr<cluster::Changelog> changelog = std::move(*opened);
    options.wanted.changelog = changelog->topic();
    options.make_store = [changelog, name = config.node_name](zk::CuratorFramework& client,
                                                              const std::string& incarnation) {
      return std::make_shared<cluster::ChangelogStore>(client, changelog, name, incarnation);
    };
  }
  options.wall_ms = [] { return wall_now().time_since_epoch().count(); };
  options.on_refused = std::move(rim.on_refused);
  options.on_cloned = std::move(rim.on_cloned);
  auto member = cluster::Member::join(std::move(options), rim.gives_up);
  if (!member) return member.error();
  const cluster::ClusterMeta meta = (*member)->meta();
  return Holding{*member, (*member)->store(), {meta.cluster, meta.partitions}, true};
}

}  // namespace

Result<Holding> open_holding(const DaemonConfig& config, HoldingRim rim) {
  if (config.store.starts_with(sqlite_prefix)) return open_sqlite(config);
  if (config.store.starts_with(place_scheme)) {
    const Result<EnsemblePlace> place = parse_place(config.store);
    if (!place) return place.error();
    return join_cluster(config, *place, std::move(rim));
  }
  return Error{ErrorCode::invalid,
               "store \"" + config.store + "\" is not known; use sqlite:PATH or zookeeper://..."};
}

}  // namespace settle
