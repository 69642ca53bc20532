#include "reconcilers/health.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace settle {
namespace {

/// One reporter's word against the instance, and from when on it holds.
struct Vote {
  Time holds_at;
  Reason reason = Reason::instance_unhealthy;
  std::string_view reporter;
};

class Bench {
 public:
  Bench(const HealthSpec& spec, Time active_since, Time now)
      : spec_(spec),
        active_since_(active_since),
        counts_from_(active_since + spec.grace),
        now_(now) {}

  void hear(const RememberedHealth& report) {
    const std::optional<Standing> rule = rule_of(report.report.reporter);
    if (!rule) return;
    const std::optional<Time>& until = report.report.until;
    const bool is_against = report.report.status == HealthStatus::unhealthy;
    if (is_against && (!until || now_ < *until)) {
      ++ill_;
      const Time since = report.unhealthy_since.value_or(report.stamp.at);
      add(since + rule->lasting, Reason::instance_unhealthy, report.report.reporter);
      if (until) lapses_at_ = std::min(lapses_at_.value_or(*until), *until);
      return;
    }
    if (report.report.status == HealthStatus::unknown && counts_from_ <= now_) {
      diagnosis_.is_unknown = true;
    }
    if (!rule->names_the_ill) hear_nothing(report.stamp.at, report.report.reporter);
  }

  /// Those that are named and never said anything.
  void hear_silence(std::span<const RememberedHealth> reports) {
    if (spec_.silent_after <= Duration{}) return;
    for (const ReporterRule& rule : spec_.reporters) {
      if (rule.names_the_ill) continue;
      const bool was_heard = std::any_of(
          reports.begin(), reports.end(),
          [&rule](const RememberedHealth& report) { return report.report.reporter == rule.name; });
      if (!was_heard) hear_nothing(active_since_, rule.name);
    }
  }

  Diagnosis take() {
    diagnosis_.changes_at = lapses_at_;
    const auto wanted = static_cast<std::size_t>(std::max(spec_.agree, 1));
    diagnosis_.is_ill = ill_ >= wanted && counts_from_ <= now_;
    if (votes_.size() < wanted) return diagnosis_;
    // The verdict stands once the last of those that it takes does.
    std::stable_sort(votes_.begin(), votes_.end(),
                     [](const Vote& a, const Vote& b) { return a.holds_at < b.holds_at; });
    const Vote& last = votes_[wanted - 1];
    if (now_ < last.holds_at) {
      diagnosis_.changes_at = std::min(lapses_at_.value_or(last.holds_at), last.holds_at);
      return diagnosis_;
    }
    diagnosis_.is_condemned = true;
    diagnosis_.reason = last.reason;
    diagnosis_.reporter = last.reporter;
    return diagnosis_;
  }

 private:
  struct Standing {
    Duration lasting{};  // For how long it must say so.
    bool names_the_ill = false;
  };
  /// None if this reporter does not count.
  [[nodiscard]] std::optional<Standing> rule_of(std::string_view reporter) const {
    if (spec_.reporters.empty()) return Standing{spec_.unhealthy_for, false};
    for (const ReporterRule& rule : spec_.reporters) {
      if (rule.name == reporter) return Standing{rule.lasting, rule.names_the_ill};
    }
    return std::nullopt;
  }

  void hear_nothing(Time since, std::string_view reporter) {
    if (spec_.silent_after <= Duration{}) return;
    if (since + spec_.silent_after <= now_) ++ill_;
    add(since + spec_.silent_after, Reason::reports_silent, reporter);
  }

  void add(Time holds_at, Reason reason, std::string_view reporter) {
    votes_.push_back({std::max(holds_at, counts_from_), reason, reporter});
  }

  const HealthSpec& spec_;
  const Time active_since_;
  const Time counts_from_;
  const Time now_;
  std::size_t ill_ = 0;  // Votes against it now, whether or not they have lasted.
  std::vector<Vote> votes_;
  std::optional<Time> lapses_at_;  // The first that what is said against it is past, untold again.
  Diagnosis diagnosis_;
};

}  // namespace

Diagnosis diagnose(const HealthSpec& spec, std::span<const RememberedHealth> reports,
                   Time active_since, Time now) {
  if (reports.empty() && spec.silent_after <= Duration{}) return {};
  Bench bench(spec, active_since, now);
  for (const RememberedHealth& report : reports) bench.hear(report);
  bench.hear_silence(reports);
  return bench.take();
}

void watch_relapses(const HealthSpec& spec, InstanceMemory& memory, Diagnosis& diagnosis,
                    Time now) {
  if (spec.relapses <= 0) {
    memory.is_sick = false;
    memory.relapses.clear();
    return;
  }
  std::erase_if(memory.relapses, [&](Time at) { return at + spec.relapses_within <= now; });
  if (diagnosis.is_ill && !memory.is_sick) memory.relapses.push_back(now);
  memory.is_sick = diagnosis.is_ill;
  const auto wanted = static_cast<std::size_t>(spec.relapses);
  if (memory.relapses.size() < wanted) return;
  const Time forgiven_at = memory.relapses[memory.relapses.size() - wanted] + spec.relapses_within;
  diagnosis.changes_at = std::min(diagnosis.changes_at.value_or(forgiven_at), forgiven_at);
  if (diagnosis.is_condemned) return;
  diagnosis.is_condemned = diagnosis.is_ill = true;
  diagnosis.reason = Reason::instance_relapsed;
}

}  // namespace settle
