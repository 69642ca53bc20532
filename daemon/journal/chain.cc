#include "daemon/journal/chain.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "daemon/codec/json.h"

namespace settle::journal {

// `entries` is narrow, so that looking for one walks few pages; `bodies` holds what is large;
// `blobs` what many entries share. The indices are partial: each serves one kind of question.
const sqlite::Schema schema{
    .application = 0x53746c4a,  // "StlJ"
    .version = 1,
    .what = "journal",
    .tables =
        "CREATE TABLE marks(name TEXT PRIMARY KEY, seq INTEGER NOT NULL, link BLOB NOT NULL)"
        " STRICT, WITHOUT ROWID;"
        "CREATE TABLE entries(seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, at INTEGER NOT NULL,"
        " grp TEXT NOT NULL, id TEXT NOT NULL, seen_at INTEGER NOT NULL, seen INTEGER NOT NULL,"
        " context INTEGER NOT NULL, link BLOB NOT NULL) STRICT;"
        "CREATE TABLE bodies(seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL, before BLOB NOT NULL)"
        " STRICT;"
        "CREATE TABLE blobs(number INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;"
        "CREATE INDEX decisions_of_group ON entries(grp, seq) WHERE kind = 1;"
        "CREATE INDEX actions_of_group ON entries(grp, seq) WHERE kind = 2;"
        "CREATE INDEX dead_letters ON entries(seq) WHERE kind = 3;"
        "CREATE INDEX revisions ON entries(id, seq) WHERE kind = 4;"};

Chain::Chain() : context_(EVP_MD_CTX_new()) {}

void Chain::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

// SHA-256 is always there, and adding to it does not fail.
void Chain::add(std::string_view bytes) {
  EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
}

void Chain::add_number(std::uint64_t number) {
  std::array<char, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>((number >> (8 * i)) & 0xffU);
  }
  add({bytes.data(), bytes.size()});
}

void Chain::add_sized(std::string_view bytes) {
  add_number(bytes.size());
  add(bytes);
}

Digest Chain::link(const Digest& previous, const Entry& entry) {
  EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
  add(view(previous));
  add_number(entry.sequence);
  add_number(static_cast<std::uint64_t>(entry.kind));
  add_number(static_cast<std::uint64_t>(entry.at));
  add_sized(entry.group);
  add_sized(entry.id);
  add_sized(entry.bytes);
  add_sized(entry.before);
  add_number(static_cast<std::uint64_t>(entry.seen_at));
  add(view(entry.seen_digest));
  add(view(entry.context_digest));
  Digest result{};
  EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(result.data()), nullptr);
  return result;
}

Digest Chain::digest(std::string_view bytes) {
  EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
  add(bytes);
  Digest result{};
  EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(result.data()), nullptr);
  return result;
}

std::string hex(const Digest& digest) {
  std::string text;
  for (const char c : digest) {
    fmt::format_to(std::back_inserter(text), "{:02x}", static_cast<unsigned char>(c));
  }
  return text;
}

Result<Mark> read_mark(sqlite::Database& database, std::string_view name) {
  auto query = database.prepare("SELECT seq, link FROM marks WHERE name = ?1");
  if (!query) return query.error();
  const auto row = query->bind_text(1, name).step();
  if (!row) return row.error();
  Mark mark;
  if (!*row || query->bytes(1).size() != mark.link.size()) {
    return Error{ErrorCode::invalid, fmt::format("its {} is not written down", name)};
  }
  mark.sequence = static_cast<std::uint64_t>(query->number(0));
  std::copy_n(query->bytes(1).begin(), mark.link.size(), mark.link.begin());
  return mark;
}

namespace {

constexpr std::size_t digests_max = 100'000;

/// The digests of blobs, each computed once for as long as there is room.
class BlobDigests {
 public:
  explicit BlobDigests(sqlite::Statement query) : query_(std::move(query)) {}

