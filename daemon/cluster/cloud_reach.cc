#include "daemon/cluster/cloud_reach.h"

namespace settle::cluster {

void CloudReach::note(bool is_answered, zk::BootTime now) {
  if (is_answered) {
    failures_ = 0;
    since_.reset();
    return;
  }
  if (++failures_ >= limits_.failures && !since_) since_ = now;
}

bool CloudReach::gives_up(zk::BootTime now, bool is_other_fine) {
  const bool lasts = since_ && now >= *since_ + limits_.grace;
  if (!lasts || !is_other_fine || away_until_) return false;
  away_until_ = now + limits_.away;
  return true;
}

bool CloudReach::comes_back(zk::BootTime now) {
  if (!away_until_ || now < *away_until_) return false;
  away_until_.reset();
  since_.reset();
  failures_ = 0;
  return true;
}

}  // namespace settle::cluster
