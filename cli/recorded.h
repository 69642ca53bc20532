// What a journal's file says of groups, for commands that ask what another configuration or another
// world would have made of them. Without a daemon; it decides nothing but what was decided already.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cli/history.h"
#include "cli/trial/recorded_day.h"
#include "daemon/journal/journal.h"

namespace settle {

/// Whether the file is one of SQLite's, as a journal is.
[[nodiscard]] bool is_journal(const std::string& path);

/// A journal's configuration as it was last.
[[nodiscard]] Result<std::vector<ConfigFile>> newest_files(JournalReader& journal);

/// The rounds of the last `length` before the newest decision of all, by group.
struct RecordedTime {
  std::map<GroupId, std::vector<RecordedRound>> groups;
  Time until;
};
[[nodiscard]] Result<RecordedTime> read_last(JournalReader& journal, Duration length,
                                             const std::set<GroupId>& wanted);

/// How a group stood after the last round that left a record.
struct GroupStanding {
  Time at;
  const GroupSpec* spec = nullptr;  // On the shelf; null where its configuration is not known.
  GroupState state;
  Observation seen;
  RoundContext context;
  DecisionRecord last;
};
[[nodiscard]] Result<GroupStanding> newest_standing(JournalReader& journal, RevisionShelf& shelf,
                                                    const GroupId& group);

}  // namespace settle
