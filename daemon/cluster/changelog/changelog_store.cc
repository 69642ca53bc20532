#include "daemon/cluster/changelog/changelog_store.h"

#include <algorithm>
#include <future>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/log.h"
#include "daemon/cluster/layout.h"
#include "daemon/cluster/records.h"
#include "daemon/cluster/store/waiting.h"
#include "daemon/codec/binary.h"

namespace settle::cluster {
namespace {

constexpr std::size_t marks_max = 64;    // In one transaction of ZooKeeper.
constexpr std::size_t writers_max = 16;  // Transactions of Kafka at one time.

struct Found {
  zk::Code code = zk::Code::other;
  zk::Data data;
};
Found get(zk::CuratorFramework& client, const std::string& path) {
  return answer_of<Found>(client.executor(), [&](auto done) {
    client.get(path, false, [done](zk::Code code, zk::Data data) {
      done({code, std::move(data)});
    });
  });
}

struct Committed {
  zk::Code code = zk::Code::other;
  std::vector<zk::OpResult> results;
};
Committed commit_to(zk::CuratorFramework& client, const zk::Transaction& transaction) {
  return answer_of<Committed>(client.executor(), [&](auto done) {
    client.commit(transaction, [done](zk::Code code, std::vector<zk::OpResult> results) {
      done({code, std::move(results)});
    });
  });
}

}  // namespace

ChangelogStore::ChangelogStore(zk::CuratorFramework& client, std::shared_ptr<Changelog> changelog,
                               std::string member, std::string incarnation)
    : client_(client),
      changelog_(std::move(changelog)),
      member_(std::move(member)),
      incarnation_(std::move(incarnation)) {}

Result<Epoch> ChangelogStore::claim(std::uint32_t partition) {
  return titles_.claim(client_, partition, member_, incarnation_);
}

/// What the mark in ZooKeeper says, unless that is known.
Status ChangelogStore::know(std::uint32_t partition) {
  if (seats_.find(partition) != seats_.end()) return std::monostate();
  const Found found = get(client_, layout::checkpoint(partition));
  Seat seat;
  if (found.code == zk::Code::ok) {
    Result<ChangelogMark> mark = decode_mark(found.data.bytes);
    if (!mark) return mark.error();
    seat.mark = std::move(*mark);
    seat.version = found.data.stat.version;
  } else if (found.code != zk::Code::no_node) {
    return Error{ErrorCode::unavailable, fmt::format("the mark of partition {} cannot be read: {}",
                                                     partition, zk::name(found.code))};
  }
  seats_[partition] = std::move(seat);
  return std::monostate();
}

/// Makes us the only writer of the partition, once for each epoch.
Status ChangelogStore::take(std::uint32_t partition, const Title& title) {
  Seat& seat = seats_.at(partition);
  if (seat.taken_for == title.epoch) return std::monostate();
  const Status taken = changelog_->take(partition);
  if (!taken) return taken;
  seat.taken_for = title.epoch;
  return std::monostate();
}

void ChangelogStore::forget(std::uint32_t partition) {
  changelog_->leave(partition);
  seats_.erase(partition);
}

Result<std::vector<GroupRecord>> ChangelogStore::restore(std::uint32_t partition) {
  forget(partition);
  const std::optional<Title> title = titles_.of(partition);
  Status known = know(partition);
  if (known && title) known = take(partition, *title);
  if (!known) return known.error();
  Result<Changelog::Found> found = changelog_->read(partition);
  if (!found) return found.error();
  Seat& seat = seats_.at(partition);
  if (seat.version >= 0) {
    const Status whole = holds_all_of(seat.mark, *found, partition);
    if (!whole) return whole.error();
  }
  seat.mark.begin = found->begin;
  std::vector<GroupRecord> records;
  for (const auto& [group, bytes] : found->rows) {
    auto record = decode_group({group}, bytes);
    if (!record) {
      return Error{record.error().code, fmt::format("group {} of partition {}: {}", group,
                                                    partition, record.error().message)};
    }
    records.push_back(std::move(*record));
  }
  return records;
}

Result<Offsets> ChangelogStore::offsets(std::uint32_t partition) {
  const Status known = know(partition);
  if (!known) return known.error();
  return seats_.at(partition).mark.offsets;
}

std::vector<Stored> ChangelogStore::commit(const std::vector<PartitionCommit>& commits) {
  std::vector<Stored> results(commits.size(), Stored::unavailable);
  std::vector<Draft> drafts;
  bool is_away = false;  // Who waited for its brokers once does not wait again for each partition.
  for (std::size_t at = 0; at < commits.size(); ++at) {
    const auto title = titles_.of(commits[at].partition);
    // In doubt it may come back; of another epoch it never does.
    if (title && Epoch(title->epoch) != commits[at].commit.epoch) results[at] = Stored::fenced;
    if (!title || results[at] == Stored::fenced || is_away) continue;
    Result<Draft> made = draft(at, commits[at]);
    if (made) {
      made->title = *title;
      drafts.push_back(std::move(*made));
      continue;
    }
    is_away = made.error().code == ErrorCode::unavailable;
    log(LogLevel::warning, "changelog-commit-failed",
        {{"partition", commits[at].partition}, {"error", made.error().message}});
  }
  write_all_rows(drafts, results);
  set_marks(drafts, results);
  return results;
}

Result<ChangelogStore::Draft> ChangelogStore::draft(std::size_t at, const PartitionCommit& commit) {
  Status known = know(commit.partition);
  if (known) {
    known = take(commit.partition, {static_cast<std::uint64_t>(commit.commit.epoch), 0});
  }
  if (!known) return known.error();
  Draft draft;
  draft.at = at;
  draft.partition = commit.partition;
  draft.mark = seats_.at(commit.partition).mark;
  draft.mark.epoch = static_cast<std::uint64_t>(commit.commit.epoch);
  ++draft.mark.sequence;
  for (const auto& [source, next] : commit.commit.offsets) draft.mark.offsets[source] = next;
  for (const GroupRecord& record : commit.commit.dirty) {
    draft.rows.push_back(
        {record.group.value, encode(ChangelogRow{draft.mark.epoch, encode(record)})});
  }
  for (const GroupId& group : commit.commit.forgotten) {
    draft.rows.push_back({group.value, std::nullopt});
  }
  return draft;
}

Stored ChangelogStore::write_rows(Draft& draft) {
  if (draft.rows.empty()) return Stored::stored;
  const Result<std::int64_t> end = changelog_->write(draft.partition, draft.rows);
  if (end) {
    draft.mark.end = *end;
    return Stored::stored;
  }
  log(LogLevel::warning, "changelog-write-failed",
      {{"partition", draft.partition}, {"error", end.error().message}});
  return end.error().code == ErrorCode::fenced ? Stored::fenced : Stored::unavailable;
}

/// A transaction of Kafka waits for its brokers, several times: so several go at once. Leaves the
/// drafts whose rows are there.
void ChangelogStore::write_all_rows(std::vector<Draft>& drafts, std::vector<Stored>& results) {
  std::vector<Draft> written;
  for (std::size_t from = 0; from < drafts.size(); from += writers_max) {
    const std::size_t until = std::min(from + writers_max, drafts.size());
    std::vector<std::future<Stored>> answers;
    for (std::size_t at = from; at < until; ++at) {
      const auto policy = until - from > 1 ? std::launch::async : std::launch::deferred;
      answers.push_back(
          std::async(policy, [this, &draft = drafts[at]] { return write_rows(draft); }));
    }
    for (std::size_t at = from; at < until; ++at) {
      const Stored stored = answers[at - from].get();
      if (stored == Stored::stored) {
        written.push_back(std::move(drafts[at]));
        continue;
      }
      results[drafts[at].at] = stored;
      forget(drafts[at].partition);  // To be taken and read anew before the next commit.
    }
  }
  drafts = std::move(written);
}

zk::Transaction ChangelogStore::writes_of(const Draft& draft) const {
  const std::string path = layout::checkpoint(draft.partition);
  const std::int32_t version = seats_.at(draft.partition).version;
  zk::Transaction writes{zk::CheckOp{layout::own(draft.partition), draft.title.version}};
  if (version < 0) {
    writes.emplace_back(zk::CreateOp{path, draft.bytes, zk::CreateMode::persistent});
  } else {
    writes.emplace_back(zk::SetOp{path, draft.bytes, version});
  }
  return writes;
}

void ChangelogStore::keep(const Draft& draft, std::int32_t version) {
  Seat& seat = seats_.at(draft.partition);
  seat.mark = draft.mark;
  // The answer to a create bears no version: a new node's is zero.
  seat.version = seat.version < 0 ? 0 : version;
}

void ChangelogStore::set_marks(std::vector<Draft>& drafts, std::vector<Stored>& results) {
  for (Draft& draft : drafts) draft.bytes = encode(draft.mark);
  for (std::size_t from = 0; from < drafts.size(); from += marks_max) {
    const std::size_t until = std::min(from + marks_max, drafts.size());
    zk::Transaction writes;
    for (std::size_t at = from; at < until; ++at) {
      const zk::Transaction own = writes_of(drafts[at]);
      writes.insert(writes.end(), own.begin(), own.end());
    }
    const Committed all = commit_to(client_, writes);
    for (std::size_t at = from; at < until; ++at) {
      Draft& draft = drafts[at];
      if (all.code == zk::Code::ok) {
        keep(draft, all.results[2 * (at - from) + 1].stat.version);
        results[draft.at] = Stored::stored;
      } else {
        // One of them failed, or nobody knows: each by itself.
        results[draft.at] = set_mark(draft);
      }
    }
  }
}

/// What stands there now says whether it is stored, may be set, or is somebody else's.
Stored ChangelogStore::set_mark(const Draft& draft) {
  const auto synced = answer_of<zk::Code>(client_.executor(), [&](auto done) {
    client_.sync(layout::own(draft.partition),
                 [done](zk::Code code, const zk::Stat&) { done(code); });
  });
  const Found owner = get(client_, layout::own(draft.partition));
  const Found mark = get(client_, layout::checkpoint(draft.partition));
  const bool is_known = synced == zk::Code::ok && owner.code == zk::Code::ok &&
                        (mark.code == zk::Code::ok || mark.code == zk::Code::no_node);
  if (is_known) {
    const Result<OwnershipRecord> record = decode_ownership(owner.data.bytes);
    const bool is_over = record && (record->epoch != draft.title.epoch || record->is_released);
    if (is_over) {
      forget(draft.partition);
      return Stored::fenced;
    }
    if (mark.code == zk::Code::ok && mark.data.bytes == draft.bytes) {
      keep(draft, mark.data.stat.version);
      return Stored::stored;
    }
    const std::int32_t version = mark.code == zk::Code::ok ? mark.data.stat.version : -1;
    if (version == seats_.at(draft.partition).version) {
      const Committed alone = commit_to(client_, writes_of(draft));
      if (alone.code == zk::Code::ok) {
        keep(draft, alone.results.back().stat.version);
        return Stored::stored;
      }
    }
  }
  // Whoever asked asks again, and it is read before that.
  forget(draft.partition);
  return Stored::unavailable;
}

}  // namespace settle::cluster
