#include "daemon/runtime/service.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <set>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include "config/bundle.h"
#include "config/revision.h"
#include "daemon/base/log.h"
#include "daemon/base/some_of.h"
#include "daemon/base/wall_clock.h"
#include "daemon/runtime/clouds.h"
#include "daemon/runtime/exports.h"
#include "daemon/runtime/holding.h"
#include "daemon/telemetry/notify.h"

namespace settle {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::int64_t alive_within_ms = 10'000;
constexpr std::int64_t trim_every_ms = 3'600'000;
constexpr std::int64_t tell_every_ms = 5'000;
constexpr std::chrono::milliseconds watch_every{500};
constexpr std::chrono::milliseconds drain_time{10'000};
constexpr std::chrono::milliseconds hand_over_time{30'000};
// Exit codes, as main.cc has them.
constexpr int failed = 1;
constexpr int refused = 5;

std::int64_t steady_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now().time_since_epoch())
      .count();
}

sigset_t our_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
  return set;
}

/// A signal to stop has come and waits to be taken.
bool is_told_to_stop() {
  notify_waiting();
  sigset_t pending;
  sigpending(&pending);
  return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

/// What a running daemon cannot change: everything of its own but its sources and what it logs.
bool needs_restart(DaemonConfig now, const DaemonConfig& wanted) {
  now.groups = wanted.groups;
  now.log_level = wanted.log_level;
  now.log_format = wanted.log_format;
  now.journal_keep = wanted.journal_keep;
  now.sources = wanted.sources;
  now.alarms = wanted.alarms;
  return !(now == wanted);
}

/// Says which alarms over many groups begin anew, or are forgotten, with another configuration.
void log_restarts(const std::vector<windows::Watch>& before,
                  const std::vector<windows::Watch>& wanted) {
  for (const windows::Watch& old : before) {
    const auto same = std::find_if(wanted.begin(), wanted.end(),
                                   [&old](const auto& one) { return one.name == old.name; });
    if (same == wanted.end()) {
      log(LogLevel::info, "alarm-forgotten", {{"alarm", old.name}});
    } else if (windows::shape_of(*same) != windows::shape_of(old)) {
      log(LogLevel::info, "alarm-begins-anew", {{"alarm", old.name}});
    }
  }
}

void use_log(const DaemonConfig& config) {
  LogOptions options;
  options.level = config.log_level == "debug"     ? LogLevel::debug
                  : config.log_level == "warning" ? LogLevel::warning
                  : config.log_level == "error"   ? LogLevel::error
                                                  : LogLevel::info;
  options.format = config.log_format == "journald" ? LogFormat::journald : LogFormat::plain;
  options.now = wall_now;
  set_log(options);
}

}  // namespace

Service::Service(ServiceOptions options, PacedTime& time)
    : options_(std::move(options)),
      time_(time),
      started_(time.now()),
      tzdata_(tzdata_version()),
      turned_at_(steady_ms()),
      trimmed_at_(steady_ms()) {}

Service::~Service() {
  close();
}

Result<std::unique_ptr<Service>> Service::open(ServiceOptions options, PacedTime& time) {
  std::unique_ptr<Service> service(new Service(std::move(options), time));
  const Status opened = service->open_parts();
  if (!opened) return opened.error();
  return service;
}

Status Service::open_parts() {
  config_ = options_.loaded.compiled.daemon;
  if (config_.node_name.empty()) config_.node_name = host_name();
  use_log(config_);
  metrics_ = std::make_unique<Metrics>(SETTLE_VERSION);
  const Status engine = open_engine();
  if (!engine) return engine;
  const Status configured = configure(std::exchange(options_.loaded, {}));
  if (!configured) return configured;
  const Status api = open_api();
  if (!api) return api;
  is_ready_ = true;
  log(LogLevel::info, "ready",
      {{"version", SETTLE_VERSION},
       {"revision", revision_},
       {"groups", roster_.size()},
       {"mode", config_.mode == Authority::act ? "act" : "observe"},
       {"socket", config_.socket},
       {"port", server_->port()}});
  return std::monostate{};
}

