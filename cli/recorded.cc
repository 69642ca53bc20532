#include "cli/recorded.h"

#include <cstdio>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "config/bundle.h"

namespace settle {

bool is_journal(const std::string& path) {
  constexpr std::string_view magic = "SQLite format 3";
  const auto close = [](std::FILE* file) { (void)std::fclose(file); };
  const std::unique_ptr<std::FILE, decltype(close)> file(std::fopen(path.c_str(), "rbe"), close);
  char head[magic.size()] = {};
  return file != nullptr && std::fread(head, 1, sizeof head, file.get()) == sizeof head &&
         std::string_view(head, sizeof head) == magic;
}

Result<std::vector<ConfigFile>> newest_files(JournalReader& journal) {
  const auto revision = journal.newest_revision();
  if (!revision) return revision.error();
  auto files = unbundle(revision->text);
  if (files) return std::move(*files);
  return Error{ErrorCode::invalid,
               fmt::format("the journal's configuration {} cannot be read", revision->name)};
}

Result<RecordedTime> read_last(JournalReader& journal, Duration length,
                               const std::set<GroupId>& wanted) {
  RecordedTime recorded;
  DecisionQuery last;
  last.newest_max = 1;
  const auto newest = journal.decisions(last);
  if (!newest) return newest.error();
  if (newest->empty()) return recorded;
  recorded.until = newest->back().record.at;
  const Status read = journal.replay_since(recorded.until - length, [&](const ReplayCase& one) {
    if (wanted.contains(one.stored.record.group)) {
      recorded.groups[one.stored.record.group].push_back({one.stored.record, one.before, one.seen});
    }
    return true;
  });
  if (!read) return read.error();
  return recorded;
}

Result<GroupStanding> newest_standing(JournalReader& journal, RevisionShelf& shelf,
                                      const GroupId& group) {
  auto newest = journal.newest(group);
  if (!newest) return newest.error();
  GroupStanding standing;
  standing.last = std::move(newest->stored.record);
  standing.at = standing.last.at;
  standing.state = std::move(newest->before);
  standing.seen = std::move(newest->seen);
  standing.context = std::move(newest->context);
  standing.spec = shelf.find(standing.context.revision, group);
  // What was decided then is decided again: the journal holds what was before.
  if (standing.spec != nullptr) {
    (void)converge(*standing.spec, standing.state, standing.seen, standing.at, standing.context);
  }
  return standing;
}

}  // namespace settle
