// The store of one machine at rest, and the making of a new one: under another name beside its
// place, which it takes only when it is whole and on the disk.
#include <filesystem>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "daemon/base/file_lock.h"
#include "daemon/store/resting_store.h"
#include "daemon/store/sqlite_layout.h"

namespace settle {

using namespace sqlite_layout;

namespace {

namespace fs = std::filesystem;

class SqliteRestingStore final : public RestingStore {
 public:
  SqliteRestingStore(std::optional<FileLock> lock, sqlite::Database database,
                     StoreIdentity identity, std::string path)
      : lock_(std::move(lock)),
        database_(std::move(database)),
        identity_(std::move(identity)),
        path_(std::move(path)) {}

  StoreIdentity identity() const override { return identity_; }

  Result<PartitionImage> read(std::uint32_t partition) override {
    const auto reading = sqlite::Transaction::begin_reading(database_);
    if (!reading) return reading.error();
    PartitionImage image;
    for (const auto part : {&SqliteRestingStore::read_epoch, &SqliteRestingStore::read_rows,
                            &SqliteRestingStore::read_offsets}) {
      const Status done = (this->*part)(partition, image);
      if (!done) return done.error();
    }
    return image;
  }

  Result<std::string> owners() override {
    if (lock_) return std::string();
    const auto free = FileLock::take(path_ + ".lock");
    if (!free && free.error().code != ErrorCode::conflict) return free.error();
    return std::string(free ? "" : "another process");
  }

 private:
  Status read_epoch(std::uint32_t partition, PartitionImage& image) {
    auto query = database_.prepare("SELECT epoch FROM partitions WHERE partition = ?1");
    if (!query) return query.error();
    const auto row = query->bind(1, partition).step();
    if (!row) return row.error();
    if (*row) image.epoch = Epoch(static_cast<std::uint64_t>(query->number(0)));
    return std::monostate();
  }

  Status read_rows(std::uint32_t partition, PartitionImage& image) {
    auto query = database_.prepare("SELECT grp, bytes, hash FROM groups WHERE partition = ?1");
    if (!query) return query.error();
    query->bind(1, partition);
    while (true) {
      const auto row = query->step();
      if (!row) return row.error();
      if (!*row) return std::monostate();
      const std::string_view group = query->bytes(0);
      const std::string_view bytes = query->bytes(1);
      if (place_hash(partition, group, bytes) != query->number(2)) {
        return damaged(path_, fmt::format("the record of group {} in partition {} does not have "
                                          "the hash that was written with it",
                                          group, partition));
      }
      image.rows.emplace(group, bytes);
    }
  }

  Status read_offsets(std::uint32_t partition, PartitionImage& image) {
    const auto is_there = database_.number(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'offsets'");
    if (!is_there) return is_there.error();
    if (*is_there == 0) return std::monostate();  // Of the format before.
    auto query = database_.prepare("SELECT source, next FROM offsets WHERE partition = ?1");
    if (!query) return query.error();
    query->bind(1, partition);
    while (true) {
      const auto row = query->step();
      if (!row) return row.error();
      if (!*row) return std::monostate();
      image.offsets.emplace(query->bytes(0), query->number(1));
    }
  }

  const std::optional<FileLock> lock_;  // Held where rest is required.
  sqlite::Database database_;
  const StoreIdentity identity_;
  const std::string path_;
};

class SqliteNewStore final : public NewStore {
 public:
  SqliteNewStore(FileLock lock, sqlite::Database database, std::string path)
      : lock_(std::move(lock)), database_(std::move(database)), path_(std::move(path)) {}
  ~SqliteNewStore() override {
    database_.reset();
    remove_begun(path_);
  }

  static std::string begun(const std::string& path) { return path + ".new"; }
  static void remove_begun(const std::string& path) {
    std::error_code ignored;
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(begun(path) + suffix, ignored);
  }

