#include "daemon/sources/alerts/ledger.h"

namespace settle::alerts {

bool Ledger::admits(const Alert& alert, Time now) {
  std::erase_if(ended_, [now](const auto& entry) { return entry.second.at + late_max <= now; });
  if (alert.state != AlarmState::firing || !alert.starts) return true;
  const auto ended = ended_.find(alert.id);
  return ended == ended_.end() || !ended->second.starts || *alert.starts > *ended->second.starts;
}

void Ledger::note(const Alert& alert, Time now) {
  if (alert.state == AlarmState::firing) {
    ended_.erase(alert.id);
    const bool has_room = firing_.size() < alerts_max || firing_.find(alert.id) != firing_.end();
    if (has_room) firing_.insert_or_assign(alert.id, Known{alert, now});
    return;
  }
  firing_.erase(alert.id);
  if (ended_.size() < alerts_max) ended_.insert_or_assign(alert.id, Ended{alert.starts, now});
}

std::vector<Alert> Ledger::differences(const std::vector<Alert>& list, Time asked,
                                       Duration repeat_after) const {
  std::vector<Alert> news;
  std::set<std::string> listed;
  for (const Alert& alert : list) {
    listed.insert(alert.id);
    const auto known = firing_.find(alert.id);
    if (known == firing_.end() || known->second.told + repeat_after <= asked) news.push_back(alert);
  }
  for (const auto& [id, known] : firing_) {
    // What was told since the question was asked may not be in the answer yet.
    if (listed.find(id) != listed.end() || known.told >= asked) continue;
    Alert ended = known.alert;
    ended.state = AlarmState::resolved;
    news.push_back(std::move(ended));
  }
  return news;
}

}  // namespace settle::alerts
