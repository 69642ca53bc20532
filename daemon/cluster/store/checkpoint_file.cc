#include "daemon/cluster/store/checkpoint_file.h"

#include <filesystem>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace settle::cluster {
namespace {

// A body is known by (sequence, hash): a base bears the number of the change before it.
constexpr sqlite::Schema schema{
    .application = 0x53746c43,  // "StlC"
    .version = 1,
    .what = "cache of checkpoints",
    .tables =
        "CREATE TABLE seats(partition INTEGER PRIMARY KEY, made_by INTEGER NOT NULL,"
        " made_ms INTEGER NOT NULL, epoch INTEGER NOT NULL, sequence INTEGER NOT NULL,"
        " heard_ms INTEGER NOT NULL, hash INTEGER NOT NULL) STRICT;"
        "CREATE TABLE bodies(partition INTEGER NOT NULL, sequence INTEGER NOT NULL,"
        " hash INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY(partition, sequence, hash))"
        " STRICT;"};

/// A seat is believed about what is older than it: its row has to be as it was written.
std::int64_t hash_of(std::uint32_t partition, const CheckpointMark& mark) {
  const std::uint64_t fields[] = {partition, static_cast<std::uint64_t>(mark.tree.made_by),
                                  static_cast<std::uint64_t>(mark.tree.made_ms), mark.epoch,
                                  mark.sequence};
  return static_cast<std::int64_t>(XXH3_64bits(fields, sizeof(fields)));
}

}  // namespace

Result<std::unique_ptr<CheckpointFile>> CheckpointFile::open(const std::string& path) {
  auto database = sqlite::Database::open(path, sqlite::Access::create);
  if (!database) return database.error();
  const auto made = sqlite::ensure_schema(*database, path, schema);
  if (!made) return made.error();
  std::unique_ptr<CheckpointFile> file(new CheckpointFile(std::move(*database)));
  const Status prepared = file->prepare();
  if (!prepared) return prepared.error();
  return file;
}

void CheckpointFile::remove(const std::string& path) {
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix, ignored);
}

Status CheckpointFile::prepare() {
  const std::pair<sqlite::Statement*, const char*> statements[] = {
      {&seat_, "SELECT made_by, made_ms, epoch, sequence, hash FROM seats WHERE partition = ?1"},
      {&sit_,
       "INSERT INTO seats(partition, made_by, made_ms, epoch, sequence, heard_ms, hash) "
       "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(partition) DO UPDATE SET made_by = ?2, "
       "made_ms = ?3, epoch = ?4, sequence = ?5, heard_ms = ?6, hash = ?7"},
      {&bodies_, "SELECT sequence, hash, bytes FROM bodies WHERE partition = ?1 ORDER BY sequence"},
      {&add_,
       "INSERT INTO bodies(partition, sequence, hash, bytes) VALUES(?1, ?2, ?3, ?4) "
       "ON CONFLICT DO NOTHING"},
      // What came before the base, was its last change, or is of a history that is no more.
      {&prune_,
       "DELETE FROM bodies WHERE partition = ?1 AND (sequence < ?2 OR sequence > ?4 OR "
       "(sequence = ?2 AND hash <> ?3))"},
      {&leave_seat_, "DELETE FROM seats WHERE partition = ?1"},
      {&clear_bodies_, "DELETE FROM bodies WHERE partition = ?1"},
      {&oldest_, "SELECT partition, heard_ms FROM seats ORDER BY heard_ms LIMIT 1"},
      {&total_, "SELECT coalesce(sum(length(bytes)), 0) FROM bodies"}};
  for (const auto& [statement, sql] : statements) {
    auto prepared = database_.prepare(sql);
    if (!prepared) return prepared.error();
    *statement = std::move(*prepared);
  }
  return database_.run("PRAGMA synchronous=OFF");
}

