// Where decisions are read from: a running daemon, or a journal's file without any daemon.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/fwd.hpp>

#include "cli/asking.h"
#include "daemon/journal/journal.h"

namespace settle {

inline constexpr const char* default_journal = "/var/lib/settled/journal.db";

struct DecisionsWanted {
  std::string group;  // Empty: all.
  std::size_t newest_max = 20;
  std::optional<std::uint64_t> after;
  bool wait = false;  // For news, up to 30 s.
};

/// Every call says on stderr what is wrong, and sets `exit`, where it returns nothing.
class History {
 public:
  virtual ~History() = default;
  /// Decision records as JSON objects, each with its "sequence", oldest first.
  virtual std::optional<boost::json::array> decisions(const DecisionsWanted& wanted,
                                                      Exit& exit) = 0;
  /// The page that explains a decision (by id, or the newest of a group).
  virtual std::optional<std::string> explain(const std::string& subject, Exit& exit) = 0;
};

std::unique_ptr<History> history_of_daemon(std::shared_ptr<const Asking> asking);
/// Null after it has said what is wrong.
std::unique_ptr<History> history_of_journal(const std::string& path);

/// The spec of a group as a revision in the journal has it; keeps what it has compiled.
class RevisionShelf {
 public:
  explicit RevisionShelf(JournalReader& journal);
  ~RevisionShelf();
  /// Null if the revision is not in the journal, does not compile, or has no such group.
  [[nodiscard]] const GroupSpec* find(const std::string& revision, const GroupId& group);

 private:
  struct Shelf;
  JournalReader& journal_;
  std::unique_ptr<Shelf> shelf_;
};

/// Whether `subject` is a decision's id rather than a group's name.
bool is_decision_id(const std::string& subject);

}  // namespace settle
