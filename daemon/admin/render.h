// Groups, decisions and letters as JSON for people's tools. Pure: everything shown is given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/admin/http.h"
#include "daemon/partition/event.h"
#include "daemon/sources/source.h"

namespace settle {

/// One word for how a group is: "paused", "held", "starting", "blind", "growing", "shrinking",
/// "replacing", "waiting" (it wants to move and is withheld), "at-maximum", "steady".
[[nodiscard]] std::string state_word(const GroupView& view, Time now);

/// {"groups": [...]}, in order of id.
[[nodiscard]] std::string groups_json(std::vector<GroupView> views, Time now);
[[nodiscard]] std::string describe_json(const GroupView& view, Time now);
[[nodiscard]] std::string why_not_json(const GroupView& view, const std::string& toward, Time now);
/// What schedules and freezes do next, and what a hold does, in order of time.
[[nodiscard]] std::string upcoming_json(const GroupView& view, std::size_t count_max, Time now);
/// What the group's memory holds, as the events it came from.
[[nodiscard]] std::string memory_json(const GroupView& view);

/// One decision of the journal; its place there and its id.
struct ListedDecision {
  std::uint64_t sequence = 0;
  std::string id;
  DecisionRecord record;
};
[[nodiscard]] std::string decisions_json(const std::vector<ListedDecision>& decisions);
[[nodiscard]] std::string decision_json(const ListedDecision& decision);

struct ListedDeadLetter {
  std::uint64_t sequence = 0;
  Time at;
  std::string reason;
  std::string event;
  std::string settled;  // What became of it since: "Replayed" or "Discarded"; empty: it lies there.
};
[[nodiscard]] std::string dead_letters_json(const std::vector<ListedDeadLetter>& letters);
[[nodiscard]] std::string dead_letter_json(const ListedDeadLetter& letter);

/// One source as it stands.
struct SourceStanding {
  struct Position {
    std::uint32_t partition = 0;
    std::string log;
    std::int64_t next = 0;
  };
  std::string name;
  std::string type;
  SourceReport report;
  std::vector<Position> positions;  // Of its logs, as they are committed.
};
[[nodiscard]] std::string sources_json(const std::vector<SourceStanding>& sources);

/// One event as it came in.
struct WatchedEvent {
  std::uint64_t sequence = 0;
  std::string through;  // The source's name, or "http".
  Signal signal;
};
/// {"events": [...], "last": N}: the next look is for what comes after N.
[[nodiscard]] std::string watched_json(const std::vector<WatchedEvent>& events, std::uint64_t last);

struct DaemonStatus {
  std::string version;
  std::string node;
  std::string cluster;
  std::string revision;
  std::string mode;
  std::string tzdata;
  std::size_t groups = 0;
  std::size_t partitions = 0;
  Time started;
  bool is_ready = false;
  bool store_works = true;
  bool journal_works = true;
  std::optional<std::string> reload_error;  // Why the last reload was not taken.
};
[[nodiscard]] std::string status_json(const DaemonStatus& status, Time now);

/// What became of the events of one POST, in order; `signals` names them.
[[nodiscard]] HttpResponse answer_events(const std::vector<Signal>& signals,
                                         const std::vector<std::string_view>& outcomes);
/// The word for an outcome: "merged", "repeated", "LateOrRepeated", ...
[[nodiscard]] std::string_view outcome_word(Merge merge);

}  // namespace settle
