#include "daemon/sqlite/database.h"

#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

namespace settle::sqlite {
namespace {

constexpr int busy_milliseconds = 5'000;

ErrorCode code_of(int result) {
  switch (result & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::invalid;
    default:
      return ErrorCode::unavailable;
  }
}

Error error_of(sqlite3* database) {
  return {code_of(sqlite3_errcode(database)), sqlite3_errmsg(database)};
}

}  // namespace

void Statement::Close::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Statement& Statement::reset() {
  sqlite3_reset(statement_.get());
  return *this;
}

// A bind fails only where a parameter does not exist or memory is short; either shows in step().
Statement& Statement::bind(int parameter, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), parameter, value);
  return *this;
}
Statement& Statement::bind_text(int parameter, std::string_view text) {
  const char* begin = text.empty() ? "" : text.data();  // A null pointer would bind NULL.
  sqlite3_bind_text64(statement_.get(), parameter, begin, text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}
Statement& Statement::bind_bytes(int parameter, std::string_view bytes) {
  const char* begin = bytes.empty() ? "" : bytes.data();
  sqlite3_bind_blob64(statement_.get(), parameter, begin, bytes.size(), SQLITE_STATIC);
  return *this;
}
Statement& Statement::bind_null(int parameter) {
  sqlite3_bind_null(statement_.get(), parameter);
  return *this;
}

Result<bool> Statement::step() {
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  const Error error = error_of(sqlite3_db_handle(statement_.get()));
  sqlite3_reset(statement_.get());  // Or the transaction could not be rolled back.
  return error;
}

Status Statement::run() {
  const auto row = step();
  if (!row) return row.error();
  sqlite3_reset(statement_.get());
  return std::monostate();
}

std::int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}
std::string_view Statement::bytes(int column) const {
  const void* begin = sqlite3_column_blob(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  if (begin == nullptr) return {};
  return {static_cast<const char*>(begin), static_cast<std::size_t>(size)};
}
bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

void Database::Close::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

Result<Database> Database::open(const std::string& path, Access access) {
  const int flags =
      access == Access::create ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  sqlite3* opened = nullptr;
  const int result = sqlite3_open_v2(path.c_str(), &opened, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database;
  database.database_.reset(opened);
  if (result != SQLITE_OK) {
    return Error{ErrorCode::unavailable,
                 fmt::format("cannot open {}: {}", path,
                             opened == nullptr ? sqlite3_errstr(result) : sqlite3_errmsg(opened))};
  }
  sqlite3_extended_result_codes(opened, 1);
  sqlite3_busy_timeout(opened, busy_milliseconds);
  // Nothing in the file may run code of its own.
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  const Status ready =
      access == Access::create
          ? database.run(
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
                "PRAGMA wal_autocheckpoint=4000; PRAGMA journal_size_limit=67108864;")
          : database.run("PRAGMA query_only=1;");
  if (!ready) {
    return Error{ready.error().code, fmt::format("cannot use {}: {}", path, ready.error().message)};
  }
  return Result<Database>(std::move(database));
}

Status Database::run(const char* sql) {
  if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return error_of(database_.get());
  }
  return std::monostate();
}

Result<Statement> Database::prepare(const char* sql) {
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v3(database_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &prepared, nullptr) !=
      SQLITE_OK) {
    return error_of(database_.get());
  }
  Statement statement;
  statement.statement_.reset(prepared);
  return Result<Statement>(std::move(statement));
}

Result<std::int64_t> Database::number(const char* sql) {
  auto query = prepare(sql);
  if (!query) return query.error();
  const auto row = query->step();
  if (!row) return row.error();
  if (!*row) return Error{ErrorCode::not_found, "no such row"};
  return query->number(0);
}

std::int64_t Database::last_row() const {
  return sqlite3_last_insert_rowid(database_.get());
}

Result<std::string> Database::quick_check() {
  auto query = prepare("PRAGMA quick_check(1)");
  if (!query) return query.error();
  const auto row = query->step();
  if (!row) return row.error();
  const std::string_view found = query->bytes(0);
  return found == "ok" ? std::string() : std::string(found);
}

Result<Transaction> Transaction::begin(Database& database) {
  const Status begun = database.run("BEGIN IMMEDIATE");
  if (!begun) return begun.error();
  return Result<Transaction>(Transaction(database));
}

Result<Transaction> Transaction::begin_reading(Database& database) {
  const Status begun = database.run("BEGIN");
  if (!begun) return begun.error();
  return Result<Transaction>(Transaction(database));
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  // A failure that ended the transaction by itself makes this one a harmless error.
  if (database_ != nullptr) (void)database_->run("ROLLBACK").has_value();
}

Status Transaction::commit() {
  Status committed = database_->run("COMMIT");
  if (committed) database_ = nullptr;
  return committed;
}

namespace {

/// Zero: nobody has claimed the file yet.
Result<std::int64_t> version_of(Database& database, const std::string& path, const Schema& schema) {
  const auto application = database.number("PRAGMA application_id");
  const auto version = database.number("PRAGMA user_version");
  const auto tables = database.number("SELECT count(*) FROM sqlite_schema");
  for (const auto* found : {&application, &version, &tables}) {
    if (*found) continue;
    return Error{found->error().code,
                 fmt::format("the {} {} cannot be read ({}): restore it from a backup, or move it "
                             "away as evidence and begin a new one",
                             schema.what, path, found->error().message)};
  }
  if (*application == 0 && *version == 0 && *tables == 0) return std::int64_t{0};
  if (*application != schema.application) {
    return Error{ErrorCode::invalid, fmt::format("{} is a SQLite file but not a {} of ours: name "
                                                 "another file",
                                                 path, schema.what)};
  }
  if (*version > schema.version) {
    return Error{ErrorCode::invalid,
                 fmt::format("the {} {} has format {}, newer than this version's {}: use the "
                             "version that wrote it, or a later one",
                             schema.what, path, *version, schema.version)};
  }
  const bool is_one_before = *version + 1 == schema.version && *schema.upgrade != '\0';
  if (*version < schema.version && !is_one_before) {
    return Error{ErrorCode::invalid, fmt::format("the {} {} has format {}, which this version "
                                                 "does not know",
                                                 schema.what, path, *version)};
  }
  return *version;
}

}  // namespace

Result<bool> ensure_schema(Database& database, const std::string& path, const Schema& schema) {
  const auto version = version_of(database, path, schema);
  if (!version) return version.error();
  if (*version == schema.version) return false;
  auto transaction = Transaction::begin(database);
  if (!transaction) return transaction.error();
  const bool is_empty = *version == 0;
  const std::string sql =
      fmt::format("PRAGMA application_id={}; PRAGMA user_version={}; {}", schema.application,
                  schema.version, is_empty ? schema.tables : schema.upgrade);
  const Status made = database.run(sql.c_str());
  if (!made) return made.error();
  const Status committed = transaction->commit();
  if (!committed) return committed.error();
  return is_empty;
}

Status require_schema(Database& database, const std::string& path, const Schema& schema) {
  const auto version = version_of(database, path, schema);
  if (!version) return version.error();
  if (*version != 0) return std::monostate();
  return Error{ErrorCode::not_found,
               fmt::format("{} is an empty file and not a {}", path, schema.what)};
}

}  // namespace settle::sqlite
