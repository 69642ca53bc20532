// The one writer of a journal: many entries in one transaction, each linked to the one before it.
#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/file_lock.h"
#include "daemon/codec/binary.h"
#include "daemon/journal/chain.h"
#include "daemon/journal/journal.h"

namespace settle {
namespace {

using journal::Chain;
using journal::Digest;
using journal::Entry;
using journal::EntryKind;
using journal::Mark;

constexpr std::size_t blobs_remembered_max = 50'000;
constexpr std::size_t dead_letter_max = 4 * 1'024;
constexpr std::uint64_t checked_at_open = 1'000;
constexpr std::int64_t forgotten_at_once_max = 100'000;

constexpr const char* what_to_do =
    "keep it as evidence, name another file, and a new journal begins there";

/// A stored blob, and what it is called in links.
struct Blob {
  std::int64_t number = 0;
  Digest digest{};
};

struct ByFirstBytes {  // A digest is as good a hash as any.
  std::size_t operator()(const Digest& digest) const {
    std::size_t hash = 0;
    for (std::size_t i = 0; i < sizeof hash; ++i) {
      hash = (hash << 8U) | static_cast<unsigned char>(digest[i]);
    }
    return hash;
  }
};

class SqliteJournal final : public JournalWriter {
 public:
  SqliteJournal(FileLock lock, sqlite::Database database, std::string path)
      : lock_(std::move(lock)), database_(std::move(database)), path_(std::move(path)) {}

  /// Leaves everything in the one file, whoever else has it open: people copy journals.
  ~SqliteJournal() override { (void)database_.run("PRAGMA wal_checkpoint(TRUNCATE)"); }
  SqliteJournal(const SqliteJournal&) = delete;
  SqliteJournal& operator=(const SqliteJournal&) = delete;

  /// Prepares the statements, and reads where the chain ends.
  Status begin();

  Status append(const std::vector<Journal>& batches,
                const std::vector<StoredDeadLetter>& dead_letters) override {
    const bool is_empty =
        dead_letters.empty() && std::all_of(batches.begin(), batches.end(), [](const Journal& b) {
          return b.decisions.empty() && b.actions.empty();
        });
    if (is_empty) return std::monostate();
    return write("append", [&] { return append_all(batches, dead_letters); });
  }

  Status remember(const Revision& revision) override {
    const auto known = find_revision_.reset().bind_text(1, revision.name).step();
    find_revision_.reset();
    if (!known) return failed("remember a revision", known.error());
    if (*known) return std::monostate();
    return write("remember a revision", [&] { return append_revision(revision); });
  }

  Status forget_before(Time time) override {
    return write("forget", [&]() -> Status {
      const auto first_kept = first_to_keep(time);
      if (!first_kept) return first_kept.error();
      if (*first_kept == 0) return std::monostate();
      const Status kept = keep_revisions(*first_kept);
      if (!kept) return kept;
      return drop_before(*first_kept);
    });
  }

 private:
  template <typename Work>
  Status write(std::string_view what, const Work& work) {
    const Mark head = head_;
    auto transaction = sqlite::Transaction::begin(database_);
    if (!transaction) return failed(what, transaction.error());
    Status done = work();
    if (done) done = write_mark("head", head_);
    if (done) done = transaction->commit();
    if (done) return done;
    head_ = head;
    blobs_.clear();  // Some of them were rolled back.
    return failed(what, done.error());
  }

  [[nodiscard]] Error failed(std::string_view what, const Error& error) const {
    return {error.code, fmt::format("the journal {} cannot {}: {}", path_, what, error.message)};
  }

  Status append_all(const std::vector<Journal>& batches,
                    const std::vector<StoredDeadLetter>& dead_letters);
  Status append_decision(const JournalEntry& decision);
  Status append_action(const ActionEntry& action);
  Status append_dead_letter(const StoredDeadLetter& letter);
  Status append_revision(const Revision& revision);
  Status add(Entry entry);
  Result<Blob> blob(std::string_view bytes);
  Status write_mark(std::string_view name, const Mark& mark) {
    return mark_.reset()
        .bind_text(1, name)
        .bind(2, static_cast<std::int64_t>(mark.sequence))
        .bind_bytes(3, journal::view(mark.link))
        .run();
  }

