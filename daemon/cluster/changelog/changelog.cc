#include "daemon/cluster/changelog/changelog.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "daemon/kafka/topic.h"

namespace settle::cluster {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t records_at_once = 4'096;
constexpr int buffer_kilobytes = 16 * 1024;  // Fetched ahead, of a partition that is restored.
constexpr milliseconds look_every{100};

/// A partition as it is read: of each group the newest row, whatever an earlier owner wrote late.
struct Reading {
  std::map<std::string, std::pair<std::uint64_t, std::string>> rows;  // Epoch and state.
  std::int64_t at = 0;                                                // How far it has come.
  std::optional<Error> error;

  void take(const kafka::Record& record) {
    at = record.offset + 1;
    if (error || !record.key) return;
    const std::string group(*record.key);
    if (!record.value) {
      rows.erase(group);
      return;
    }
    Result<ChangelogRow> row = decode_row(*record.value);
    if (!row) {
      error = Error{row.error().code, fmt::format("group {} at offset {}: {}", group, record.offset,
                                                  row.error().message)};
      return;
    }
    auto& known = rows[group];
    if (row->epoch >= known.first) known = {row->epoch, std::move(row->state)};
  }
};

}  // namespace

Changelog::~Changelog() = default;

Result<std::unique_ptr<Changelog>> Changelog::open(ChangelogOptions options) {
  std::unique_ptr<Changelog> changelog(new Changelog(std::move(options)));
  const auto wake = [at = changelog.get()] {
    const std::lock_guard lock(at->mutex_);
    at->is_ready_ = true;
    at->ready_.notify_all();
  };
  auto reader = kafka::Consumer::open(changelog->options_.access, changelog->options_.topic,
                                      buffer_kilobytes, wake);
  if (!reader) return reader.error();
  changelog->reader_ = std::move(*reader);
  const Status looked = changelog->look_at_topic();
  if (!looked) return looked.error();
  return changelog;
}

Status Changelog::look_at_topic() {
  const std::string& topic = options_.topic;
  const Result<std::int32_t> partitions = reader_->partitions(options_.patience);
  if (!partitions) return partitions.error();
  if (static_cast<std::uint32_t>(*partitions) != options_.partitions) {
    return Error{ErrorCode::conflict,
                 fmt::format("the changelog {} has {} partitions and the cluster {}: it needs a "
                             "topic with as many",
                             topic, *partitions, options_.partitions)};
  }
  const Result<std::string> policy =
      kafka::topic_setting(options_.access, topic, "cleanup.policy", options_.patience);
  if (!policy) return policy.error();
  if (*policy == "compact") return std::monostate();
  return Error{ErrorCode::conflict,
               fmt::format("the changelog {} has cleanup.policy={}, which forgets groups: set it "
                           "to compact",
                           topic, *policy)};
}

Status Changelog::take(std::uint32_t partition) {
  leave(partition);
  auto writer = kafka::Transactions::open(
      options_.access, fmt::format("settle-{}-p{:03}", options_.topic, partition),
      options_.patience);
  if (!writer) return writer.error();
  const std::lock_guard lock(mutex_);
  writers_[partition] = std::move(*writer);
  return std::monostate();
}

void Changelog::leave(std::uint32_t partition) {
  std::shared_ptr<kafka::Transactions> ended;  // Ends without the lock: that takes a while.
  const std::lock_guard lock(mutex_);
  const auto found = writers_.find(partition);
  if (found == writers_.end()) return;
  ended = std::move(found->second);
  writers_.erase(found);
}

void Changelog::wait_for_records(milliseconds most) {
  std::unique_lock lock(mutex_);
  ready_.wait_for(lock, most, [this] { return is_ready_; });
  is_ready_ = false;
}

Result<Changelog::Found> Changelog::read(std::uint32_t partition) {
  const auto number = static_cast<std::int32_t>(partition);
  const kafka::PartitionOffsets first =
      reader_->offsets({number}, kafka::End::first, options_.patience);
  const kafka::PartitionOffsets last =
      reader_->offsets({number}, kafka::End::behind_last, options_.patience);
  if (first.empty() || last.empty()) {
    return Error{ErrorCode::unavailable, "the changelog's brokers do not answer"};
  }
  Found found{{}, first.at(number), last.at(number)};
  if (found.begin == found.end) return found;
  const Status assigned = reader_->assign({{number, found.begin}});
  if (!assigned) return assigned.error();
  Reading reading;
  bool is_whole = false;
  kafka::Consumer::Visits visits;
  visits.record = [&](const kafka::Record& record) { reading.take(record); };
  visits.notice = [&](const kafka::Notice& notice) {
    if (notice.kind == kafka::Notice::Kind::at_end && notice.offset >= found.end) is_whole = true;
    if (notice.kind == kafka::Notice::Kind::no_such) {
      reading.error = Error{ErrorCode::unavailable, notice.text};
    }
  };
  auto heard = steady_clock::now();
  while (!is_whole && !reading.error) {
    if (reader_->read(records_at_once, visits) > 0) {
      heard = steady_clock::now();
    } else if (steady_clock::now() - heard > options_.patience) {
      reading.error = Error{
          ErrorCode::unavailable,
          fmt::format("the changelog gave nothing behind offset {} of {}", reading.at, found.end)};
    } else {
      wait_for_records(look_every);
    }
  }
  reader_->unassign({number});
  if (reading.error) return *reading.error;
  for (auto& [group, row] : reading.rows) found.rows.emplace(group, std::move(row.second));
  return found;
}

Result<std::int64_t> Changelog::write(std::uint32_t partition,
                                      const std::vector<kafka::Row>& rows) {
  std::shared_ptr<kafka::Transactions> writer;
  {
    const std::lock_guard lock(mutex_);
    const auto found = writers_.find(partition);
    if (found != writers_.end()) writer = found->second;
  }
  if (writer == nullptr) return Error{ErrorCode::unavailable, "the changelog has to be taken"};
  return writer->write(options_.topic, static_cast<std::int32_t>(partition), rows,
                       options_.patience);
}

Status holds_all_of(const ChangelogMark& mark, const Changelog::Found& found,
                    std::uint32_t partition) {
  if (found.begin == mark.begin && found.end >= mark.end) return std::monostate();
  return Error{ErrorCode::invalid,
               fmt::format("the changelog of partition {} has offsets {} to {}, and {} to {} were "
                           "committed: records are lost. Put the topic back from a copy",
                           partition, found.begin, found.end, mark.begin, mark.end)};
}

}  // namespace settle::cluster
