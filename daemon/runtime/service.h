// The running daemon: store, journal, clouds, engine and API opened in order, signals obeyed, and
// closed in order. Whoever builds one says what it runs on; it decides nothing about groups.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/exporting/exporter.h"
#include "daemon/runtime/api.h"
#include "daemon/runtime/config_files.h"

namespace settle {

struct ServiceOptions {
  LoadedConfig loaded;                    // REQUIRES: without errors.
  std::vector<std::string> config_paths;  // To read again; empty: nothing can be reloaded.
  unsigned shards = 1;
  bool forces_revision = false;  // At the start, whatever the cluster's files are.
  std::function<void(const DecisionRecord&)> decision_made;  // On a shard's thread; may be empty.
};

class Service {
 public:
  /// Opens everything and begins to decide. `time` outlives the service.
  [[nodiscard]] static Result<std::unique_ptr<Service>> open(ServiceOptions options,
                                                             PacedTime& time);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Takes SIGTERM, SIGINT and SIGHUP away from every thread that begins after this; run() waits
  /// for them. Call it first of all.
  static void hold_signals();
  /// Obeys signals and keeps watch until told to stop, or until `until` of the clock. Returns the
  /// exit code.
  [[nodiscard]] int run(std::optional<Time> until);
  /// Reads the configuration again and takes it, or keeps the old one and says why.
  [[nodiscard]] Status reload();

  [[nodiscard]] Engine& engine() { return *engine_; }
  [[nodiscard]] std::uint16_t port() const { return server_ ? server_->port() : std::uint16_t{0}; }
  /// Answers what is under way, commits it, and stops.
  void close();

 private:
  Service(ServiceOptions options, PacedTime& time);
  Status open_parts();
  Status open_engine();
  Status open_api();
  Status take(LoadedConfig loaded);
  [[nodiscard]] std::vector<std::string> left_out(const std::vector<GroupSpec>& specs) const;
  Status configure(LoadedConfig loaded);
  [[nodiscard]] Status agree(const std::string& revision);
  void keep_watch();
  void hand_over();
  [[nodiscard]] std::string standing() const;
  [[nodiscard]] DaemonStatus status() const;
  [[nodiscard]] DaemonGauges gauges() const;
  [[nodiscard]] std::set<GroupId> known_groups() const;
  [[nodiscard]] Zone zone_of(const GroupId& group) const;

  // Constant after open(), which takes out what was loaded.
  ServiceOptions options_;
  PacedTime& time_;
  Time started_;
  StoreIdentity identity_;
  std::string tzdata_;
  bool is_cluster_ = false;

  mutable std::mutex mutex_;
  DaemonConfig config_;  // Guarded by mutex_, as is all until the next blank line.
  std::string revision_;
  std::map<GroupId, SpecPointer> roster_;
  std::optional<std::string> reload_error_;
  Time reloaded_;

  std::atomic<bool> is_ready_{false};
  std::atomic<std::int64_t> turned_at_{0};  // Steady milliseconds at which all loops had turned.
  std::int64_t trimmed_at_ = 0;             // On run()'s thread, in the same measure.
  std::int64_t told_at_ = 0;                // The same.
  bool has_handed_over_ = false;
  std::atomic<bool> is_refused_{false};  // The cluster will not have us.

  // In order of opening; closed in the opposite one.
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<JournalDesk> desk_;
  std::unique_ptr<exporting::Exporter> exporter_;  // Null: decisions go nowhere else.
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Peers> peers_;
  std::unique_ptr<Delivery> delivery_;
  EventTap tap_;
  std::unique_ptr<SourceDesk> sources_;
  std::unique_ptr<Api> api_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace settle
