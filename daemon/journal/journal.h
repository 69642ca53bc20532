// The journal: every decision with all of its inputs, every action and its outcome, chained by
// SHA-256. A file of its own; enough to replay any decision years later and get the same bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/partition/event.h"

namespace settle {

/// A configuration as it was: its name is the hash of its content.
struct Revision {
  std::string name;
  std::string text;  // Enough to compile the same specs again: files with their names.
};

struct StoredDecision {
  std::uint64_t sequence = 0;
  std::string id;  // "d-" and the hash of the record's content.
  DecisionRecord record;
};

/// A decision with its inputs, for replay.
struct ReplayCase {
  StoredDecision stored;
  std::string record_bytes;  // As they lie in the journal.
  GroupState before;
  Observation seen;
  RoundContext context;
};

struct StoredAction {
  std::uint64_t sequence = 0;
  ActionEntry action;
};

struct StoredDeadLetter {
  std::uint64_t sequence = 0;
  Time at;
  std::string reason;
  std::string event;  // CloudEvents JSON, or what there was of it; at most 4 KB.
  // Where this is no letter but what became of one: that one's sequence, `reason` in one word and
  // `event` who did it. Of a letter that is read: what became of it; empty: it lies there.
  std::uint64_t settles = 0;
  std::string settled{};
};

struct DecisionQuery {
  std::optional<GroupId> group;
  std::optional<std::string> id;       // Or a unique beginning of it.
  std::optional<std::uint64_t> after;  // Sequence; for following.
  std::optional<Time> since;
  std::size_t newest_max = 100;  // At most this many, the newest; in order of sequence.
};

struct VerifyReport {
  std::uint64_t entries = 0;
  std::optional<std::string> damage;  // What is wrong and where, if anything is.
  std::string head;                   // The last link of the chain.
};

/// Blocking; one thread writes. Readers open their own.
class JournalWriter {
 public:
  virtual ~JournalWriter() = default;
  [[nodiscard]] virtual Status append(const std::vector<Journal>& batches,
                                      const std::vector<StoredDeadLetter>& dead_letters) = 0;
  [[nodiscard]] virtual Status remember(const Revision& revision) = 0;
  /// Drops what is older, keeping the chain verifiable from a signed-off link on.
  [[nodiscard]] virtual Status forget_before(Time time) = 0;
};

class JournalReader {
 public:
  virtual ~JournalReader() = default;
  [[nodiscard]] virtual Result<std::vector<StoredDecision>> decisions(
      const DecisionQuery& query) = 0;
  /// The first `most` behind that sequence, in order.
  [[nodiscard]] virtual Result<std::vector<StoredDecision>> decisions_after(std::uint64_t sequence,
                                                                            std::size_t most) = 0;
  [[nodiscard]] virtual Result<std::vector<StoredAction>> actions(const GroupId& group,
                                                                  std::size_t newest_max) = 0;
  [[nodiscard]] virtual Result<std::vector<StoredDeadLetter>> dead_letters(
      std::size_t newest_max) = 0;
  /// One of them; `not_found` where there is none of this sequence.
  [[nodiscard]] virtual Result<StoredDeadLetter> dead_letter(std::uint64_t sequence) = 0;
  [[nodiscard]] virtual Result<Revision> revision(const std::string& name) = 0;
  [[nodiscard]] virtual Result<VerifyReport> verify() = 0;
  /// Calls `visit` with every decision in order, until it says false.
  [[nodiscard]] virtual Status replay(const std::function<bool(const ReplayCase&)>& visit) = 0;
  /// The same of what was decided at `since` or later.
  [[nodiscard]] virtual Status replay_since(
      Time since, const std::function<bool(const ReplayCase&)>& visit) = 0;
  /// The last decision about a group. `not_found` where there is none.
  [[nodiscard]] virtual Result<ReplayCase> newest(const GroupId& group) = 0;
  /// The configuration of the last decision of all; of a journal without one, what was kept last.
  [[nodiscard]] virtual Result<Revision> newest_revision() = 0;
};

[[nodiscard]] Result<std::unique_ptr<JournalWriter>> open_journal(const std::string& path);
[[nodiscard]] Result<std::unique_ptr<JournalReader>> read_journal(const std::string& path);

}  // namespace settle
