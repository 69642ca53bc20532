#include "daemon/store/sqlite_layout.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

namespace settle::sqlite_layout {

std::int64_t place_hash(std::uint32_t partition, std::string_view group, std::string_view bytes) {
  const auto place = XXH3_64bits_withSeed(group.data(), group.size(), partition);
  return static_cast<std::int64_t>(XXH3_64bits_withSeed(bytes.data(), bytes.size(), place));
}

Status write_identity(sqlite::Database& database, const StoreIdentity& identity) {
  auto insert = database.prepare(
      "INSERT INTO meta(key, value) VALUES('cluster', ?1), "
      "('partitions', ?2)");
  if (!insert) return insert.error();
  return insert->bind_text(1, identity.cluster).bind(2, identity.partitions).run();
}

Result<StoreIdentity> read_identity(sqlite::Database& database) {
  auto query = database.prepare(
      "SELECT (SELECT value FROM meta WHERE key = 'cluster'), "
      "(SELECT value FROM meta WHERE key = 'partitions')");
  if (!query) return query.error();
  const auto row = query->step();
  if (!row) return row.error();
  if (query->is_null(0) || query->is_null(1)) {
    return Error{ErrorCode::invalid, "it does not say whose it is"};
  }
  return StoreIdentity{std::string(query->bytes(0)), static_cast<std::uint32_t>(query->number(1))};
}

Error damaged(const std::string& path, std::string_view why) {
  return {ErrorCode::invalid,
          fmt::format("the store {} is damaged ({}): {}", path, why, what_to_do)};
}

namespace {
Status make_known(sqlite::Database& database, const std::string& path) {
  const auto is_new = sqlite::ensure_schema(database, path, schema);
  if (!is_new) return is_new.error();
  return std::monostate();
}
}  // namespace

Result<sqlite::Database> open_sound(const std::string& path, sqlite::Access access) {
  auto database = sqlite::Database::open(path, access);
  if (!database) {
    if (database.error().code != ErrorCode::invalid) return database.error();
    return damaged(path, database.error().message);
  }
  const Status known = access == sqlite::Access::create
                           ? make_known(*database, path)
                           : sqlite::require_schema(*database, path, schema);
  if (!known) return known.error();
  const auto found = database->quick_check();
  if (!found) return damaged(path, found.error().message);
  if (!found->empty()) return damaged(path, *found);
  return database;
}

}  // namespace settle::sqlite_layout
