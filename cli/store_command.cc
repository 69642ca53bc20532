// store: what a store holds, whether every byte of it is sound, a copy of it, and its move to
// another kind. Works on stores, not on daemons; what is in a record it does not know.
#include <memory>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "cli/asking.h"
#include "cli/credentials.h"
#include "daemon/base/addresses.h"
#include "daemon/base/secret.h"
#include "daemon/cluster/changelog/resting_changelog.h"
#include "daemon/cluster/store/resting_zookeeper.h"
#include "daemon/store/resting_store.h"

namespace settle {
namespace {

namespace json = boost::json;

constexpr std::string_view sqlite_scheme = "sqlite:";

struct StoreOptions {
  std::string from;
  std::string to;
  std::string credentials;  // A file; empty: none.
  std::string changelog;    // Where the records of `from` lie; empty: in the store itself.
  std::string output = "table";
};

Exit refuse(const Error& error) {
  fmt::print(stderr, "settlectl: {}\n", error.message);
  switch (error.code) {
    case ErrorCode::conflict:
      return Exit::refused;
    case ErrorCode::unavailable:
      return Exit::unreachable;
    default:
      return Exit::failed;
  }
}

Result<std::unique_ptr<cluster::Connection>> connect(const std::string& url,
                                                     const StoreOptions& options) {
  const auto place = parse_place(url);
  if (!place) return place.error();
  const auto credentials = read_credentials(options.credentials);
  if (!credentials) return credentials.error();
  return cluster::Connection::open(*place, *credentials);
}

Error no_store(const std::string& url) {
  return {ErrorCode::invalid,
          fmt::format("{} is no store: name sqlite:FILE or zookeeper://HOST:PORT,.../PATH", url)};
}

/// Written as `zookeeper.changelog` is in the configuration, secrets included.
Result<KafkaAddress> changelog_of(const StoreOptions& options) {
  const auto url = resolve_secrets(options.changelog, secret_folders());
  auto address = url ? read_kafka_address(*url) : Result<KafkaAddress>(url.error());
  if (address) return address;
  return Error{ErrorCode::invalid, fmt::format("--changelog: {}", address.error().message)};
}

Result<std::unique_ptr<RestingStore>> open(const std::string& url, const StoreOptions& options,
                                           Rest rest) {
  const bool has_changelog = !options.changelog.empty() && url == options.from;
  if (url.starts_with(sqlite_scheme)) {
    if (has_changelog) {
      return Error{ErrorCode::invalid, "--changelog belongs to a store in ZooKeeper"};
    }
    return open_resting_sqlite(url.substr(sqlite_scheme.size()), rest);
  }
  if (!url.starts_with(place_scheme)) return no_store(url);
  auto connection = connect(url, options);
  if (!connection) return connection.error();
  if (!has_changelog) return cluster::open_resting_zookeeper(std::move(*connection), rest);
  const auto changelog = changelog_of(options);
  if (!changelog) return changelog.error();
  return cluster::open_resting_changelog(std::move(*connection), *changelog, rest);
}

Result<std::unique_ptr<NewStore>> make(const std::string& url, const StoreOptions& options,
                                       const StoreIdentity& identity) {
  if (url.starts_with(sqlite_scheme)) {
    return make_sqlite_store(url.substr(sqlite_scheme.size()), identity);
  }
  if (!url.starts_with(place_scheme)) return no_store(url);
  auto connection = connect(url, options);
  if (!connection) return connection.error();
  return cluster::make_zookeeper_store(std::move(*connection), identity);
}

/// Two columns, or one object.
void tell(const StoreOptions& options, const json::object& facts) {
  if (options.output != "table") {
    Asking as;
    as.output = options.output;
    print_json(as, json::array{facts}, "store");
    return;
  }
  for (const auto& [name, value] : facts) {
    if (value.is_array()) {
      for (const json::value& one : value.as_array()) {
        fmt::print("{:<12} {}\n", std::string_view(name), std::string_view(one.as_string()));
      }
    } else {
      fmt::print("{:<12} {}\n", std::string_view(name), cell(facts, name));
    }
  }
}

json::object facts_of(const std::string& url, const StoreIdentity& identity,
                      const StoreTotals& totals) {
  json::object facts{{"store", url},
                     {"cluster", identity.cluster},
                     {"partitions", identity.partitions},
                     {"claimed", totals.partitions_used},
                     {"epoch", totals.epoch_max},
                     {"groups", totals.groups},
                     {"bytes", totals.bytes},
                     {"offsets", totals.offsets},
                     {"digest", fmt::format("{:016x}", totals.digest)}};
  json::array damage;
  for (const std::string& one : totals.damage) damage.emplace_back(one);
  if (!damage.empty()) facts["damage"] = std::move(damage);
  return facts;
}

/// Read beside whoever works with it.
Exit status(const StoreOptions& options) {
  const auto store = open(options.from, options, Rest::ignored);
  if (!store) return refuse(store.error());
  const auto totals = survey(**store);
  if (!totals) return refuse(totals.error());
  const auto owners = (*store)->owners();
  if (!owners) return refuse(owners.error());
  json::object facts = facts_of(options.from, (*store)->identity(), *totals);
  facts["owners"] = owners->empty() ? "nobody" : *owners;
  tell(options, facts);
  return Exit::ok;
}

Exit verify_store(const StoreOptions& options) {
  const auto store = open(options.from, options, Rest::ignored);
  if (!store) return refuse(store.error());
  const auto totals = survey(**store);
  if (!totals) {
    const Exit exit = refuse(totals.error());
    return exit == Exit::failed ? Exit::check_failed : exit;
  }
  tell(options, facts_of(options.from, (*store)->identity(), *totals));
  return totals->damage.empty() ? Exit::ok : Exit::check_failed;
}

/// Reads back what was written and compares.
Exit prove(const StoreOptions& options, const StoreTotals& copied) {
  const auto store = open(options.to, options, Rest::ignored);
  if (!store) return refuse(store.error());
  const auto found = survey(**store);
  if (!found) return refuse(found.error());
  if (found->digest == copied.digest) return Exit::ok;
  return refuse({ErrorCode::invalid,
                 fmt::format("{} does not hold what was read from {}", options.to, options.from)});
}

Exit copy_store(const StoreOptions& options, Rest rest, std::string_view done) {
  const auto from = open(options.from, options, rest);
  if (!from) return refuse(from.error());
  const StoreIdentity identity = (*from)->identity();
  auto to = make(options.to, options, identity);
  if (!to) return refuse(to.error());
  const auto copied = copy(**from, **to);
  if (!copied) return refuse(copied.error());
  to->reset();
  const Exit proven = prove(options, *copied);
  if (proven != Exit::ok) return proven;
  fmt::print(
      "{} the cluster {}: {} groups ({} bytes) and {} offsets in {} of {} partitions\n"
      "from {}\nto   {}, read back with the same digest {:016x}\n",
      done, identity.cluster, copied->groups, copied->bytes, copied->offsets,
      copied->partitions_used, identity.partitions, options.from, options.to, copied->digest);
  for (const std::string& damage : copied->damage) {
    fmt::print("damaged in the source, and read from the generation before: {}\n", damage);
  }
  return Exit::ok;
}

}  // namespace

void add_store(CLI::App& app, Run& run) {
  CLI::App* command =
      app.add_subcommand("store", "Looks at, copies and moves what partitions store");
  command->require_subcommand(1);
  auto options = std::make_shared<StoreOptions>();
  const auto add = [&](const char* name, const char* about, const char* to, auto what) {
    CLI::App* sub = command->add_subcommand(name, about);
    sub->add_option("STORE", options->from, "sqlite:FILE or zookeeper://HOST:PORT,.../PATH")
        ->required();
    if (to != nullptr) {
      sub->add_option(to, options->to, "Where nothing is yet; written in the same way")->required();
    } else {
      add_output(*sub, options->output);
    }
    sub->add_option("--credentials", options->credentials,
                    "A file with USER:PASSWORD for ZooKeeper's digest scheme");
    sub->add_option("--changelog", options->changelog,
                    "kafka://HOST:PORT,.../TOPIC, where STORE keeps groups' records there");
    sub->callback([&run, options, what] { run = [options, what] { return what(*options); }; });
  };
  add("status", "What it holds and who works with it", nullptr, status);
  add("verify", "Reads every byte; exits 3 if anything is damaged", nullptr, verify_store);
  add("backup", "Copies it, also while a daemon works with it", "COPY",
      [](const StoreOptions& given) { return copy_store(given, Rest::ignored, "copied"); });
  add("migrate", "Copies it to a store of any kind that goes on from there; no daemon may run",
      "TARGET",
      [](const StoreOptions& given) { return copy_store(given, Rest::required, "moved"); });
}

}  // namespace settle
