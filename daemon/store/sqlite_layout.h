// How a store lies in a SQLite file, for both who open one: the daemon's store, and the store at
// rest. Private to the room.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/sqlite/database.h"
#include "daemon/store/store.h"

namespace settle::sqlite_layout {

inline constexpr sqlite::Schema schema{
    .application = 0x53746c53,  // "StlS"
    .version = 2,
    .what = "store",
    .tables =
        "CREATE TABLE meta(key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;"
        "CREATE TABLE partitions(partition INTEGER PRIMARY KEY, epoch INTEGER NOT NULL) STRICT;"
        "CREATE TABLE groups(partition INTEGER NOT NULL, grp TEXT NOT NULL, bytes BLOB NOT NULL,"
        " hash INTEGER NOT NULL, PRIMARY KEY(partition, grp)) STRICT, WITHOUT ROWID;"
        "CREATE TABLE offsets(partition INTEGER NOT NULL, source TEXT NOT NULL,"
        " next INTEGER NOT NULL, PRIMARY KEY(partition, source)) STRICT, WITHOUT ROWID;",
    .upgrade =
        "CREATE TABLE offsets(partition INTEGER NOT NULL, source TEXT NOT NULL,"
        " next INTEGER NOT NULL, PRIMARY KEY(partition, source)) STRICT, WITHOUT ROWID;"};

inline constexpr const char* what_to_do =
    "restore it from a backup, or move it away: a new store begins from what the clouds show";

/// Of a group's record, over its place as well as its bytes.
[[nodiscard]] std::int64_t place_hash(std::uint32_t partition, std::string_view group,
                                      std::string_view bytes);

[[nodiscard]] Status write_identity(sqlite::Database& database, const StoreIdentity& identity);
[[nodiscard]] Result<StoreIdentity> read_identity(sqlite::Database& database);

[[nodiscard]] Error damaged(const std::string& path, std::string_view why);
/// Opens the file and sees that SQLite finds it sound.
[[nodiscard]] Result<sqlite::Database> open_sound(const std::string& path, sqlite::Access access);

}  // namespace settle::sqlite_layout
