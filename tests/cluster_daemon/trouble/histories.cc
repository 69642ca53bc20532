#include "tests/cluster_daemon/trouble/histories.h"

#include <algorithm>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "daemon/journal/journal.h"

namespace settle {
namespace {

constexpr std::size_t everything = 1'000'000;

/// A call that was carried out: by whom, under which epoch, and when it was sent.
struct Call {
  int member = 0;
  std::uint64_t epoch = 0;
  Time sent;
  std::string token;
};
/// When a member first decided under an epoch.
struct Reign {
  int member = 0;
  std::uint64_t epoch = 0;
  Time since;
};
struct History {
  std::vector<Call> calls;
  std::vector<Reign> reigns;
};

void add(History& history, int member, const std::vector<StoredDecision>& decisions,
         const std::vector<StoredAction>& actions) {
  std::uint64_t reigning = 0;
  for (const StoredDecision& decision : decisions) {
    const std::uint64_t epoch = decision.record.epoch;
    if (epoch > reigning) history.reigns.push_back({member, epoch, decision.record.at});
    reigning = std::max(reigning, epoch);
  }
  std::map<std::string, const StoredAction*> under_way;  // By token.
  for (const StoredAction& action : actions) {
    if (action.action.outcome == "sent") under_way[action.action.token] = &action;
    const auto sent = under_way.find(action.action.token);
    if (action.action.outcome != "done" || sent == under_way.end()) continue;
    const ActionEntry& last = sent->second->action;
    history.calls.push_back({member, last.epoch, last.at, last.token});
  }
}

void judge(const std::string& group, const History& history, std::vector<std::string>& found) {
  for (const Call& call : history.calls) {
    for (const Reign& reign : history.reigns) {
      if (reign.epoch <= call.epoch || reign.member == call.member || call.sent < reign.since) {
        continue;
      }
      found.push_back(
          fmt::format("n{} sent {} for {} under epoch {}, {} ms after n{} decided "
                      "under epoch {}",
                      call.member, call.token, group, call.epoch, (call.sent - reign.since).count(),
                      reign.member, reign.epoch));
    }
  }
}

}  // namespace

std::vector<std::string> contradictions_of(const FleetOfDaemons& fleet, int members) {
  std::vector<std::string> found;
  std::map<std::string, History> by_group;
  for (int n = 0; n < members; ++n) {
    const std::string path = fmt::format("{}/n{}/j.db", fleet.folder(), n);
    Result<std::unique_ptr<JournalReader>> journal = read_journal(path);
    if (!journal) {
      found.push_back(journal.error().message);
      continue;
    }
    for (int group = 0; group < FleetOfDaemons::groups; ++group) {
      const std::string name = fmt::format("g{}", group);
      DecisionQuery query;
      query.group = GroupId{name};
      query.newest_max = everything;
      const auto decisions = (*journal)->decisions(query);
      const auto actions = (*journal)->actions(GroupId{name}, everything);
      if (!decisions || !actions) {
        found.push_back(fmt::format("the journal of n{} cannot be read", n));
      } else {
        add(by_group[name], n, *decisions, *actions);
      }
    }
  }
  for (const auto& [group, history] : by_group) judge(group, history, found);
  return found;
}

}  // namespace settle
