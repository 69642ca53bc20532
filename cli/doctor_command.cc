// doctor: everything that a look from outside can tell about a running settled, each finding with
// what to do about it. Judges what the daemon says of itself; knows no group's policies.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "cli/asking.h"
#include "cli/examination.h"
#include "config/files/files.h"
#include "daemon/base/some_of.h"
#include "daemon/base/wall_clock.h"
#include "daemon/codec/json.h"
#include "reconcilers/calendar/calendar.h"

namespace settle {
namespace {

namespace json = boost::json;

/// Below this a journal that is kept for months will not be for long.
constexpr std::uintmax_t free_bytes_least = std::uintmax_t{1} << 30;
constexpr Duration clock_error_max{2'000};

void examine_space(const std::string& what, const std::string& path, Examination& examination) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(folder, error);
  if (error) {
    examination.bad(what,
                    fmt::format("{} cannot be looked at: {}", folder.string(), error.message()),
                    "make the folder, owned by the user that settled runs as");
    return;
  }
  const std::string free = fmt::format("{} MiB free in {}", space.available >> 20, folder.string());
  if (space.available < free_bytes_least) {
    examination.doubt(what, free,
                      "without a journal nothing is done: make room, or shorten "
                      "journal.keep");
  } else {
    examination.good(what, free);
  }
}

/// Where ZooKeeper is, if it is to be looked at.
struct EnsembleOptions {
  std::string url;
  std::string credentials;  // A file.
};

/// Also finds out where the ensemble is, unless that was said.
void examine_config(const std::string& path, EnsembleOptions& ensemble, Examination& examination) {
  const Result<std::vector<ConfigFile>> files = read_config_files({path});
  if (!files) {
    examination.bad("config", files.error().message, "name the main file with --config");
    return;
  }
  const Compiled compiled = compile(*files, wall_now());
  std::size_t errors = 0;
  for (const Diagnostic& finding : compiled.findings) {
    if (finding.severity == Severity::error) ++errors;
  }
  const std::size_t warnings = compiled.findings.size() - errors;
  const std::string see = fmt::format("settlectl check {}", path);
  if (errors > 0) {
    examination.bad("config", fmt::format("{}: {} errors", path, errors), see);
    return;
  }
  const std::string found =
      fmt::format("{} is valid: {} groups, {}", path, compiled.specs.size(), compiled.revision);
  if (warnings > 0) {
    examination.doubt("config", fmt::format("{}, {} warnings", found, warnings), see);
  } else {
    examination.good("config", found);
  }
  constexpr std::string_view sqlite = "sqlite:";
  if (compiled.daemon.store.starts_with(sqlite)) {
    examine_space("store", compiled.daemon.store.substr(sqlite.size()), examination);
  } else if (ensemble.url.empty()) {
    ensemble.url = compiled.daemon.store;
  }
  examine_space("journal", compiled.daemon.journal, examination);
}

bool is_true(const json::object& row, std::string_view key) {
  const json::value* const value = row.if_contains(key);
  return value != nullptr && value->is_bool() && value->as_bool();
}

void examine_clock(const json::object& status, Examination& examination) {
  const auto theirs = parse_time(cell(status, "now"));
  if (theirs) {
    const Duration apart = std::chrono::abs(*theirs - wall_now());
    const std::string text = fmt::format("{} ms from settled's", apart.count());
    if (apart > clock_error_max) {
      examination.doubt("clock", text, "run chrony or systemd-timesyncd on both machines");
    } else {
      examination.good("clock", text);
    }
  }
  const std::string theirs_zone = cell(status, "tzdata");
  if (theirs_zone != tzdata_version()) {
    examination.doubt("tzdata",
                      fmt::format("settled has {}, this machine {}", theirs_zone, tzdata_version()),
                      "restart settled after an update of tzdata");
  }
}

void examine_status(const json::object& status, Examination& examination) {
  const std::string name = fmt::format("{} {}, cluster {}", cell(status, "node"),
                                       cell(status, "version"), cell(status, "cluster"));
  if (is_true(status, "ready")) {
    examination.good("settled", fmt::format("{} is ready: {} groups on {} partitions", name,
                                            cell(status, "groups"), cell(status, "partitions")));
  } else {
    examination.bad("settled", name + " is not ready", "see its log: journalctl -u settled");
  }
  if (cell(status, "version") != SETTLE_VERSION) {
    examination.doubt("version", fmt::format("settlectl is {}", SETTLE_VERSION),
                      "install the same version of both");
  }
  if (cell(status, "mode") == "observe") {
    examination.doubt("mode", "observe: decides and explains, and never calls the cloud",
                      "set `mode: act` once its decisions are what you want");
  }
  for (const char* part : {"store", "journal"}) {
    if (cell(status, part) == "ok") {
      examination.good(part, "commits are durable");
    } else {
      examination.bad(part, "cannot be written: no step is taken",
                      "look at the disk it lies on; settled goes on by itself once it can write");
    }
  }
  const std::string reload = cell(status, "reload_error");
  if (reload != "–") {
    examination.bad("reload", fmt::format("the last reload was not taken: {}", reload),
                    fmt::format("mend it; {} goes on running meanwhile", cell(status, "revision")));
  } else {
    examination.good("reload", fmt::format("runs {}", cell(status, "revision")));
  }
  examine_clock(status, examination);
}

/// Groups that wait for a signal: none of them shrinks meanwhile. How many there are.
std::size_t examine_signals(const json::array& groups, Examination& examination) {
  constexpr std::string_view missing = " missing";  // As the list of groups says it.
  std::vector<std::string> names;
  std::string first;
  for (const json::value& group : groups) {
    if (!group.is_object()) continue;
    const std::string signal = cell(group.as_object(), "signal");
    if (!signal.ends_with(missing)) continue;
    const std::string name = cell(group.as_object(), "group");
    if (first.empty()) first = name;
    names.push_back(fmt::format("{} ({})", name, signal.substr(0, signal.size() - missing.size())));
  }
  if (names.empty()) return 0;
  examination.doubt("signals",
                    fmt::format("{} of {} miss a signal, and do not shrink without it: {}",
                                names.size(), groups.size(), some_of(names)),
                    fmt::format("settlectl explain {}, then settlectl sources", first));
  return names.size();
}

/// Groups that somebody should look at, by their word for how they are.
void examine_groups(const json::array& groups, Examination& examination) {
  struct Concern {
    std::string_view state;
    Mark mark;
    std::string_view text;
    std::string_view remedy;
  };
  constexpr Concern concerns[] = {
      {"blind", Mark::bad, "cannot see their instances",
       "the cloud does not list them in full: settlectl describe {}"},
      {"stuck", Mark::bad, "do not come to what is desired", "settlectl why-not {} out"},
      {"at-maximum", Mark::doubtful, "have no room to grow",
       "raise capacity.max if more load may come: settlectl describe {}"},
      {"paused", Mark::doubtful, "are paused", "settlectl resume {} when the work is done"},
  };
  std::size_t concerned = 0;
  for (const Concern& concern : concerns) {
    std::vector<std::string> names;
    for (const json::value& group : groups) {
      if (group.is_object() && cell(group.as_object(), "state") == concern.state) {
        names.push_back(cell(group.as_object(), "group"));
      }
    }
    if (names.empty()) continue;
    concerned += names.size();
    const std::string text =
        fmt::format("{} of {} {}: {}", names.size(), groups.size(), concern.text, some_of(names));
    const std::string remedy = fmt::format(fmt::runtime(concern.remedy), names.front());
    if (concern.mark == Mark::bad) {
      examination.bad("groups", text, remedy);
    } else {
      examination.doubt("groups", text, remedy);
    }
  }
  concerned += examine_signals(groups, examination);
  if (concerned == 0) {
    examination.good("groups", fmt::format("none of {} needs anybody", groups.size()));
  }
}

void examine_letters(const json::array& all, Examination& examination) {
  json::array letters;
  for (const json::value& value : all) {
    if (cell(value.as_object(), "settled") == "–") letters.push_back(value);
  }
  if (letters.empty()) {
    examination.good("events", "no dead letters");
    return;
  }
  const json::object& last = letters.back().as_object();
  examination.doubt("events",
                    fmt::format("{} dead letters, the last {} at {}", letters.size(),
                                cell(last, "reason"), cell(last, "at")),
                    "settlectl deadletters; settlectl explain reason NAME");
}

/// A source that fails is a policy without its signal.
void examine_sources(const json::array& sources, Examination& examination) {
  std::size_t failing = 0;
  for (const json::value& value : sources) {
    const json::object& source = value.as_object();
    if (cell(source, "state") != "failing") continue;
    ++failing;
    const std::string name = cell(source, "source");
    examination.bad("sources", fmt::format("{} fails: {}", name, cell(source, "last_error")),
                    fmt::format("settlectl sources {}; what needs it holds still meanwhile", name));
  }
  if (failing == 0 && !sources.empty()) {
    examination.good("sources", fmt::format("none of {} fails", sources.size()));
  }
}

std::string_view word(Mark mark) {
  return mark == Mark::good ? "good" : mark == Mark::doubtful ? "doubtful" : "bad";
}
std::string_view sign(Mark mark) {
  return mark == Mark::good ? "✓" : mark == Mark::doubtful ? "⚠" : "✗";
}

Exit tell(const Examination& examination, const std::string& output) {
  json::array rows;
  bool is_well = true;
  for (const Finding& finding : examination.findings()) {
    is_well = is_well && finding.mark != Mark::bad;
    if (output != "table") {
      rows.push_back(json::object{{"mark", word(finding.mark)},
                                  {"about", finding.about},
                                  {"text", finding.text},
                                  {"remedy", finding.remedy}});
      continue;
    }
    fmt::print("{} {:<8} {}\n", sign(finding.mark), finding.about, finding.text);
    if (!finding.remedy.empty()) fmt::print("           → {}\n", finding.remedy);
  }
  if (output != "table") {
    Asking as;
    as.output = output;
    print_json(as, json::object{{"findings", std::move(rows)}}, "findings");
  }
  return is_well ? Exit::ok : Exit::failed;
}

Exit doctor(const Asking& asking, const std::string& config, EnsembleOptions ensemble) {
  Examination examination;
  if (!config.empty()) examine_config(config, ensemble, examination);
  if (!ensemble.url.empty()) {
    examine_ensemble(ensemble.url, ensemble.credentials, examination);
  }
  Exit exit = Exit::ok;
  const auto status = ask(asking, "/v1/status", exit);
  if (!status || !status->is_object()) {
    examination.bad("settled", fmt::format("nobody answers at {}", asking.address),
                    "systemctl status settled; or name where it listens with --address");
    tell(examination, asking.output);
    return exit == Exit::ok ? Exit::failed : exit;
  }
  examine_status(status->as_object(), examination);
  if (const auto groups = ask(asking, "/v1/groups", exit)) {
    examine_groups(rows_of(*groups, "groups"), examination);
  }
  if (const auto sources = ask(asking, "/v1/sources", exit)) {
    examine_sources(rows_of(*sources, "sources"), examination);
  }
  const auto clouds = ask(asking, "/v1/clouds", exit);
  const auto orphans = ask(asking, "/v1/orphans", exit);
  if (clouds && orphans) examine_clouds(*clouds, *orphans, examination);
  if (const auto letters = ask(asking, "/v1/deadletters", exit)) {
    examine_letters(rows_of(*letters, "deadletters"), examination);
  }
  const Exit told = tell(examination, asking.output);
  return exit == Exit::ok ? told : exit;
}

}  // namespace

void add_doctor(CLI::App& app, Run& run) {
  CLI::App* command =
      app.add_subcommand("doctor", "What is wrong here, and what to do; exits 1 if anything is");
  auto asking = add_asking(*command);
  auto config = std::make_shared<std::string>();
  command->add_option("--config,-c", *config, "Also examine this main file and its folders");
  auto ensemble = std::make_shared<EnsembleOptions>();
  command->add_option("--ensemble", ensemble->url,
                      "Also examine ZooKeeper at zookeeper://HOST:PORT,.../PATH; unless given, "
                      "where the main file's `store` has it");
  command->add_option("--credentials", ensemble->credentials,
                      "A file with USER:PASSWORD for ZooKeeper's digest scheme");
  command->callback([&run, asking, config, ensemble] {
    run = [asking, config, ensemble] { return doctor(*asking, *config, *ensemble); };
  });
}

}  // namespace settle
