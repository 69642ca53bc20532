// Copies every decision of a journal to a topic of Kafka, as CloudEvents keyed by group: at least
// once, in order, from where the last run came to. Whoever reads them knows one that comes twice by
// its id, which is a hash of its content. A cluster that is away delays nothing but the copies.
//
// Knows nothing of what is decided, and changes nothing.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/exporting/destination.h"
#include "daemon/exporting/position_file.h"
#include "daemon/journal/journal.h"
#include "daemon/kafka/producer.h"
#include "reconcilers/units.h"

namespace settle::exporting {

struct ExporterSettings {
  Destination destination;
  std::string position_path;
  std::string source;           // Of its CloudEvents: "/settle/CLUSTER".
  std::size_t batch_max = 500;  // Decisions under way at a time.
  Duration retry_after{1'000};
};

/// The record as it is sent.
[[nodiscard]] kafka::Outgoing outgoing(const StoredDecision& decision,
                                       const ExporterSettings& settings);

class Exporter {
 public:
  /// Begins at once. Fails where the client does not take the options.
  [[nodiscard]] static Result<std::unique_ptr<Exporter>> open(
      ExporterSettings settings, std::unique_ptr<JournalReader> reader);
  ~Exporter();
  Exporter(const Exporter&) = delete;
  Exporter& operator=(const Exporter&) = delete;

  /// The journal has grown. Safe from any thread.
  void grown();
  /// What is left is exported by the next run.
  void stop();
  /// The last decision that is there for good. Safe from any thread.
  [[nodiscard]] std::uint64_t position() const;

 private:
  struct Batch;
  Exporter(ExporterSettings settings, std::unique_ptr<JournalReader> reader,
           std::unique_ptr<kafka::Producer> producer);
  void run();
  [[nodiscard]] std::uint64_t first_position();
  /// Exports what comes next; false if nothing was left, or if it failed.
  bool step();
  [[nodiscard]] Status send(const std::vector<StoredDecision>& decisions);
  void note(const Status& status);

  const ExporterSettings settings_;
  const std::unique_ptr<JournalReader> reader_;
  std::unique_ptr<kafka::Producer> producer_;
  bool is_failing_ = false;  // On the exporter's thread.

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t position_ = 0;  // Guarded by mutex_, as are the next two.
  bool has_grown_ = true;
  bool is_stopping_ = false;
  std::thread thread_;
};

}  // namespace settle::exporting
