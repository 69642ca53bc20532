// The store on one machine. A group's record bears a hash over its place and its bytes, so that
// neither damage nor a mix-up passes for state; the epoch of each partition is checked inside the
// very transaction that writes.
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/file_lock.h"
#include "daemon/base/log.h"
#include "daemon/codec/binary.h"
#include "daemon/sqlite/database.h"
#include "daemon/store/sqlite_layout.h"
#include "daemon/store/store.h"

namespace settle {

using namespace sqlite_layout;

namespace {

class SqliteStore final : public Store {
 public:
  static Result<std::unique_ptr<SqliteStore>> make(FileLock lock, sqlite::Database database,
                                                   std::string path) {
    auto store = std::unique_ptr<SqliteStore>(
        new SqliteStore(std::move(lock), std::move(database), std::move(path)));
    const Status prepared = store->prepare();
    if (!prepared) return prepared.error();
    return Result<std::unique_ptr<SqliteStore>>(std::move(store));
  }

  Result<Epoch> claim(std::uint32_t partition) override {
    auto transaction = sqlite::Transaction::begin(database_);
    if (!transaction) return failed("claim", transaction.error());
    const Status raised = claim_.reset().bind(1, partition).run();
    if (!raised) return failed("claim", raised.error());
    const auto epoch = epoch_of(partition);
    if (!epoch) return failed("claim", epoch.error());
    const Status committed = transaction->commit();
    if (!committed) return failed("claim", committed.error());
    return Epoch(static_cast<std::uint64_t>(*epoch));
  }

  Result<std::vector<GroupRecord>> restore(std::uint32_t partition) override {
    std::vector<GroupRecord> records;
    restore_.reset().bind(1, partition);
    while (true) {
      const auto row = restore_.step();
      if (!row) return failed("restore", row.error());
      if (!*row) break;
      auto record = read_record(partition);
      if (!record) return record.error();
      records.push_back(std::move(*record));
    }
    restore_.reset();
    return records;
  }

  Result<Offsets> offsets(std::uint32_t partition) override {
    Offsets found;
    offsets_.reset().bind(1, partition);
    while (true) {
      const auto row = offsets_.step();
      if (!row) return failed("restore", row.error());
      if (!*row) break;
      found.emplace(offsets_.bytes(0), offsets_.number(1));
    }
    offsets_.reset();
    return found;
  }

  std::vector<Stored> commit(const std::vector<PartitionCommit>& commits) override {
    std::vector<Stored> results(commits.size(), Stored::stored);
    const Status done = write_all(commits, results);
    if (done) return results;
    log(LogLevel::error, "store-commit-failed",
        {{"store", path_}, {"error", done.error().message}, {"partitions", commits.size()}});
    return std::vector<Stored>(commits.size(), Stored::unavailable);
  }

 private:
  SqliteStore(FileLock lock, sqlite::Database database, std::string path)
      : lock_(std::move(lock)), database_(std::move(database)), path_(std::move(path)) {}

  Status prepare() {
    const std::pair<sqlite::Statement*, const char*> statements[] = {
        {&claim_,
         "INSERT INTO partitions(partition, epoch) VALUES(?1, 1) "
         "ON CONFLICT(partition) DO UPDATE SET epoch = epoch + 1"},
        {&epoch_, "SELECT epoch FROM partitions WHERE partition = ?1"},
        {&restore_, "SELECT grp, bytes, hash FROM groups WHERE partition = ?1 ORDER BY grp"},
        {&upsert_,
         "INSERT INTO groups(partition, grp, bytes, hash) VALUES(?1, ?2, ?3, ?4) "
         "ON CONFLICT(partition, grp) DO UPDATE SET bytes = ?3, hash = ?4"},
        {&forget_, "DELETE FROM groups WHERE partition = ?1 AND grp = ?2"},
        {&offsets_, "SELECT source, next FROM offsets WHERE partition = ?1 ORDER BY source"},
        {&move_on_,
         "INSERT INTO offsets(partition, source, next) VALUES(?1, ?2, ?3) "
         "ON CONFLICT(partition, source) DO UPDATE SET next = ?3"}};
    for (const auto& [statement, sql] : statements) {
      auto prepared = database_.prepare(sql);
      if (!prepared) return failed("open", prepared.error());
      *statement = std::move(*prepared);
    }
    return std::monostate();
  }

  [[nodiscard]] Error failed(std::string_view what, const Error& error) const {
    return {error.code, fmt::format("the store {} cannot {}: {}", path_, what, error.message)};
  }

