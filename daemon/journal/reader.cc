// Readers of a journal: beside its writer, each with a connection of its own.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "daemon/codec/binary.h"
#include "daemon/journal/chain.h"
#include "daemon/journal/journal.h"

namespace settle {
namespace {

std::uint64_t sequence_of(const sqlite::Statement& row) {
  return static_cast<std::uint64_t>(row.number(0));
}

/// The least text that is greater than all that begin with `prefix`. REQUIRES: not empty.
std::string after_all(std::string prefix) {
  prefix += '\x7f';  // Ids are made of less than this.
  return prefix;
}

class SqliteReader final : public JournalReader {
 public:
  SqliteReader(sqlite::Database database, std::string path)
      : database_(std::move(database)), path_(std::move(path)) {}

  Result<std::vector<StoredDecision>> decisions(const DecisionQuery& query) override;
  Result<std::vector<StoredDecision>> decisions_after(std::uint64_t sequence,
                                                      std::size_t most) override;
  Result<std::vector<StoredAction>> actions(const GroupId& group, std::size_t newest_max) override;
  Result<std::vector<StoredDeadLetter>> dead_letters(std::size_t newest_max) override;
  Result<StoredDeadLetter> dead_letter(std::uint64_t sequence) override;
  Result<Revision> revision(const std::string& name) override;
  Result<VerifyReport> verify() override;
  Status replay(const std::function<bool(const ReplayCase&)>& visit) override;
  Status replay_since(Time since, const std::function<bool(const ReplayCase&)>& visit) override;
  Result<ReplayCase> newest(const GroupId& group) override;
  Result<Revision> newest_revision() override;

 private:
  [[nodiscard]] Error failed(const Error& error) const {
    return {error.code, fmt::format("the journal {} cannot be read: {}", path_, error.message)};
  }
  [[nodiscard]] Error failed(std::uint64_t sequence, const Error& error) const {
    return {error.code, fmt::format("entry {} of the journal {} cannot be read: {}", sequence,
                                    path_, error.message)};
  }
  /// Calls `take` with each row until it fails.
  template <typename Take>
  Status each(sqlite::Statement& query, const Take& take) {
    while (true) {
      const auto row = query.step();
      if (!row) return failed(row.error());
      if (!*row) return std::monostate();
      Status taken = take();
      if (!taken) return taken;
    }
  }
  Result<ReplayCase> read_case(const sqlite::Statement& row);
  Result<std::vector<StoredDeadLetter>> letters(const char* which, std::int64_t bound);

