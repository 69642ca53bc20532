// The links that make the journal's entries one chain: each is SHA-256 over the one before it and
// over everything that its entry says, sequence included. Seen by the journal alone.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/sqlite/database.h"

struct evp_md_ctx_st;

namespace settle::journal {

using Digest = std::array<char, 32>;

inline std::string_view view(const Digest& digest) {
  return {digest.data(), digest.size()};
}

enum class EntryKind : std::uint8_t { decision = 1, action = 2, dead_letter = 3, revision = 4 };

/// One entry, as it is linked and as it lies in the tables.
struct Entry {
  std::uint64_t sequence = 0;
  EntryKind kind = EntryKind::decision;
  std::int64_t at = 0;       // Milliseconds; zero for a revision, which has no time.
  std::string_view group;    // Of a decision or an action.
  std::string_view id;       // The decision's id, the token, the reason, the revision's name.
  std::string_view bytes;    // The record, the action, the event, the revision's text.
  std::string_view before;   // Of a decision: the state that it was made from.
  std::int64_t seen_at = 0;  // Of a decision: the time of what it saw.
  std::int64_t seen = 0;     // The blob of what it saw, and of who asked; zero for others.
  std::int64_t context = 0;
  Digest seen_digest{};  // Of these blobs' content: linked in place of their numbers.
  Digest context_digest{};
};

class Chain {
 public:
  Chain();
  /// The link of `entry` after `previous`.
  [[nodiscard]] Digest link(const Digest& previous, const Entry& entry);
  [[nodiscard]] Digest digest(std::string_view bytes);

 private:
  void add(std::string_view bytes);
  void add_number(std::uint64_t number);
  void add_sized(std::string_view bytes);
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

[[nodiscard]] std::string hex(const Digest& digest);

/// A point of the chain: the entry of that sequence has that link.
struct Mark {
  std::uint64_t sequence = 0;
  Digest link{};
};
/// "head" is the newest entry; "anchor" the last one that was dropped, from which what is left can
/// be verified. Zero and a link of zeros stand before the first entry.
[[nodiscard]] Result<Mark> read_mark(sqlite::Database& database, std::string_view name);

extern const sqlite::Schema schema;

/// Walks the entries after `from`, in order, over all their content. Says what is wrong first, if
/// anything is; `last` becomes the last good entry.
struct Walked {
  std::uint64_t entries = 0;
  std::string damage;
  Mark last;
};
[[nodiscard]] Result<Walked> walk(sqlite::Database& database, const Mark& from);

}  // namespace settle::journal
