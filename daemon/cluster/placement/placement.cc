#include "daemon/cluster/placement/placement.h"

#include <algorithm>
#include <utility>

namespace settle::cluster {

Placement::Plan Placement::plan(const Owners& assigned, const std::vector<Present>& members,
                                Moment now) {
  look_again_.reset();
  note(assigned, members, now);
  Plan plan;
  plan.is_braked = brakes(now);
  plan.owners = plan.is_braked || must_wait(assigned, now) ? assigned : move(assigned, now);
  plan.look_again = look_again_;
  return plan;
}

void Placement::note(const Owners& assigned, const std::vector<Present>& members, Moment now) {
  std::set<std::string> here;
  for (const Present& member : members) {
    here.insert(member.id);
    Known& known = known_[member.id];
    const bool is_new_life = !known.is_present || known.seen.life != member.life;
    if (is_new_life) {
      known.lives.push_back(now);
      // Who was here before we looked has shown already that it stays.
      known.is_returning = has_looked_ && !known.seen.id.empty();
      known.since = now;
      changed_at_ = now;
    }
    known.is_present = true;
    known.seen = member;
  }
  for (auto& [id, known] : known_) {
    if (!known.is_present || here.contains(id)) continue;
    known.is_present = false;
    known.since = now;
    if (known.seen.presence == Presence::serving) note_loss(now);
    changed_at_ = now;
  }
  if (!std::exchange(has_looked_, true)) {
    // Whoever owns something and is not here was lost before we looked.
    const std::set<std::string> owners(assigned.begin(), assigned.end());
    for (const std::string& owner : owners) {
      if (!owner.empty() && !here.contains(owner)) {
        known_[owner].seen.id = owner;
        known_[owner].since = now;
        note_loss(now);
      }
    }
  }
  std::erase_if(known_, [&](const auto& entry) {
    return !entry.second.is_present && entry.second.since + limits_.flap_window <= now;
  });
}

void Placement::note_loss(Moment now) {
  const bool is_with_others = !losses_.empty() && losses_.back() + limits_.settle > now;
  if (is_with_others) settles_at_ = now + limits_.settle;
  losses_.push_back(now);
}

std::size_t Placement::present() const {
  return static_cast<std::size_t>(std::count_if(
      known_.begin(), known_.end(), [](const auto& entry) { return entry.second.is_present; }));
}

bool Placement::brakes(Moment now) {
  const Moment window = std::max(limits_.brake_window, limits_.settle);
  while (!losses_.empty() && losses_.front() + window <= now) losses_.pop_front();
  const auto lost = static_cast<std::size_t>(std::count_if(
      losses_.begin(), losses_.end(), [&](Moment at) { return at + limits_.brake_window > now; }));
  const std::size_t were = present() + lost;
  const bool is_mass = lost >= 2 && lost * 100 > were * limits_.brake_percent;
  if (is_mass && !braked_at_) braked_at_ = now;
  if (!braked_at_) return false;
  const Moment until =
      std::min(changed_at_ + limits_.brake_quiet, *braked_at_ + limits_.brake_most);
  if (now < until) {
    look_at(until, now);
    return true;
  }
  braked_at_.reset();
  losses_.clear();
  return false;
}

bool Placement::is_flapping(const Known& known, Moment now) const {
  const auto lives = static_cast<std::size_t>(
      std::count_if(known.lives.begin(), known.lives.end(),
                    [&](Moment at) { return at + limits_.flap_window > now; }));
  return lives >= limits_.flap_lives;
}

bool Placement::is_in_grace(const Known& known, Moment now) const {
  return !known.is_present && known.seen.presence == Presence::restarting &&
         now < known.since + limits_.restart_grace;
}

/// A cluster that begins waits until all have come; one that loses several, until all have gone.
bool Placement::must_wait(const Owners& assigned, Moment now) {
  const bool is_first = std::all_of(assigned.begin(), assigned.end(),
                                    [](const std::string& owner) { return owner.empty(); });
  const Moment until = is_first ? changed_at_ + limits_.settle : settles_at_;
  if (now >= until) return false;
  look_at(until, now);
  return true;
}

std::vector<Candidate> Placement::candidates(Moment now, bool with_returning) {
  std::vector<Candidate> found;
  for (auto& [id, known] : known_) {
    while (!known.lives.empty() && known.lives.front() + limits_.flap_window <= now) {
      known.lives.pop_front();
    }
    Candidate candidate{id, std::max(known.seen.weight, 1U), true};
    if (is_in_grace(known, now)) {
      look_at(known.since + limits_.restart_grace, now);
      candidate.is_absent = true;
      found.push_back(std::move(candidate));
      continue;
    }
    if (!known.is_present || known.seen.presence == Presence::draining) continue;
    if (is_flapping(known, now)) {
      look_at(known.lives.front() + limits_.flap_window, now);
      candidate.takes_more = false;
    } else if (known.seen.presence == Presence::restarting) {
      candidate.takes_more = false;
    } else if (known.is_returning) {
      const Moment stable_at = known.since + limits_.stable_for;
      if (now < stable_at) look_at(stable_at, now);
      candidate.takes_more = with_returning && now >= stable_at;
    }
    found.push_back(std::move(candidate));
  }
  return found;
}

Owners Placement::move(Owners owners, Moment now) {
  const std::vector<Candidate> all = candidates(now, true);
  const bool is_alone = std::all_of(all.begin(), all.end(),
                                    [](const Candidate& candidate) { return candidate.is_absent; });
  if (is_alone) return owners;  // Nobody is there to take anything.
  // What has no owner is placed at once, with nobody spared who has stood its time.
  owners = spread(owners, all, 0);
  const std::size_t batch = std::max<std::size_t>(1, owners.size() / limits_.batch_part);
  const auto give = [&](const std::vector<Candidate>& to, std::optional<Moment>& last,
                        Moment every) {
    Owners better = spread(owners, to, batch);
    if (better == owners) return;
    const Moment at = last ? *last + every : now;
    if (now < at) return look_at(at, now);
    last = now;
    owners = std::move(better);
    look_at(now + every, now);
  };
  const std::vector<Candidate> without_returning = candidates(now, false);
  give(without_returning, moved_at_, limits_.new_moves_every);
  if (all != without_returning) give(all, returned_at_, limits_.moves_every);
  return owners;
}

void Placement::look_at(Moment moment, Moment now) {
  if (moment > now) look_again_ = look_again_ ? std::min(*look_again_, moment) : moment;
}

}  // namespace settle::cluster