Status Service::open_engine() {
  HoldingRim rim;
  rim.gives_up = is_told_to_stop;
  rim.on_refused = [this](const std::string& why) {
    log(LogLevel::error, "refused-by-the-cluster", {{"error", why}});
    is_refused_ = true;
  };
  // A copy of this process holds the same epochs: whatever was handed over or committed in order
  // would be so in its name too. As after a kill, a successor goes on from the last commit.
  rim.on_cloned = [] { std::_Exit(refused); };
  Result<Holding> holding = open_holding(config_, std::move(rim));
  if (!holding) return holding.error();
  identity_ = holding->identity;
  is_cluster_ = holding->is_cluster;
  Result<std::unique_ptr<JournalWriter>> journal = open_journal(config_.journal);
  if (!journal) return journal.error();
  Result<std::unique_ptr<JournalReader>> reader = read_journal(config_.journal);
  if (!reader) return reader.error();
  desk_ = std::make_unique<JournalDesk>(std::move(*reader));
  Result<std::unique_ptr<exporting::Exporter>> exporter = open_exporter(config_, identity_.cluster);
  if (!exporter) return exporter.error();
  exporter_ = std::move(*exporter);
  Result<Clouds> clouds = make_clouds(config_, identity_.cluster, time_);
  if (!clouds) return clouds.error();

  EngineOptions options;
  options.partitions = identity_.partitions;
  options.shards = options_.shards;
  options.cluster = identity_.cluster;
  options.version = SETTLE_VERSION;
  options.tzdata = tzdata_;
  options.is_one_of_several = is_cluster_;
  Engine::Parts parts{time_, *metrics_, std::move(holding->store), std::move(holding->tenancy),
                      std::move(*journal), std::move(*clouds),
                      [this] {
                        desk_->grown();
                        if (exporter_) exporter_->grown();
                      },
                      options_.decision_made,
                      // Nothing sounds before the first configuration, which comes after delivery_.
                      [this](const Sounded& sounded, std::function<void()> heard) {
                        delivery_->sound(sounded, std::move(heard));
                      }};
  Result<std::unique_ptr<Engine>> engine = Engine::open(options, std::move(parts));
  if (!engine) return engine.error();
  engine_ = std::move(*engine);
  peers_ = std::make_unique<Peers>([tenancy = &engine_->tenancy()] { return tenancy->peer_key(); });
  delivery_ = std::make_unique<Delivery>(*engine_, *peers_);
  sources_ =
      std::make_unique<SourceDesk>(SourceDoor::Parts{*engine_, *delivery_, tap_, *metrics_, time_},
                                   SourceTools{time_, identity_.cluster, identity_.partitions});
  return std::monostate{};
}

Status Service::open_api() {
  Api::Parts parts{*engine_,
                   *desk_,
                   *peers_,
                   *delivery_,
                   *metrics_,
                   *sources_,
                   tap_,
                   time_,
                   time_,
                   [this] { return status(); },
                   [this] { return steady_ms() - turned_at_ < alive_within_ms; },
                   [this](const GroupId& group) { return zone_of(group); },
                   [this] { return gauges(); },
                   [this] { return known_groups(); }};
  api_ = std::make_unique<Api>(std::move(parts));
  Result<std::unique_ptr<HttpServer>> server = HttpServer::listen(
      {config_.socket, config_.http}, {}, [this](HttpRequest request, HttpServer::Answer answer) {
        api_->take(std::move(request), std::move(answer));
      });
  if (!server) return server.error();
  server_ = std::move(*server);
  return std::monostate{};
}

// A reload is refused while the ensemble cannot be asked; a start waits for it, as joining does.
Status Service::agree(const std::string& revision) {
  const bool is_start = !is_ready_;
  while (true) {
    Status agreed = engine_->tenancy().agree(revision, options_.forces_revision && is_start);
    const bool is_over = agreed || agreed.error().code != ErrorCode::unavailable;
    if (is_over || !is_start || is_told_to_stop()) return agreed;
    log(LogLevel::warning, "waiting-for-zookeeper");
  }
}

Status Service::configure(LoadedConfig loaded) {
  std::vector<SpecPointer> specs;
  std::map<GroupId, SpecPointer> roster;
  specs.reserve(loaded.compiled.specs.size());
  for (GroupSpec& spec : std::exchange(loaded.compiled.specs, {})) {
    specs.push_back(std::make_shared<const GroupSpec>(std::move(spec)));
    roster.emplace_hint(roster.end(), specs.back()->id, specs.back());
  }
  const std::string shared = revision_of(shared_part(loaded.files));
  const Status agreed = agree(shared);
  if (!agreed) return agreed;
  Result<SourceDesk::Prepared> sources = sources_->prepare(loaded.compiled.daemon.sources);
  if (!sources) return sources.error();
  std::vector<WatchPointer> watches;
  for (const windows::Watch& watch : loaded.compiled.daemon.alarms) {
    watches.push_back(std::make_shared<const windows::Watch>(watch));
  }
  const Status taken =
      engine_->configure({loaded.compiled.revision, bundle(loaded.files)}, config_.mode, specs,
                         loaded.compiled.daemon.budgets, watches);
  if (!taken) return taken;
  log_restarts(config_.alarms, loaded.compiled.daemon.alarms);
  delivery_->use(AlarmBook(std::move(watches), specs));
  sources_->take(std::move(*sources), std::move(specs));
  engine_->tenancy().announce(shared);
  const std::lock_guard lock(mutex_);
  revision_ = loaded.compiled.revision;
  roster_ = std::move(roster);
  reload_error_.reset();
  reloaded_ = time_.now();
  return std::monostate{};
}

/// Which groups there are and will not be.
std::vector<std::string> Service::left_out(const std::vector<GroupSpec>& specs) const {
  std::set<GroupId> stays;
  for (const GroupSpec& spec : specs) stays.insert(spec.id);
  std::vector<std::string> gone;
  const std::lock_guard lock(mutex_);
  for (const auto& [group, spec] : roster_) {
    if (!stays.contains(group)) gone.push_back(group.value);
  }
  return gone;
}

