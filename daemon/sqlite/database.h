// SQLite as both files of ours use it: one connection, statements that are prepared once, and
// every refusal as an Error in words. What the tables mean is not known here.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace settle::sqlite {

/// A prepared statement. Use: reset(), bind() each parameter, step() until false.
/// REQUIRES: the Database that made it outlives it.
class Statement {
 public:
  Statement() = default;

  /// Ready for another run; parameters keep their values.
  Statement& reset();
  /// Parameters count from one. Text and bytes must live until the last step().
  Statement& bind(int parameter, std::int64_t value);
  Statement& bind_text(int parameter, std::string_view text);
  Statement& bind_bytes(int parameter, std::string_view bytes);
  Statement& bind_null(int parameter);

  /// True: there is a row. False: there is none (any more), or the statement is done.
  [[nodiscard]] Result<bool> step();
  /// For a statement without rows.
  [[nodiscard]] Status run();

  /// Columns count from zero. Views live until the next step() or reset().
  [[nodiscard]] std::int64_t number(int column) const;
  [[nodiscard]] std::string_view bytes(int column) const;
  [[nodiscard]] bool is_null(int column) const;

 private:
  friend class Database;
  struct Close {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::unique_ptr<sqlite3_stmt, Close> statement_;
};

enum class Access : std::uint8_t { create, read };

class Database {
 public:
  /// `create` opens or makes a file in WAL mode, where a commit returns once it is on the disk
  /// (synchronous=FULL). `read` opens one that exists, beside whoever writes it.
  [[nodiscard]] static Result<Database> open(const std::string& path, Access access);

  /// One or more statements without parameters or rows.
  [[nodiscard]] Status run(const char* sql);
  [[nodiscard]] Result<Statement> prepare(const char* sql);
  /// The number that a query of one row and column gives.
  [[nodiscard]] Result<std::int64_t> number(const char* sql);
  [[nodiscard]] std::int64_t last_row() const;
  /// What PRAGMA quick_check finds first; empty if the file is sound.
  [[nodiscard]] Result<std::string> quick_check();

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  std::unique_ptr<sqlite3, Close> database_;
};

/// BEGIN IMMEDIATE, and ROLLBACK at the end of the scope unless commit() said yes.
class Transaction {
 public:
  [[nodiscard]] static Result<Transaction> begin(Database& database);
  /// Only for reading: everything is seen as it was at one moment.
  [[nodiscard]] static Result<Transaction> begin_reading(Database& database);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  [[nodiscard]] Status commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;  // Null once it is over.
};

/// Whose file this is: SQLite's application_id and user_version.
struct Schema {
  std::int32_t application = 0;  // Four letters.
  std::int32_t version = 0;
  const char* what = "";     // "store", "journal".
  const char* tables = "";   // CREATE statements of that version.
  const char* upgrade = "";  // Makes the version before into this one; empty: it cannot be read.
};

/// Makes the tables in an empty file, and this version's of those of the version before; refuses a
/// file of another application or a newer version, in one sentence that says what to do. True: it
/// was empty.
[[nodiscard]] Result<bool> ensure_schema(Database& database, const std::string& path,
                                         const Schema& schema);
/// The same without making anything: an empty file is refused, and one of the version before is
/// left as it is.
[[nodiscard]] Status require_schema(Database& database, const std::string& path,
                                    const Schema& schema);

}  // namespace settle::sqlite
