// Inside a partition: the slab of groups, what waits for a commit, and the batch under way.
// Not a contract: no other room looks in here.
//
//   arrivals.cc  claims in, answers out        rounds.cc  looks, rounds, the agenda
//   logs.cc      parts of logs in, their positions into commits
//   batches.cc   commit and journal            sends.cc   actions out, their outcomes in
//   leaving.cc   the end of an epoch, in order
//   fleet.cc     what holds for many groups: standing orders, shares of budgets, losses
//   watches.cc   alarms over many groups: their keys' measures, windows and verdicts
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/partition/agenda.h"
#include "daemon/partition/group_index.h"
#include "daemon/partition/partition.h"
#include "reconcilers/ledger.h"

namespace settle {

/// What we know about the sending of one intent; one for each of a state's intents, in the same
/// order. An intent may be sent once it is stored and its decision is durable, both under this
/// epoch.
struct Flight {
  std::string token;
  StepOp op = StepOp::launch;
  std::uint64_t born = 0;  // The first batch that can hold it.
  bool stored = false;
  bool durable = false;
  bool in_flight = false;
  bool withheld = false;  // A late no has been journaled.
};

/// One key of an alarm over many groups.
struct WatchedKey {
  windows::Watched kept;
  WatchPointer watch;          // Null until configured.
  std::optional<Time> filed;   // End of the window whose verdict is in the commit under way.
  std::optional<Time> stored;  // And of the one that a commit holds: it may be told.
  std::uint8_t tellings = 0;   // Of that one.
};

/// One group. Its index never changes while it lives.
struct Slot {
  GroupId id;
  SpecPointer spec;  // Null until configured, and once forgotten.
  GroupState state;
  std::shared_ptr<const Observation> seen;  // Null until there is one.
  std::shared_ptr<const DecisionRecord> last;
  std::shared_ptr<const DecisionRecord> noted;
  std::vector<Flight> flights;
  std::unique_ptr<Allowance> allowance;  // Null: it shares nothing, or has not been told.
  std::unique_ptr<WatchedKey> watched;   // Null: it is no key of an alarm.
  GroupUse told;                         // The use that was last told.

  Time revisit_at = never;          // When the last round wants another.
  Time look_at = never;             // When to observe next.
  Time looked_at{};                 // When we last asked.
  Time send_at = never;             // When an intent may be sent again.
  std::uint64_t in_batch = 0;       // The last batch that held it.
  std::uint64_t configured_by = 0;  // The last reconfiguration that named it.
  std::uint8_t eager_looks = 0;     // In a row, without a change.
  bool round_due = false;
  bool commit_due = false;
  bool send_due = false;
  bool is_looking = false;
  bool look_again = false;
  bool decided_without_journal = false;
  bool has_told = false;

  /// An order for many groups has a place of its own, without a spec, and so has an alarm's key.
  [[nodiscard]] bool is_scope() const { return !id.value.empty() && id.value.front() == '@'; }
};

/// A call under way for an intent that has ended meanwhile.
struct Orphan {
  GroupId group;
  std::string token;
  StepOp op = StepOp::launch;
};

struct Waiting {
  Ticket ticket{};
  Merge merge = Merge::merged;
  std::uint32_t slot = 0;
};

/// A part of a log that has been merged: its position goes into the commit that leaves none of the
/// groups behind that were dirty when it came.
struct LogMark {
  std::string log;
  std::int64_t next = 0;
  std::size_t behind = 0;  // So many of the groups that are due for a commit go first.
  Ticket ticket{};
};

struct Unjournaled {
  std::uint32_t slot = 0;
  JournalEntry entry;
};

/// One commit and the journal write that goes with it.
struct Batch {
  std::uint64_t number = 0;
  bool commit_open = false;   // Its answer is awaited.
  bool journal_open = false;  // The same.
  std::vector<std::uint32_t> slots;
  std::vector<GroupId> forgotten;
  std::vector<Waiting> waiting;
  std::vector<LogMark> marks;
  std::vector<Unjournaled> entries;
  std::vector<ActionEntry> actions;
  std::vector<std::uint32_t> inherited_slots;
};

struct Partition::Core {
  Core(PartitionSeat seat_in, PartitionLimits limits_in, std::vector<GroupRecord> inherited,
       Offsets positions_in);

  void advance(Event&& event, Time now);
  std::vector<Effect> finish_turn(Time now);

  // arrivals.cc
  void on(Arrived&& event, Time now);
  void on(Asked&& event, Time now);
  [[nodiscard]] bool has_room_for(const Claim& claim) const;
  void await_commit(const Waiting& waiter);
  void refuse(Arrived&& event, Merge merge, Time now);
  void bury(Signal&& signal, Merge merge, Time now);
  [[nodiscard]] GroupView view_of(const Slot& slot) const;

  // logs.cc
  void on(LogPart&& event, Time now);
  /// Merges one entry; false if there is no room for it.
  [[nodiscard]] bool take_entry(Signal&& signal, Time now);
  /// Takes the positions into a commit that has taken so many of the groups that were due.
  void take_marks(std::size_t groups, Commit& commit);
  void keep_marks();
  void put_back_marks();