Status Service::take(LoadedConfig loaded) {
  if (loaded.compiled.has_errors()) {
    return Error{ErrorCode::invalid, render(loaded.compiled.findings, loaded.files)};
  }
  DaemonConfig wanted = loaded.compiled.daemon;
  if (wanted.node_name.empty()) wanted.node_name = host_name();
  if (needs_restart(config_, wanted)) {
    return Error{ErrorCode::conflict,
                 "store, journal, listen, mode, partitions, node and clouds change at a restart"};
  }
  const std::vector<std::string> gone = left_out(loaded.compiled.specs);
  const bool is_all = !gone.empty() && loaded.compiled.specs.empty();
  if (is_all) {
    return Error{
        ErrorCode::conflict,
        fmt::format("no group is left of the {} that there are ({}): a mistake in `groups` "
                    "would look like that, and what operators ordered would be forgotten. "
                    "A restart takes it",
                    gone.size(), some_of(gone))};
  }
  const Status configured = configure(std::move(loaded));
  if (!configured) return configured;
  // Nothing of theirs is terminated; their holds, pauses and memory are gone.
  if (!gone.empty()) {
    log(LogLevel::warning, "groups-forgotten", {{"count", gone.size()}, {"groups", some_of(gone)}});
  }
  use_log(wanted);
  const std::lock_guard lock(mutex_);
  config_ = std::move(wanted);
  return std::monostate{};
}

Status Service::reload() {
  if (options_.config_paths.empty()) {
    return Error{ErrorCode::invalid, "this daemon was not started from files"};
  }
  notify_reloading();
  Result<LoadedConfig> loaded = load_config(options_.config_paths);
  const Status taken = loaded ? take(std::move(*loaded)) : Status(loaded.error());
  if (taken) {
    log(LogLevel::info, "configuration-taken", {{"revision", revision_}});
  } else {
    log(LogLevel::error, "configuration-refused-keeping-the-old",
        {{"revision", revision_}, {"error", taken.error().message}});
    const std::lock_guard lock(mutex_);
    reload_error_ = taken.error().message;
  }
  notify_ready(standing());
  return taken;
}

void Service::hold_signals() {
  const sigset_t set = our_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  (void)::signal(SIGPIPE, SIG_IGN);
}

int Service::run(std::optional<Time> until) {
  notify_ready(standing());
  const sigset_t set = our_signals();
  int code = 0;
  while (true) {
    const auto wait =
        until ? std::min<std::chrono::microseconds>(watch_every, time_.real_wait(*until))
              : std::chrono::microseconds(watch_every);
    const timespec pause{0, static_cast<long>(wait.count()) * 1'000};
    const int number = ::sigtimedwait(&set, nullptr, &pause);
    if (number == SIGTERM || number == SIGINT) break;
    if (number == SIGHUP) (void)reload();  // It has said itself what came of it.
    keep_watch();
    if (until && time_.now() >= *until) break;
    if (engine_->is_fenced() || is_refused_) {
      code = is_refused_ ? refused : failed;
      break;
    }
  }
  log(LogLevel::info, "stopping");
  notify_stopping();
  close();
  log(LogLevel::info, "stopped");
  return code;
}

// A sign of life means that every loop has turned since the last.
void Service::keep_watch() {
  const std::int64_t now = steady_ms();
  if (is_cluster_ && now - told_at_ >= tell_every_ms) {
    told_at_ = now;
    notify_status(standing());
  }
  if (engine_->have_all_turned()) {
    turned_at_ = now;
    notify_alive();
  }
  tap_.shut_if_left_alone(time_.now());
  if (now - trimmed_at_ < trim_every_ms) return;
  trimmed_at_ = now;
  engine_->recorder().forget_before(time_.now() - config_.journal_keep);
}

void Service::close() {
  is_ready_ = false;
  // While this goes on, what comes in goes to whoever owns it by then.
  if (is_cluster_ && engine_ && !std::exchange(has_handed_over_, true)) hand_over();
  if (server_) server_->stop_accepting();
  if (desk_) desk_->stop();
  if (server_) {
    const Steady::time_point until = Steady::now() + drain_time;
    while (server_->under_way() > 0 && Steady::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    server_->stop();
  }
  if (sources_) sources_->stop();
  peers_.reset();  // Its answers find the server, or nobody.
  if (engine_) engine_->stop();
  if (exporter_) exporter_->stop();
  time_.stop();  // A cloud's late answer is dropped here, not in an engine that is gone.
}

void Service::hand_over() {
  const Steady::time_point begin = Steady::now();
  const std::size_t held = engine_->tenancy().held();
  engine_->tenancy().withdraw();
  const bool is_whole = engine_->hand_over(hand_over_time);
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - begin).count();
  log(is_whole ? LogLevel::info : LogLevel::warning,
      is_whole ? "partitions-released" : "partitions-left-to-their-quarantine",
      {{"partitions", held}, {"milliseconds", took}});
}

}  // namespace settle