  /// The first entry of `time` or later, or the end; zero where there is nothing to drop.
  Result<std::int64_t> first_to_keep(Time time);
  /// Appends again those revisions that entries from `first_kept` on name, if they are older.
  Status keep_revisions(std::int64_t first_kept);
  Status drop_before(std::int64_t first_kept);

  FileLock lock_;
  sqlite::Database database_;
  const std::string path_;
  Chain chain_;
  Mark head_;
  std::unordered_map<Digest, std::int64_t, ByFirstBytes> blobs_;  // Those stored of late.
  sqlite::Statement entry_;
  sqlite::Statement body_;
  sqlite::Statement blob_;
  sqlite::Statement mark_;
  sqlite::Statement find_revision_;
};

Status SqliteJournal::begin() {
  const std::pair<sqlite::Statement*, const char*> statements[] = {
      {&entry_,
       "INSERT INTO entries(seq, kind, at, grp, id, seen_at, seen, context, link) "
       "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"},
      {&body_, "INSERT INTO bodies(seq, bytes, before) VALUES(?1, ?2, ?3)"},
      {&blob_, "INSERT INTO blobs(bytes) VALUES(?1)"},
      {&mark_,
       "INSERT INTO marks(name, seq, link) VALUES(?1, ?2, ?3) "
       "ON CONFLICT(name) DO UPDATE SET seq = ?2, link = ?3"},
      {&find_revision_, "SELECT seq FROM entries WHERE kind = 4 AND id = ?1 LIMIT 1"}};
  for (const auto& [statement, sql] : statements) {
    auto prepared = database_.prepare(sql);
    if (!prepared) return failed("be opened", prepared.error());
    *statement = std::move(*prepared);
  }
  const auto head = journal::read_mark(database_, "head");
  if (!head) return failed("be opened", head.error());
  head_ = *head;
  return std::monostate();
}

Status SqliteJournal::append_all(const std::vector<Journal>& batches,
                                 const std::vector<StoredDeadLetter>& dead_letters) {
  for (const Journal& batch : batches) {
    for (const JournalEntry& decision : batch.decisions) {
      const Status added = append_decision(decision);
      if (!added) return added;
    }
    for (const ActionEntry& action : batch.actions) {
      const Status added = append_action(action);
      if (!added) return added;
    }
  }
  for (const StoredDeadLetter& letter : dead_letters) {
    const Status added = append_dead_letter(letter);
    if (!added) return added;
  }
  return std::monostate();
}

Status SqliteJournal::append_decision(const JournalEntry& decision) {
  const Observation nothing_seen;
  const Observation& observation = decision.seen ? *decision.seen : nothing_seen;
  const auto seen = blob(encode_timeless(observation));
  if (!seen) return seen.error();
  const auto context = blob(encode(decision.context));
  if (!context) return context.error();
  const std::string bytes = encode(decision.record);
  const std::string before = encode(decision.before ? *decision.before : GroupState());
  const std::string id = decision_id_of(bytes);
  Entry entry;
  entry.kind = EntryKind::decision;
  entry.at = decision.record.at.time_since_epoch().count();
  entry.group = decision.record.group.value;
  entry.id = id;
  entry.bytes = bytes;
  entry.before = before;
  entry.seen_at = observation.at.time_since_epoch().count();
  entry.seen = seen->number;
  entry.seen_digest = seen->digest;
  entry.context = context->number;
  entry.context_digest = context->digest;
  return add(entry);
}

Status SqliteJournal::append_action(const ActionEntry& action) {
  const std::string bytes = encode(action);
  Entry entry;
  entry.kind = EntryKind::action;
  entry.at = action.at.time_since_epoch().count();
  entry.group = action.group.value;
  entry.id = action.token;
  entry.bytes = bytes;
  return add(entry);
}

Status SqliteJournal::append_dead_letter(const StoredDeadLetter& letter) {
  Entry entry;
  entry.kind = EntryKind::dead_letter;
  entry.at = letter.at.time_since_epoch().count();
  entry.id = letter.reason;
  if (letter.settles != 0) entry.group = std::to_string(letter.settles);
  entry.bytes = std::string_view(letter.event).substr(0, dead_letter_max);
  return add(entry);
}

Status SqliteJournal::append_revision(const Revision& revision) {
  Entry entry;
  entry.kind = EntryKind::revision;
  entry.id = revision.name;
  entry.bytes = revision.text;
  return add(entry);
}

Status SqliteJournal::add(Entry entry) {
  entry.sequence = head_.sequence + 1;
  const Digest link = chain_.link(head_.link, entry);
  const auto sequence = static_cast<std::int64_t>(entry.sequence);
  entry_.reset().bind(1, sequence).bind(2, static_cast<std::int64_t>(entry.kind));
  entry_.bind(3, entry.at).bind_text(4, entry.group).bind_text(5, entry.id);
  entry_.bind(6, entry.seen_at).bind(7, entry.seen).bind(8, entry.context);
  const Status indexed = entry_.bind_bytes(9, journal::view(link)).run();
  if (!indexed) return indexed;
  body_.reset().bind(1, sequence).bind_bytes(2, entry.bytes).bind_bytes(3, entry.before);
  const Status stored = body_.run();
  if (!stored) return stored;
  head_ = {entry.sequence, link};
  return std::monostate();
}

Result<Blob> SqliteJournal::blob(std::string_view bytes) {
  const Digest digest = chain_.digest(bytes);
  const auto known = blobs_.find(digest);
  if (known != blobs_.end()) return Blob{known->second, digest};
  const Status stored = blob_.reset().bind_bytes(1, bytes).run();
  if (!stored) return stored.error();
  if (blobs_.size() >= blobs_remembered_max) blobs_.clear();  // One more copy does no harm.
  blobs_.emplace(digest, database_.last_row());
  return Blob{database_.last_row(), digest};
}

Result<std::int64_t> SqliteJournal::first_to_keep(Time time) {
  auto first = database_.prepare("SELECT min(seq) FROM entries");
  if (!first) return first.error();
  const auto any = first->step();
  if (!any) return any.error();
  if (first->is_null(0)) return std::int64_t{0};
  auto query =
      database_.prepare("SELECT seq FROM entries WHERE seq < ?2 AND at >= ?1 ORDER BY seq LIMIT 1");
  if (!query) return query.error();
  const auto end = static_cast<std::int64_t>(head_.sequence) + 1;
  const std::int64_t furthest = std::min(end, first->number(0) + forgotten_at_once_max);
  const auto row = query->bind(1, time.time_since_epoch().count()).bind(2, furthest).step();
  if (!row) return row.error();
  const std::int64_t kept = *row ? query->number(0) : furthest;
  // Revisions that outlive their place are appended again: alone they are no reason to begin.
  auto others =
      database_.prepare("SELECT EXISTS(SELECT 1 FROM entries WHERE seq < ?1 AND kind <> 4)");
  if (!others) return others.error();
  const auto found = others->bind(1, kept).step();
  if (!found) return found.error();
  return others->number(0) == 0 ? 0 : kept;
}

Status SqliteJournal::keep_revisions(std::int64_t first_kept) {
  auto contexts = database_.prepare(
      "SELECT bytes FROM blobs WHERE number IN (SELECT context FROM entries WHERE seq >= ?1)");
  auto old = database_.prepare(
      "SELECT e.id, b.bytes, e.seq = (SELECT max(seq) FROM entries WHERE kind = 4) FROM entries e "
      "JOIN bodies b ON b.seq = e.seq WHERE e.kind = 4 AND e.seq < ?1 ORDER BY e.seq");
  if (!contexts) return contexts.error();
  if (!old) return old.error();
  std::set<std::string> named;
  contexts->bind(1, first_kept);
  while (true) {
    const auto row = contexts->step();
    if (!row) return row.error();
    if (!*row) break;
    const auto context = decode_context(contexts->bytes(0));
    if (!context) return context.error();
    named.insert(context->revision);
  }
  std::vector<Revision> kept;
  old->bind(1, first_kept);
  while (true) {
    const auto row = old->step();
    if (!row) return row.error();
    if (!*row) break;
    std::string name(old->bytes(0));
    const bool is_newest = old->number(2) != 0;
    if (is_newest || named.contains(name)) {
      kept.push_back({std::move(name), std::string(old->bytes(1))});
    }
  }
  for (const Revision& revision : kept) {
    const Status added = append_revision(revision);
    if (!added) return added;
  }
  return std::monostate();
}

Status SqliteJournal::drop_before(std::int64_t first_kept) {
  auto link = database_.prepare("SELECT link FROM entries WHERE seq = ?1");
  if (!link) return link.error();
  const auto row = link->bind(1, first_kept - 1).step();
  if (!row) return row.error();
  Mark anchor;
  if (!*row || link->bytes(0).size() != anchor.link.size()) {
    return Error{ErrorCode::invalid, fmt::format("entry {} is missing", first_kept - 1)};
  }
  anchor.sequence = static_cast<std::uint64_t>(first_kept - 1);
  std::copy_n(link->bytes(0).begin(), anchor.link.size(), anchor.link.begin());
  link->reset();
  const Status marked = write_mark("anchor", anchor);
  if (!marked) return marked;
  blobs_.clear();
  const Status dropped = database_.run(
      fmt::format("DELETE FROM entries WHERE seq < {0}; DELETE FROM bodies WHERE seq < {0};"
                  "DELETE FROM blobs WHERE number NOT IN (SELECT seen FROM entries UNION "
                  "SELECT context FROM entries)",
                  first_kept)
          .c_str());
  return dropped;
}

/// Marks for a journal without entries, where the process that made it had no time to.
Status ensure_marks(sqlite::Database& database) {
  const auto used =
      database.number("SELECT (SELECT count(*) FROM marks) + EXISTS(SELECT 1 FROM entries)");
  if (!used) return used.error();
  if (*used != 0) return std::monostate();
  return database.run(
      "INSERT INTO marks(name, seq, link) VALUES('head', 0, zeroblob(32)), "
      "('anchor', 0, zeroblob(32))");
}

/// The newest entries only: the whole is for verify(), which may take minutes.
Result<std::string> damage_at_the_end(sqlite::Database& database) {
  const auto head = journal::read_mark(database, "head");
  if (!head) return head.error().message;
  auto from = journal::read_mark(database, "anchor");
  if (!from) return from.error().message;
  if (head->sequence > from->sequence + checked_at_open) {
    auto query = database.prepare("SELECT link FROM entries WHERE seq = ?1");
    if (!query) return query.error();
    from->sequence = head->sequence - checked_at_open;
    const auto row = query->bind(1, static_cast<std::int64_t>(from->sequence)).step();
    if (!row) return row.error();
    if (!*row || query->bytes(0).size() != from->link.size()) {
      return fmt::format("entry {} is missing", from->sequence);
    }
    std::copy_n(query->bytes(0).begin(), from->link.size(), from->link.begin());
  }
  const auto walked = journal::walk(database, *from);
  if (!walked) return walked.error();
  if (!walked->damage.empty()) return walked->damage;
  if (walked->last.sequence == head->sequence && walked->last.link == head->link) {
    return std::string();
  }
  return fmt::format("it ends with entry {} and not with entry {}", walked->last.sequence,
                     head->sequence);
}

Error damaged(const std::string& path, std::string_view why) {
  return {ErrorCode::invalid,
          fmt::format("the journal {} is damaged ({}): {}", path, why, what_to_do)};
}

}  // namespace

Result<std::unique_ptr<JournalWriter>> open_journal(const std::string& path) {
  auto lock = FileLock::take(path + ".lock");
  if (!lock) return lock.error();
  auto database = sqlite::Database::open(path, sqlite::Access::create);
  if (!database) {
    if (database.error().code != ErrorCode::invalid) return database.error();
    return damaged(path, database.error().message);
  }
  const auto is_new = sqlite::ensure_schema(*database, path, journal::schema);
  if (!is_new) return is_new.error();
  const Status marked = ensure_marks(*database);
  if (!marked) return damaged(path, marked.error().message);
  const auto damage = damage_at_the_end(*database);
  if (!damage) return damaged(path, damage.error().message);
  if (!damage->empty()) return damaged(path, *damage);
  auto writer = std::make_unique<SqliteJournal>(std::move(*lock), std::move(*database), path);
  const Status begun = writer->begin();
  if (!begun) return begun.error();
  return Result<std::unique_ptr<JournalWriter>>(std::move(writer));
}

}  // namespace settle