  sqlite::Database database_;
  const std::string path_;
};

Result<std::vector<StoredDecision>> SqliteReader::decisions(const DecisionQuery& query) {
  std::string sql =
      "SELECT e.seq, e.id, b.bytes FROM entries e JOIN bodies b ON b.seq = e.seq WHERE e.kind = 1";
  if (query.group) sql += " AND e.grp = ?1";
  if (query.after) sql += " AND e.seq > ?2";
  if (query.since) sql += " AND e.at >= ?3";
  if (query.id) sql += " AND e.id >= ?4 AND e.id <= ?5";
  sql += " ORDER BY e.seq DESC LIMIT ?6";
  auto rows = database_.prepare(sql.c_str());
  if (!rows) return failed(rows.error());
  const std::string last_id = query.id ? after_all(*query.id) : std::string();
  if (query.group) rows->bind_text(1, query.group->value);
  if (query.after) rows->bind(2, static_cast<std::int64_t>(*query.after));
  if (query.since) rows->bind(3, query.since->time_since_epoch().count());
  if (query.id) rows->bind_text(4, *query.id).bind_text(5, last_id);
  rows->bind(6, static_cast<std::int64_t>(query.newest_max));
  std::vector<StoredDecision> found;
  const Status read = each(*rows, [&]() -> Status {
    auto record = decode_record(rows->bytes(2));
    if (!record) return failed(sequence_of(*rows), record.error());
    found.push_back({sequence_of(*rows), std::string(rows->bytes(1)), std::move(*record)});
    return std::monostate();
  });
  if (!read) return read.error();
  std::reverse(found.begin(), found.end());
  if (query.id && found.size() > 1 && found.front().id != found.back().id) {
    return Error{ErrorCode::conflict,
                 fmt::format("{} is the beginning of several decisions' ids, {} and {} among them",
                             *query.id, found.front().id, found.back().id)};
  }
  return found;
}

Result<std::vector<StoredDecision>> SqliteReader::decisions_after(std::uint64_t sequence,
                                                                  std::size_t most) {
  auto rows = database_.prepare(
      "SELECT e.seq, e.id, b.bytes FROM entries e JOIN bodies b ON b.seq = e.seq "
      "WHERE e.kind = 1 AND e.seq > ?1 ORDER BY e.seq LIMIT ?2");
  if (!rows) return failed(rows.error());
  rows->bind(1, static_cast<std::int64_t>(sequence)).bind(2, static_cast<std::int64_t>(most));
  std::vector<StoredDecision> found;
  const Status read = each(*rows, [&]() -> Status {
    auto record = decode_record(rows->bytes(2));
    if (!record) return failed(sequence_of(*rows), record.error());
    found.push_back({sequence_of(*rows), std::string(rows->bytes(1)), std::move(*record)});
    return std::monostate();
  });
  if (!read) return read.error();
  return found;
}

Result<std::vector<StoredAction>> SqliteReader::actions(const GroupId& group,
                                                        std::size_t newest_max) {
  auto rows = database_.prepare(
      "SELECT e.seq, b.bytes FROM entries e JOIN bodies b ON b.seq = e.seq "
      "WHERE e.kind = 2 AND e.grp = ?1 ORDER BY e.seq DESC LIMIT ?2");
  if (!rows) return failed(rows.error());
  rows->bind_text(1, group.value).bind(2, static_cast<std::int64_t>(newest_max));
  std::vector<StoredAction> found;
  const Status read = each(*rows, [&]() -> Status {
    auto action = decode_action(rows->bytes(1));
    if (!action) return failed(sequence_of(*rows), action.error());
    found.push_back({sequence_of(*rows), std::move(*action)});
    return std::monostate();
  });
  if (!read) return read.error();
  std::reverse(found.begin(), found.end());
  return found;
}

// What became of a letter is an entry of its own that names it where others name their group.
Result<std::vector<StoredDeadLetter>> SqliteReader::letters(const char* which, std::int64_t bound) {
  const std::string sql = fmt::format(
      "WITH settled AS MATERIALIZED (SELECT CAST(grp AS INTEGER) AS letter, id FROM entries"
      " WHERE kind = 3 AND grp <> '') SELECT e.seq, e.at, e.id, b.bytes, (SELECT s.id FROM settled "
      "s WHERE s.letter ="
      " e.seq LIMIT 1) FROM entries e JOIN bodies b ON b.seq = e.seq WHERE e.kind = 3 AND e.grp = "
      "'' {}",
      which);
  auto rows = database_.prepare(sql.c_str());
  if (!rows) return failed(rows.error());
  rows->bind(1, bound);
  std::vector<StoredDeadLetter> found;
  const Status read = each(*rows, [&]() -> Status {
    StoredDeadLetter letter;
    letter.sequence = sequence_of(*rows);
    letter.at = Time(Duration(rows->number(1)));
    letter.reason = rows->bytes(2);
    letter.event = rows->bytes(3);
    letter.settled = rows->bytes(4);
    found.push_back(std::move(letter));
    return std::monostate();
  });
  if (!read) return read.error();
  return found;
}

Result<std::vector<StoredDeadLetter>> SqliteReader::dead_letters(std::size_t newest_max) {
  auto found = letters("ORDER BY e.seq DESC LIMIT ?1", static_cast<std::int64_t>(newest_max));
  if (found) std::reverse(found->begin(), found->end());
  return found;
}

Result<StoredDeadLetter> SqliteReader::dead_letter(std::uint64_t sequence) {
  auto found = letters("AND e.seq = ?1", static_cast<std::int64_t>(sequence));
  if (!found) return found.error();
  if (found->empty()) {
    return Error{ErrorCode::not_found, fmt::format("there is no dead letter {}", sequence)};
  }
  return std::move(found->front());
}

Result<Revision> SqliteReader::revision(const std::string& name) {
  auto rows = database_.prepare(
      "SELECT b.bytes FROM entries e JOIN bodies b ON b.seq = e.seq "
      "WHERE e.kind = 4 AND e.id = ?1 ORDER BY e.seq DESC LIMIT 1");
  if (!rows) return failed(rows.error());
  const auto row = rows->bind_text(1, name).step();
  if (!row) return failed(row.error());
  if (!*row) {
    return Error{ErrorCode::not_found,
                 fmt::format("the journal {} has no revision {}", path_, name)};
  }
  return Revision{name, std::string(rows->bytes(0))};
}

Result<VerifyReport> SqliteReader::verify() {
  const auto reading = sqlite::Transaction::begin_reading(database_);
  if (!reading) return failed(reading.error());
  VerifyReport report;
  const auto anchor = journal::read_mark(database_, "anchor");
  const auto head = journal::read_mark(database_, "head");
  if (!anchor || !head) {
    report.damage = (anchor ? head : anchor).error().message;
    return report;
  }
  const auto walked = journal::walk(database_, *anchor);
  if (!walked) {
    report.damage = walked.error().message;
    return report;
  }
  report.entries = walked->entries;
  report.head = journal::hex(walked->last.link);
  if (!walked->damage.empty()) {
    report.damage = walked->damage;
  } else if (walked->last.sequence != head->sequence || walked->last.link != head->link) {
    report.damage = fmt::format("entry {} is missing: the journal ends with entry {}",
                                walked->last.sequence + 1, walked->last.sequence);
  }
  return report;
}

Result<ReplayCase> SqliteReader::read_case(const sqlite::Statement& row) {
  ReplayCase found;
  found.stored.sequence = sequence_of(row);
  found.stored.id = row.bytes(1);
  found.record_bytes = row.bytes(2);
  auto record = decode_record(found.record_bytes);
  if (!record) return failed(found.stored.sequence, record.error());
  found.stored.record = std::move(*record);
  auto before = decode_state(row.bytes(3));
  if (!before) return failed(found.stored.sequence, before.error());
  found.before = std::move(*before);
  auto seen = decode_observation(row.bytes(5));
  if (!seen) return failed(found.stored.sequence, seen.error());
  found.seen = std::move(*seen);
  found.seen.at = Time(Duration(row.number(4)));
  auto context = decode_context(row.bytes(6));
  if (!context) return failed(found.stored.sequence, context.error());
  found.context = std::move(*context);
  return found;
}

// LEFT JOIN: a decision that has lost an input is an error, and is not passed over.
constexpr const char* select_cases =
    "SELECT e.seq, e.id, b.bytes, b.before, e.seen_at, s.bytes, c.bytes FROM entries e "
    "LEFT JOIN bodies b ON b.seq = e.seq LEFT JOIN blobs s ON s.number = e.seen "
    "LEFT JOIN blobs c ON c.number = e.context WHERE e.kind = 1 ";

Status SqliteReader::replay(const std::function<bool(const ReplayCase&)>& visit) {
  return replay_since(Time::min(), visit);
}

Status SqliteReader::replay_since(Time since, const std::function<bool(const ReplayCase&)>& visit) {
  auto rows =
      database_.prepare((select_cases + std::string("AND e.at >= ?1 ORDER BY e.seq")).c_str());
  if (!rows) return failed(rows.error());
  rows->bind(1, since.time_since_epoch().count());
  while (true) {
    const auto row = rows->step();
    if (!row) return failed(row.error());
    if (!*row) return std::monostate();
    const auto found = read_case(*rows);
    if (!found) return found.error();
    if (!visit(*found)) return std::monostate();
  }
}

Result<ReplayCase> SqliteReader::newest(const GroupId& group) {
  auto rows = database_.prepare(
      (select_cases + std::string("AND e.grp = ?1 ORDER BY e.seq DESC LIMIT 1")).c_str());
  if (!rows) return failed(rows.error());
  const auto row = rows->bind_text(1, group.value).step();
  if (!row) return failed(row.error());
  if (!*row) {
    return Error{ErrorCode::not_found,
                 fmt::format("the journal {} holds no decision of \"{}\"", path_, group.value)};
  }
  return read_case(*rows);
}

Result<Revision> SqliteReader::newest_revision() {
  DecisionQuery last;
  last.newest_max = 1;
  const auto decided = decisions(last);
  if (!decided) return decided.error();
  if (!decided->empty()) return revision(decided->back().record.revision);
  auto rows = database_.prepare(
      "SELECT e.id, b.bytes FROM entries e JOIN bodies b ON b.seq = e.seq "
      "WHERE e.kind = 4 ORDER BY e.seq DESC LIMIT 1");
  if (!rows) return failed(rows.error());
  const auto row = rows->step();
  if (!row) return failed(row.error());
  if (*row) return Revision{std::string(rows->bytes(0)), std::string(rows->bytes(1))};
  return Error{ErrorCode::not_found, fmt::format("the journal {} holds no configuration", path_)};
}

}  // namespace

Result<std::unique_ptr<JournalReader>> read_journal(const std::string& path) {
  auto database = sqlite::Database::open(path, sqlite::Access::read);
  if (!database) return database.error();
  const Status known = sqlite::require_schema(*database, path, journal::schema);
  if (!known) return known.error();
  return Result<std::unique_ptr<JournalReader>>(
      std::make_unique<SqliteReader>(std::move(*database), path));
}

}  // namespace settle