  // rounds.cc
  void on(Reconfigured&& event, Time now);
  void on(Observed&& event, Time now);
  void on(TimeReached&& event, Time now);
  void forget(std::uint32_t number);
  [[nodiscard]] std::uint32_t take_place();
  void inherit(std::uint32_t number, Time now);
  void wake_due(Time now);
  void run_rounds(Time now);
  void run_round(std::uint32_t number, Time now);
  void align_flights(Slot& slot);
  void orphan_flights(const Slot& slot, std::size_t from, std::size_t until);
  [[nodiscard]] bool is_blocked() const { return entries.size() >= limits.unjournaled_max; }
  void look(std::uint32_t number, Time now);
  void look_soon(Slot& slot, Time now);
  void note_clock(Time now);

  // fleet.cc
  void on(Allowed&& event, Time now);
  void on(FleetLost&& event, Time now);
  void take_order(Arrived&& event, Time now);
  void learn_orders();
  /// Makes `context` that of a round, or a send, of this group.
  void use_context_of(const Slot& slot);
  [[nodiscard]] const FleetOrder* standing_for(const Slot& slot) const;
  void tell_use(Slot& slot);

  // watches.cc
  void on(AlarmTaken&& event, Time now);
  void take_measure(Arrived&& event, Time now);
  void learn_watches(std::vector<WatchPointer>&& named, Time now);
  void learn_watch(std::uint32_t number, Time now);
  [[nodiscard]] std::uint32_t add_key(const GroupId& place, std::unique_ptr<WatchedKey> key);
  void judge(std::uint32_t number, Time now);
  void tell(std::uint32_t number, Time now);
  void keep_verdict(std::uint32_t number);
  void forget_key(std::uint32_t number, Time now);

  // batches.cc
  void on(Committed&& event, Time now);
  void on(Journaled&& event, Time now);
  [[nodiscard]] Time commit_at() const;
  [[nodiscard]] Time journal_at() const;
  [[nodiscard]] Time batch_at() const;
  void begin_batch(Time now);
  void fill_commit();
  void fill_journal();
  void keep_commit();
  void retry_commit(Time now);
  void keep_journal();
  void retry_journal(Time now);
  void close_batch();

  // sends.cc
  void on(Acted&& event, Time now);
  void run_sends(Time now);
  void send(std::uint32_t number, Time now);
  void emit_act(std::uint32_t number, std::size_t at, const Clearance& clearance, Time now);
  void note_action(const Slot& slot, const Intent& intent, const char* outcome, Reason why,
                   Time now);
  void note_orphan(const Acted& event, Time now);

  // leaving.cc
  void on(Leave&& event, Time now);
  [[nodiscard]] bool has_more_to_say() const;
  void finish_leaving();

  // What every file uses.
  [[nodiscard]] std::uint32_t find(const GroupId& group) const;
  void reindex();
  void mark_round(std::uint32_t number);
  void mark_commit(std::uint32_t number, Time now);
  void mark_send(std::uint32_t number);
  void reschedule(std::uint32_t number);

  const PartitionSeat seat;
  const PartitionLimits limits;
  RoundContext context;  // journal_failed follows the journal; what is a group's own, the group.
  std::optional<FleetOrder> order_for_all;
  std::map<std::string, FleetOrder> orders_by_tenant;
  struct WatchEntry {
    WatchPointer watch;
    std::size_t keys = 0;
  };
  std::map<std::string, WatchEntry, std::less<>> watches;  // By name.

  std::deque<Slot> slots;
  std::vector<std::uint32_t> free_slots;
  GroupIndex index;
  GroupAgenda agenda;

  std::deque<std::uint32_t> rounds_due;        // Each has round_due; some have lost it meanwhile.
  std::vector<std::uint32_t> commits_due;      // The same with commit_due.
  std::vector<std::uint32_t> sends_due;        // The same with send_due.
  std::vector<std::uint32_t> without_journal;  // Decided while the journal was failing.

  std::vector<Waiting> waiting;  // Answered after the next batch.
  std::vector<LogMark> marks;    // For the commit that leaves their groups clean.
  Offsets positions;             // Of what has been merged, by log.
  Offsets stuck;  // Where a part begins, or goes on, that found no room; nothing overtakes it.
  std::vector<Unjournaled> entries;            // For the next batch that has a journal part.
  std::vector<ActionEntry> actions;            // The same.
  std::vector<std::uint32_t> inherited_slots;  // The same: their inheritance is in `actions`.
  std::vector<GroupId> forgotten;              // For the next commit.
  std::vector<Orphan> orphans;
  std::optional<Batch> batch;  // Under way; at most one.
  std::uint64_t next_batch = 1;
  Time dirty_since = never;
  Time commit_after{};   // Not before: the store was unavailable.
  Time journal_after{};  // The same of the journal.
  std::uint8_t commit_failures = 0;
  std::uint8_t journal_failures = 0;
  bool is_urgent = false;  // Somebody waits for the next commit.
  bool is_silent = false;  // Fenced: over for good.
  bool is_leaving = false;
  bool has_left = false;

  std::uint64_t reconfigurations = 0;
  Time clock{};          // Of the last turn.
  Time wake_at = never;  // Asked for and not yet reached.
  GroupState before;     // Of the round under way; kept for its memory.
  std::vector<Effect> effects;
};

/// Nothing of it is remembered: it asks for a look and a round, and has nothing to wait for.
[[nodiscard]] bool is_passing(const Claim& claim);

/// Doubles from `first` with each failure up to `most`; the upper half is spread by `salt`, so
/// that many who failed together do not come back together.
[[nodiscard]] Duration backoff(unsigned failures, Duration first, Duration most,
                               std::uint64_t salt);

}  // namespace settle