  /// False: there is no such blob.
  Result<bool> find(std::int64_t number, Chain& chain, Digest& digest) {
    if (number == 0) return true;
    const auto known = known_.find(number);
    if (known != known_.end()) {
      digest = known->second;
      return true;
    }
    const auto row = query_.reset().bind(1, number).step();
    if (!row || !*row) return row;
    digest = chain.digest(query_.bytes(0));
    query_.reset();
    if (known_.size() >= digests_max) known_.clear();
    known_.emplace(number, digest);
    return true;
  }

 private:
  sqlite::Statement query_;
  std::unordered_map<std::int64_t, Digest> known_;
};

std::string named(const Entry& entry) {
  constexpr std::string_view kinds[] = {"entry", "decision", "action", "dead letter", "revision"};
  const auto kind = static_cast<std::size_t>(entry.kind);
  std::string text =
      fmt::format("entry {} ({}", entry.sequence, kind < std::size(kinds) ? kinds[kind] : kinds[0]);
  if (!entry.id.empty()) text += fmt::format(" {}", entry.id.substr(0, 64));
  if (!entry.group.empty()) text += fmt::format(" of group {}", entry.group.substr(0, 64));
  if (entry.at != 0) text += fmt::format(" at {}", time_text(Time(Duration(entry.at))));
  return text + ")";
}

Entry read_entry(const sqlite::Statement& row) {
  Entry entry;
  entry.sequence = static_cast<std::uint64_t>(row.number(0));
  entry.kind = static_cast<EntryKind>(row.number(1));
  entry.at = row.number(2);
  entry.group = row.bytes(3);
  entry.id = row.bytes(4);
  entry.seen_at = row.number(5);
  entry.seen = row.number(6);
  entry.context = row.number(7);
  entry.bytes = row.bytes(9);
  entry.before = row.bytes(10);
  return entry;
}

/// What is wrong with the row that the query stands on; empty if nothing is.
Result<std::string> check(const sqlite::Statement& row, Entry& entry, BlobDigests& blobs,
                          std::pair<Chain&, Mark&> so_far) {
  auto& [chain, last] = so_far;
  if (entry.sequence != last.sequence + 1) {
    return fmt::format("entry {} is missing: {} follows entry {}", last.sequence + 1, named(entry),
                       last.sequence);
  }
  if (row.is_null(9)) return fmt::format("{} has lost its content", named(entry));
  const auto has_seen = blobs.find(entry.seen, chain, entry.seen_digest);
  if (!has_seen) return has_seen.error();
  const auto has_context = blobs.find(entry.context, chain, entry.context_digest);
  if (!has_context) return has_context.error();
  if (!*has_seen || !*has_context) return fmt::format("{} has lost an input", named(entry));
  const Digest link = chain.link(last.link, entry);
  if (row.bytes(8) != view(link)) {
    return fmt::format("{} was changed after it was written: it does not match its link",
                       named(entry));
  }
  last = {entry.sequence, link};
  return std::string();
}

}  // namespace

Result<Walked> walk(sqlite::Database& database, const Mark& from) {
  auto query = database.prepare(
      "SELECT e.seq, e.kind, e.at, e.grp, e.id, e.seen_at, e.seen, e.context, e.link, b.bytes, "
      "b.before FROM entries e LEFT JOIN bodies b ON b.seq = e.seq WHERE e.seq > ?1 ORDER BY "
      "e.seq");
  if (!query) return query.error();
  auto blob = database.prepare("SELECT bytes FROM blobs WHERE number = ?1");
  if (!blob) return blob.error();
  BlobDigests blobs(std::move(*blob));
  Chain chain;
  Walked walked;
  walked.last = from;
  query->bind(1, static_cast<std::int64_t>(from.sequence));
  while (true) {
    const auto row = query->step();
    std::string unreadable = row ? std::string() : row.error().message;
    if (row && !*row) return walked;
    if (row) {
      Entry entry = read_entry(*query);
      const auto damage = check(*query, entry, blobs, {chain, walked.last});
      if (damage && damage->empty()) {
        ++walked.entries;
        continue;
      }
      if (damage) {
        walked.damage = *damage;
        return walked;
      }
      unreadable = damage.error().message;
    }
    walked.damage =
        fmt::format("what follows entry {} cannot be read: {}", walked.last.sequence, unreadable);
    return walked;
  }
}

}  // namespace settle::journal
