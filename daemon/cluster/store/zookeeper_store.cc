#include "daemon/cluster/store/zookeeper_store.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/log.h"
#include "daemon/cluster/store/waiting.h"
#include "daemon/codec/binary.h"

namespace settle::cluster {
namespace {

// A larger change goes in parts: each record is whole by itself, and all are asked for before any
// is answered.
constexpr std::size_t part_bytes = std::size_t{256} * 1024;

/// One partition's commit, cut into parts that fit into a transaction.
std::vector<Change> parts_of(const Commit& commit) {
  std::vector<Change> parts(1);
  std::size_t bytes = 0;
  for (const GroupRecord& record : commit.dirty) {
    std::string row = encode(record);
    if (bytes > 0 && bytes + row.size() > part_bytes) {
      parts.emplace_back();
      bytes = 0;
    }
    bytes += row.size() + record.group.value.size();
    parts.back().rows.emplace(record.group.value, std::move(row));
  }
  for (const GroupId& group : commit.forgotten) parts.back().gone.push_back(group.value);
  // With the last of them: what the sources sent is in all of them.
  parts.back().offsets = commit.offsets;
  return parts;
}

Stored stored(Written written) {
  switch (written) {
    case Written::stored:
      return Stored::stored;
    case Written::fenced:
      return Stored::fenced;
    case Written::unavailable:
      return Stored::unavailable;
  }
  return Stored::unavailable;
}

}  // namespace

ZookeeperStore::ZookeeperStore(zk::CuratorFramework& client, std::string member,
                               std::string incarnation, std::shared_ptr<CheckpointCache> cache,
                               CheckpointLimits limits)
    : client_(client),
      member_(std::move(member)),
      incarnation_(std::move(incarnation)),
      cache_(std::move(cache)) {
  const auto on_older = [](const Error& error) {
    log(LogLevel::error, "checkpoint-older-than-what-was-stored", {{"error", error.message}});
  };
  std::function<void(CheckpointNews)> on_news;
  if (cache_) on_news = [at = cache_](CheckpointNews news) { at->keep(std::move(news)); };
  checkpoints_ = std::make_unique<Checkpoints>(client, limits, on_older, std::move(on_news));
}

ZookeeperStore::~ZookeeperStore() {
  (void)answer_of<bool>(client_.executor(), [this](const std::function<void(bool)>& done) {
    checkpoints_.reset();
    done(true);
  });
}

Result<Epoch> ZookeeperStore::claim(std::uint32_t partition) {
  return titles_.claim(client_, partition, member_, incarnation_);
}

Result<std::vector<GroupRecord>> ZookeeperStore::restore(std::uint32_t partition) {
  const auto recalled =
      std::make_shared<Recollection>(cache_ ? cache_->recall(partition) : Recollection{});
  const auto restored = answer_of<std::shared_ptr<Result<Restored>>>(
      client_.executor(), [this, partition, recalled](auto done) {
        const auto give = [done](Result<Restored> found) {
          done(std::make_shared<Result<Restored>>(std::move(found)));
        };
        checkpoints_->restore(partition, give, std::move(*recalled));
      });
  if (!*restored) return restored->error();
  const Restored& found = **restored;
  if (!found.damage.empty()) {
    log(LogLevel::error,
        found.is_exact ? "checkpoint-damaged-read-from-the-one-before"
                       : "checkpoint-damaged-and-older-state-taken",
        {{"partition", partition}, {"damage", found.damage}});
  }
  std::vector<GroupRecord> records;
  for (const auto& [group, bytes] : found.content.rows) {
    auto record = decode_group({group}, bytes);
    if (!record) {
      return Error{record.error().code, fmt::format("group {} of partition {}: {}", group,
                                                    partition, record.error().message)};
    }
    records.push_back(std::move(*record));
  }
  return records;
}

Result<Offsets> ZookeeperStore::offsets(std::uint32_t partition) {
  const auto found =
      answer_of<std::shared_ptr<Result<Offsets>>>(client_.executor(), [this, partition](auto done) {
        const auto give = [done](const Content& content) {
          done(std::make_shared<Result<Offsets>>(content.offsets));
        };
        if (const Content* known = checkpoints_->content(partition)) return give(*known);
        checkpoints_->restore(partition, [done, give](Result<Restored> restored) {
          restored ? give(restored->content)
                   : done(std::make_shared<Result<Offsets>>(restored.error()));
        });
      });
  return *found;
}

std::vector<Stored> ZookeeperStore::commit(const std::vector<PartitionCommit>& commits) {
  std::vector<Stored> results(commits.size(), Stored::stored);
  std::vector<std::vector<Change>> parts;
  std::size_t most = 0;
  for (const PartitionCommit& one : commits) {
    parts.push_back(parts_of(one.commit));
    most = std::max(most, parts.back().size());
  }
  for (std::size_t part = 0; part < most; ++part) {
    std::vector<Checkpoints::Item> items;
    std::vector<std::size_t> places;
    for (std::size_t at = 0; at < commits.size(); ++at) {
      if (results[at] != Stored::stored || part >= parts[at].size()) continue;
      const auto title = titles_.of(commits[at].partition);
      if (!title || Epoch(title->epoch) != commits[at].commit.epoch) {
        // In doubt it may come back; of another epoch it never does.
        results[at] = title ? Stored::fenced : Stored::unavailable;
        continue;
      }
      items.push_back({commits[at].partition, *title, std::move(parts[at][part])});
      places.push_back(at);
    }
    if (items.empty()) continue;
    const std::vector<Written> written = write(std::move(items));
    for (std::size_t at = 0; at < written.size(); ++at) results[places[at]] = stored(written[at]);
  }
  return results;
}

std::vector<Written> ZookeeperStore::write(std::vector<Checkpoints::Item> items) {
  const auto shared = std::make_shared<std::vector<Checkpoints::Item>>(std::move(items));
  return answer_of<std::vector<Written>>(client_.executor(), [this, shared](auto done) {
    checkpoints_->commit(std::move(*shared), done);
  });
}

}  // namespace settle::cluster
