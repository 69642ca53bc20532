#include "reconcilers/interlock/interlock.h"

#include <algorithm>

namespace settle::interlock {
namespace {

const Member* find(const View& view, const std::string& id) {
  const auto at = std::lower_bound(view.members.begin(), view.members.end(), id,
                                   [](const Member& a, const std::string& b) { return a.id < b; });
  return at != view.members.end() && at->id == id ? &*at : nullptr;
}

Refusal judge_view(const Batch& batch) {
  if (!batch.view.is_complete) return Refusal::view_incomplete;
  const bool is_old = batch.view.at + batch.rules.view_age_max < batch.now;
  const bool is_ahead = batch.now < batch.view.at;
  if (is_old || is_ahead || batch.view.at < batch.view.wrote_at) return Refusal::view_stale;
  return Refusal::none;
}

Refusal judge_target(const Target& target, const Member* member) {
  if (target.id.empty()) return Refusal::target_empty;
  if (member == nullptr) return Refusal::target_unseen;
  if (!member->is_ours) return Refusal::target_not_ours;
  if (member->is_protected && target.is_voluntary) return Refusal::target_protected;
  return Refusal::none;
}

bool has_repetition(const std::vector<Target>& targets) {
  std::vector<std::string_view> ids(targets.size());
  std::transform(targets.begin(), targets.end(), ids.begin(),
                 [](const Target& target) { return std::string_view(target.id); });
  std::sort(ids.begin(), ids.end());
  return std::adjacent_find(ids.begin(), ids.end()) != ids.end();
}

// What is left in service, counting none that leaves already.
bool leaves_too_few(const Batch& batch) {
  std::int64_t serving = 0;
  for (const Member& member : batch.view.members) {
    if (member.is_ours && member.serves && !member.is_leaving) ++serving;
  }
  bool is_voluntary = false;
  for (const Target& target : batch.targets) {
    const Member* member = find(batch.view, target.id);
    const bool takes_one = member != nullptr && member->serves && !member->is_leaving;
    if (takes_one) --serving;
    is_voluntary = is_voluntary || (target.is_voluntary && (takes_one || batch.rules.is_counted));
  }
  return is_voluntary && serving < batch.rules.min;
}

}  // namespace

std::string_view name(Refusal refusal) {
  switch (refusal) {
    case Refusal::none:
      return "none";
    case Refusal::target_empty:
      return "target empty";
    case Refusal::target_repeated:
      return "target repeated";
    case Refusal::target_unseen:
      return "target unseen";
    case Refusal::target_not_ours:
      return "target not ours";
    case Refusal::target_protected:
      return "target protected";
    case Refusal::view_incomplete:
      return "view incomplete";
    case Refusal::view_stale:
      return "view stale";
    case Refusal::below_min:
      return "below min";
    case Refusal::rate_exceeded:
      return "rate exceeded";
  }
  return "unknown";
}

Verdict vet(const Batch& batch, const std::vector<Count>& counters) {
  Verdict verdict;
  verdict.counters = counters;
  if (batch.targets.empty()) return verdict;
  const auto refuse = [&verdict](Refusal refusal, const std::string& culprit) {
    verdict.refusal = refusal;
    verdict.culprit = culprit;
    return verdict;
  };
  if (const Refusal refusal = judge_view(batch); refusal != Refusal::none) {
    return refuse(refusal, {});
  }
  std::int64_t terminations = 0;
  for (const Target& target : batch.targets) {
    const Refusal refusal = judge_target(target, find(batch.view, target.id));
    if (refusal != Refusal::none) return refuse(refusal, target.id);
    if (target.is_termination) ++terminations;
  }
  if (has_repetition(batch.targets)) return refuse(Refusal::target_repeated, {});
  if (leaves_too_few(batch)) return refuse(Refusal::below_min, {});

  std::erase_if(verdict.counters, [&batch](const Count& count) {
    return count.at + batch.rules.rate.per <= batch.now;
  });
  if (!batch.rules.is_counted && terminations > 0) {
    std::int64_t counted = terminations;
    for (const Count& count : verdict.counters) counted += count.terminations;
    const std::int64_t limit = limit_of(batch.rules.rate, batch.rules.desired);
    if (counted > limit) {
      verdict.counters = counters;
      return refuse(Refusal::rate_exceeded, {});
    }
    verdict.counters.push_back({batch.now, terminations});
  }
  verdict.permits.reserve(batch.targets.size());
  for (const Target& target : batch.targets) verdict.permits.push_back(Permit(target.id));
  return verdict;
}

}  // namespace settle::interlock
