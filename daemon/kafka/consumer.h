// Reads some partitions of one topic of Kafka, each from an offset that the caller names. Belongs
// to no consumer group: who reads what is decided elsewhere, and no offset is kept by Kafka. Only
// what is committed is read. An offset that is not there is told, and never replaced by another.
//
// Knows nothing of what records mean. Its calls come on one thread; those with a `patience` wait
// for the cluster, the others do not.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/kafka/settings.h"
#include "reconcilers/units.h"

namespace settle::kafka {

/// Views hold until the visit returns.
struct Record {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::optional<Time> at;  // When it was created or appended, as the topic has it.
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  std::vector<std::pair<std::string_view, std::string_view>> headers;  // In their order.
};

/// What is told of a partition besides its records.
struct Notice {
  enum class Kind : std::uint8_t {
    at_end,   // `offset` is the next that will be there.
    no_such,  // What it was to be read from is not there, or no longer; nothing more will come.
    failing,  // It cannot be read for now; librdkafka tries on.
  };
  Kind kind = Kind::at_end;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::string text;
};

enum class End : std::uint8_t { first, behind_last };

using PartitionOffsets = std::map<std::int32_t, std::int64_t>;
using Patience = std::chrono::milliseconds;

class Consumer {
 public:
  struct Visits {
    std::function<void(const Record&)> record;
    std::function<void(const Notice&)> notice;
  };
  /// Each partition fetches ahead while it has less than `buffer_kilobytes`, and one fetch more;
  /// `on_ready` is called on a thread of librdkafka's whenever there is something to read again.
  [[nodiscard]] static Result<std::unique_ptr<Consumer>> open(const Access& access,
                                                              std::string topic,
                                                              int buffer_kilobytes,
                                                              std::function<void()> on_ready);
  ~Consumer();
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  /// How many partitions the topic has. `not_found` where there is no such topic.
  [[nodiscard]] Result<std::int32_t> partitions(Patience patience);
  /// Where these partitions begin, or end, as far as that is known in time.
  [[nodiscard]] PartitionOffsets offsets(const std::vector<std::int32_t>& partitions, End end,
                                         Patience patience);
  /// Reads these besides those that are read. REQUIRES: none of them is read.
  [[nodiscard]] Status assign(const PartitionOffsets& from);
  /// Nothing more of them is visited.
  void unassign(const std::vector<std::int32_t>& partitions);
  /// One that is held is not visited; what was fetched of it stays.
  void hold(std::int32_t partition, bool is_held);

  /// Visits at most so many records and notices that are here; zero: none is.
  std::size_t read(std::size_t most, const Visits& visits);
  /// Behind the last record, as the last fetch had it. Safe from any thread.
  [[nodiscard]] std::optional<std::int64_t> end_of(std::int32_t partition) const;
  /// What is wrong with the cluster, by the newest error; empty: nothing since it was asked.
  [[nodiscard]] std::string take_trouble();

 private:
  struct Client;
  struct Stream;
  explicit Consumer(std::unique_ptr<Client> client);
  std::unique_ptr<Client> client_;
};

}  // namespace settle::kafka