  /// Zero for a partition that nobody has claimed.
  Result<std::int64_t> epoch_of(std::uint32_t partition) {
    const auto row = epoch_.reset().bind(1, partition).step();
    if (!row) return row.error();
    const std::int64_t epoch = *row ? epoch_.number(0) : 0;
    epoch_.reset();
    return epoch;
  }

  Result<GroupRecord> read_record(std::uint32_t partition) {
    const std::string_view group = restore_.bytes(0);
    const std::string_view bytes = restore_.bytes(1);
    const auto damaged = [&](std::string_view why) {
      return Error{ErrorCode::invalid,
                   fmt::format("the store {} is damaged: group {} of partition {}: {}; {}", path_,
                               group, partition, why, what_to_do)};
    };
    if (place_hash(partition, group, bytes) != restore_.number(2)) {
      return damaged("its record does not have the hash that was written with it");
    }
    auto record = decode_group({std::string(group)}, bytes);
    // Its hash agrees, so these bytes are as some version wrote them.
    if (!record) return failed(fmt::format("restore group {}", group), record.error());
    return record;
  }

  /// All of them or none, but for those that are fenced.
  Status write_all(const std::vector<PartitionCommit>& commits, std::vector<Stored>& results) {
    auto transaction = sqlite::Transaction::begin(database_);
    if (!transaction) return transaction.error();
    for (std::size_t i = 0; i < commits.size(); ++i) {
      const auto epoch = epoch_of(commits[i].partition);
      if (!epoch) return epoch.error();
      if (Epoch(static_cast<std::uint64_t>(*epoch)) != commits[i].commit.epoch) {
        results[i] = Stored::fenced;
        continue;
      }
      const Status written = write(commits[i]);
      if (!written) return written;
    }
    return transaction->commit();
  }

  Status write(const PartitionCommit& item) {
    const std::uint32_t partition = item.partition;
    for (const GroupRecord& record : item.commit.dirty) {
      const std::string_view group = record.group.value;
      const std::string bytes = encode(record);
      upsert_.reset().bind(1, partition).bind_text(2, group).bind_bytes(3, bytes);
      const Status written = upsert_.bind(4, place_hash(partition, group, bytes)).run();
      if (!written) return written;
    }
    for (const GroupId& group : item.commit.forgotten) {
      const Status forgotten = forget_.reset().bind(1, partition).bind_text(2, group.value).run();
      if (!forgotten) return forgotten;
    }
    for (const auto& [source, next] : item.commit.offsets) {
      const Status moved =
          move_on_.reset().bind(1, partition).bind_text(2, source).bind(3, next).run();
      if (!moved) return moved;
    }
    return std::monostate();
  }

  FileLock lock_;
  sqlite::Database database_;
  const std::string path_;
  sqlite::Statement claim_;
  sqlite::Statement epoch_;
  sqlite::Statement restore_;
  sqlite::Statement upsert_;
  sqlite::Statement forget_;
  sqlite::Statement offsets_;
  sqlite::Statement move_on_;
};

}  // namespace

Result<OpenedStore> open_sqlite_store(const std::string& path, std::uint32_t partitions,
                                      const std::string& new_cluster) {
  auto lock = FileLock::take(path + ".lock");
  if (!lock) return lock.error();
  auto database = open_sound(path, sqlite::Access::create);
  if (!database) return database.error();
  // The process that made the tables may have ended before it said whose they are.
  const auto used = database->number(
      "SELECT (SELECT count(*) FROM meta) + (SELECT count(*) FROM "
      "partitions) + (SELECT count(*) FROM groups)");
  if (!used) return damaged(path, used.error().message);
  if (*used == 0) {
    const Status written = write_identity(*database, {new_cluster, partitions});
    if (!written) return written.error();
  }
  auto identity = read_identity(*database);
  if (!identity) return damaged(path, identity.error().message);
  if (identity->partitions != partitions) {
    return Error{ErrorCode::conflict,
                 fmt::format("the store {} has {} partitions and the configuration {}: their "
                             "number is fixed for the life of a cluster, so set `partitions: {}` "
                             "or begin a new store",
                             path, identity->partitions, partitions, identity->partitions)};
  }
  auto store = SqliteStore::make(std::move(*lock), std::move(*database), path);
  if (!store) return store.error();
  return OpenedStore{std::move(*store), std::move(*identity)};
}

}  // namespace settle
