#include "reconcilers/steadiness.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>

#include "reconcilers/adjust.h"
#include "reconcilers/history.h"

namespace settle {
namespace {

bool is_within(const Tolerance& tolerance, Capacity desired, Capacity number) {
  if (tolerance.amount.is_zero()) return false;
  const Decimal apart(std::abs(number - desired));
  if (!tolerance.is_percent) return apart <= tolerance.amount;
  return apart * Decimal(100) <= tolerance.amount * Decimal(desired);
}

/// One pass over one proposal: each method takes number_ further, and says what held it back.
class Pass {
 public:
  Pass(const Steadiness& setting, const Wanted& wanted, Agenda& agenda, Time now)
      : setting_(setting), wanted_(wanted), agenda_(agenda), now_(now) {
    result_.number = wanted.number;
  }

  void tolerate() {
    if (number() == desired()) return;
    const Tolerance& tolerance = pace().tolerance;
    if (wanted_.is_measured && tolerance.is_percent) return;
    if (!is_within(tolerance, desired(), number())) return;
    hold(desired(), Reason::within_tolerance,
         {{"tolerance", amount_text(tolerance.amount, tolerance.is_percent)},
          {"desired", std::int64_t{desired()}}});
  }

  void stabilise(const std::vector<Proposal>& recent) {
    if (number() == desired()) return;
    const bool grows = number() > desired();
    const Duration settle = pace().settle;
    if (settle <= Duration::zero()) return;
    Capacity extreme = number();
    std::optional<Time> until;
    for (std::size_t i = 0; i < recent.size(); ++i) {
      const Time leaves = wanted_until(recent, i, now_) + settle;
      const Capacity was = recent[i].number;
      if (leaves <= now_ || (grows ? was >= number() : was <= number())) continue;
      extreme = grows ? std::min(extreme, was) : std::max(extreme, was);
      until = std::max(until.value_or(leaves), leaves);
      agenda_.note(leaves);
    }
    Capacity held = grows ? std::max(desired(), extreme) : std::min(desired(), extreme);
    if (grows) held = std::max(held, std::min(wanted_.at_once, number()));
    if (held == number()) return;
    hold(held, Reason::settling, {{"settle", settle}});
    if (until) result_.facts.emplace_back("until", *until);
  }

  void limit_rate(const std::vector<Change>& changes) {
    if (number() == desired()) return;
    const bool grows = number() > desired();
    if (pace().select == RateSelect::disabled) {
      hold(desired(), Reason::step_limited, {{"limit", std::int64_t{0}}});
      return;
    }
    std::optional<Capacity> room;  // How far it may go, by the rule that holds.
    const RateRule* holds = nullptr;
    for (const RateRule& rule : pace().rules) {
      const Capacity far = reach(rule, changes, grows);
      const bool wants_far = pace().select == RateSelect::largest;
      if (!room || (wants_far ? far > *room : far < *room)) {
        room = far;
        holds = &rule;
      }
    }
    if (holds == nullptr || std::abs(number() - desired()) <= *room) return;
    const Capacity limited = grows ? desired() + *room : desired() - *room;
    note_room(*holds, changes);
    hold(limited, Reason::step_limited,
         {{"limit", amount_text(holds->amount, holds->is_percent)}, {"per", holds->per}});
  }

  /// Out never waits; in waits for both cooldowns.
  void cool_down(const std::vector<Change>& changes) {
    if (number() >= desired()) return;
    std::optional<Time> until;
    Duration cooldown{};
    for (const Change& change : changes) {
      const Duration own = (change.to > change.from ? setting_.out : setting_.in).cooldown;
      const Time end = change.at + own;
      if (end <= now_ || (until && end <= *until)) continue;
      until = end;
      cooldown = own;
    }
    if (!until) return;
    agenda_.note(*until);
    hold(desired(), Reason::cooling_down, {{"cooldown", cooldown}, {"until", *until}});
  }

  [[nodiscard]] Capacity number() const { return result_.number; }
  [[nodiscard]] Steadied take() { return std::move(result_); }

 private:
  [[nodiscard]] Capacity desired() const { return wanted_.desired; }
  [[nodiscard]] const Pace& pace() const {
    return number() > desired() ? setting_.out : setting_.in;
  }

  void hold(Capacity number, Reason reason, Facts facts) {
    result_ = {number, reason, std::move(facts)};
  }

  /// How far one rule lets the group go from where it is. The period's start counts, and what has
  /// been changed since in either direction; a change as old as the period no longer counts.
  [[nodiscard]] Capacity reach(const RateRule& rule, const std::vector<Change>& changes,
                               bool grows) const {
    Capacity start = desired();
    for (const Change& change : changes) {
      if (change.at > now_ - rule.per) start -= change.to - change.from;
    }
    start = std::max(start, 0);
    // A percentage lets at least one through, from nothing too: it could never begin otherwise.
    const Capacity amount = !rule.is_percent
                                ? percent_of(100, rule.amount)
                                : std::max(ceil_scaled(start, rule.amount, Decimal(100)), 1);
    const Capacity end = grows ? start + amount : start - amount;
    return std::max(grows ? end - desired() : desired() - end, 0);
  }

  void note_room(const RateRule& rule, const std::vector<Change>& changes) {
    agenda_.note(now_ + rule.per);
    for (const Change& change : changes) agenda_.note(change.at + rule.per);
  }

  const Steadiness& setting_;
  const Wanted& wanted_;
  Agenda& agenda_;
  Time now_;
  Steadied result_;
};

bool is_steady(const Pace& pace) {
  return pace.settle > Duration::zero() || pace.cooldown > Duration::zero() ||
         !pace.tolerance.amount.is_zero() || !pace.rules.empty() ||
         pace.select == RateSelect::disabled;
}

}  // namespace

bool is_steady(const Steadiness& setting) {
  return is_steady(setting.out) || is_steady(setting.in);
}

Duration longest_window(const Steadiness& setting) {
  return std::max(setting.out.settle, setting.in.settle);
}

Duration longest_period(const Steadiness& setting) {
  Duration longest{};
  for (const Pace* pace : {&setting.out, &setting.in}) {
    for (const RateRule& rule : pace->rules) longest = std::max(longest, rule.per);
  }
  return longest;
}

Duration longest_cooldown(const Steadiness& setting) {
  return std::max(setting.out.cooldown, setting.in.cooldown);
}

Steadied steadied(const Steadiness& setting, const Wanted& wanted, std::vector<Proposal>& recent,
                  const Past& past, Agenda& agenda) {
  const Time now = agenda.moment();
  Pass pass(setting, wanted, agenda, now);
  pass.tolerate();
  const Duration longest = longest_window(setting);
  // What is desired was wanted up to now: windows have something to begin from.
  if (recent.empty() && longest > Duration::zero()) {
    recent.push_back({now - Duration{1}, wanted.desired});
  }
  want(recent, now, pass.number(), longest);
  pass.stabilise(recent);
  pass.limit_rate(past.all);
  pass.cool_down(past.own);
  return pass.take();
}

Capacity added_within(const std::vector<Change>& changes, Duration cooldown, Time now) {
  Capacity added = 0;
  for (const Change& change : changes) {
    if (change.at + cooldown > now) added += std::max(change.to - change.from, 0);
  }
  return added;
}

std::string amount_text(const Decimal& amount, bool is_percent) {
  return is_percent ? amount.text() + "%" : amount.text();
}

}  // namespace settle