Result<std::optional<CheckpointMark>> CheckpointFile::newest(std::uint32_t partition) {
  const auto row = seat_.reset().bind(1, partition).step();
  if (!row) return row.error();
  if (!*row) return std::optional<CheckpointMark>();
  const CheckpointMark mark{{seat_.number(0), seat_.number(1)},
                            static_cast<std::uint64_t>(seat_.number(2)),
                            static_cast<std::uint64_t>(seat_.number(3))};
  const bool is_sound = seat_.number(4) == hash_of(partition, mark);
  seat_.reset();
  return is_sound ? std::optional(mark) : std::nullopt;
}

Result<Recollection> CheckpointFile::recall(std::uint32_t partition) {
  auto mark = newest(partition);
  if (!mark) return mark.error();
  Recollection found{std::move(*mark), {}};
  bodies_.reset().bind(1, partition);
  while (true) {
    const auto row = bodies_.step();
    if (!row) return row.error();
    if (!*row) break;
    std::string bytes(bodies_.bytes(2));
    const BodyPlace place = place_of(static_cast<std::uint64_t>(bodies_.number(0)), bytes);
    const bool is_sound = place.hash == static_cast<std::uint64_t>(bodies_.number(1));
    if (is_sound) found.bodies.emplace_back(place, std::move(bytes));
  }
  bodies_.reset();
  return found;
}

Result<std::uint64_t> CheckpointFile::keep(const std::vector<CheckpointNews>& news,
                                           std::int64_t now_ms) {
  auto transaction = sqlite::Transaction::begin(database_);
  if (!transaction) return transaction.error();
  std::uint64_t written = 0;
  for (const CheckpointNews& one : news) {
    const auto kept = keep_one(one, now_ms);
    if (!kept) return kept;
    written += *kept;
  }
  const Status committed = transaction->commit();
  if (!committed) return committed.error();
  return written;
}

Result<std::uint64_t> CheckpointFile::keep_one(const CheckpointNews& news, std::int64_t now_ms) {
  const std::uint32_t partition = news.partition;
  std::uint64_t written = 0;
  for (const auto& [place, bytes] : news.bodies) {
    add_.reset().bind(1, partition).bind(2, static_cast<std::int64_t>(place.sequence));
    add_.bind(3, static_cast<std::int64_t>(place.hash)).bind_bytes(4, bytes);
    const Status added = add_.run();
    if (!added) return added.error();
    written += bytes.size();
  }
  const BodyPlace base = news.manifest.current.base.value_or(BodyPlace{});
  const auto newest = static_cast<std::int64_t>(news.manifest.sequence);
  prune_.reset().bind(1, partition).bind(2, static_cast<std::int64_t>(base.sequence));
  const Status pruned = prune_.bind(3, static_cast<std::int64_t>(base.hash)).bind(4, newest).run();
  if (!pruned) return pruned.error();
  const CheckpointMark mark{news.tree, news.manifest.epoch, news.manifest.sequence};
  sit_.reset().bind(1, partition).bind(2, mark.tree.made_by).bind(3, mark.tree.made_ms);
  sit_.bind(4, static_cast<std::int64_t>(mark.epoch)).bind(5, newest).bind(6, now_ms);
  const Status sat = sit_.bind(7, hash_of(partition, mark)).run();
  if (!sat) return sat.error();
  return written;
}

Status CheckpointFile::forget(std::uint32_t partition) {
  const Status left = leave_seat_.reset().bind(1, partition).run();
  if (!left) return left;
  return clear_bodies_.reset().bind(1, partition).run();
}

Status CheckpointFile::shrink(std::int64_t before_ms, std::int64_t bytes_max) {
  while (true) {
    const auto oldest = oldest_.reset().step();
    if (!oldest) return oldest.error();
    if (!*oldest) return std::monostate();
    const auto partition = static_cast<std::uint32_t>(oldest_.number(0));
    const bool is_old = oldest_.number(1) < before_ms;
    oldest_.reset();
    const auto summed = total_.reset().step();
    if (!summed) return summed.error();
    const bool is_large = total_.number(0) > bytes_max;
    total_.reset();
    if (!is_old && !is_large) return std::monostate();
    const Status forgotten = forget(partition);
    if (!forgotten) return forgotten;
  }
}

}  // namespace settle::cluster