  Status write(std::uint32_t partition, const PartitionImage& image) override {
    auto transaction = sqlite::Transaction::begin(*database_);
    if (!transaction) return transaction.error();
    const auto epoch = static_cast<std::int64_t>(image.epoch);
    auto seat = database_->prepare("INSERT INTO partitions(partition, epoch) VALUES(?1, ?2)");
    auto row = database_->prepare(
        "INSERT INTO groups(partition, grp, bytes, hash) VALUES(?1, ?2, ?3, ?4)");
    auto offset =
        database_->prepare("INSERT INTO offsets(partition, source, next) VALUES(?1, ?2, ?3)");
    for (const auto* statement : {&seat, &row, &offset}) {
      if (!*statement) return statement->error();
    }
    Status done =
        epoch == 0 ? Status(std::monostate()) : seat->bind(1, partition).bind(2, epoch).run();
    for (const auto& [group, bytes] : image.rows) {
      if (!done) return done;
      row->reset().bind(1, partition).bind_text(2, group).bind_bytes(3, bytes);
      done = row->bind(4, place_hash(partition, group, bytes)).run();
    }
    for (const auto& [source, next] : image.offsets) {
      if (!done) return done;
      done = offset->reset().bind(1, partition).bind_text(2, source).bind(3, next).run();
    }
    return done ? transaction->commit() : done;
  }

  Status finish() override {
    database_.reset();  // Closed: the whole is in the one file.
    if (const Status synced = sync(begun(path_), O_RDONLY); !synced) return synced;
    // A link, unlike a rename, does not overwrite what has come there meanwhile.
    if (::link(begun(path_).c_str(), path_.c_str()) != 0) {
      return Error{errno == EEXIST ? ErrorCode::conflict : ErrorCode::unavailable,
                   fmt::format("cannot put the store at {}: {}", path_,
                               std::generic_category().message(errno))};
    }
    const fs::path folder = fs::absolute(path_).parent_path();
    return sync(folder.string(), O_RDONLY | O_DIRECTORY);
  }

 private:
  static Status sync(const std::string& path, int flags) {
    const int file = ::open(path.c_str(), flags | O_CLOEXEC);
    const bool is_synced = file >= 0 && ::fsync(file) == 0;
    const int why = errno;
    if (file >= 0) ::close(file);
    if (is_synced) return std::monostate();
    return Error{ErrorCode::unavailable,
                 fmt::format("cannot sync {}: {}", path, std::generic_category().message(why))};
  }

  const FileLock lock_;
  std::optional<sqlite::Database> database_;
  const std::string path_;
};

/// Nothing is made where there is nothing: reading leaves no file behind.
Status require_file(const std::string& path) {
  std::error_code ignored;
  if (fs::is_regular_file(path, ignored)) return std::monostate();
  return Error{ErrorCode::not_found, fmt::format("there is no store at {}", path)};
}

}  // namespace

Result<std::unique_ptr<RestingStore>> open_resting_sqlite(const std::string& path, Rest rest) {
  const Status is_there = require_file(path);
  if (!is_there) return is_there.error();
  std::optional<FileLock> lock;
  if (rest == Rest::required) {
    auto taken = FileLock::take(path + ".lock");
    if (!taken) return taken.error();
    lock = std::move(*taken);
  }
  auto database = open_sound(path, sqlite::Access::read);
  if (!database) return database.error();
  auto identity = read_identity(*database);
  if (!identity) return damaged(path, identity.error().message);
  return Result<std::unique_ptr<RestingStore>>(std::make_unique<SqliteRestingStore>(
      std::move(lock), std::move(*database), std::move(*identity), path));
}

Result<std::unique_ptr<NewStore>> make_sqlite_store(const std::string& path,
                                                    const StoreIdentity& identity) {
  auto lock = FileLock::take(path + ".lock");
  if (!lock) return lock.error();
  std::error_code ignored;
  if (fs::exists(path, ignored)) {
    return Error{ErrorCode::conflict,
                 fmt::format("there is something at {} already, and nothing is overwritten: name "
                             "another file, or move that one away",
                             path)};
  }
  SqliteNewStore::remove_begun(path);
  const std::string begun = SqliteNewStore::begun(path);
  auto database = open_sound(begun, sqlite::Access::create);
  if (!database) return database.error();
  const Status written = write_identity(*database, identity);
  if (!written) return written.error();
  return Result<std::unique_ptr<NewStore>>(
      std::make_unique<SqliteNewStore>(std::move(*lock), std::move(*database), path));
}

}  // namespace settle
