#include "daemon/admin/order_note.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "reconcilers/fold.h"

namespace settle {
namespace {

bool is_absent(const GroupView& view, const InstanceId& id) {
  if (!view.seen || !view.seen->is_complete) return false;
  const auto& seen = view.seen->instances;
  return std::none_of(seen.begin(), seen.end(),
                      [&](const Instance& instance) { return instance.id == id; });
}

std::string absence_note(const GroupView& view, const InstanceId& id, std::string_view what) {
  if (!is_absent(view, id)) return {};
  return fmt::format("{} has no instance \"{}\" now: the {} waits for one of that name",
                     view.spec->id.value, id.value, what);
}

std::string hold_note(const GroupView& view, const HoldOrder& order) {
  const std::string& group = view.spec->id.value;
  if (order.lifted) return {};
  const Range limits = view.last ? view.last->limits : view.spec->limits;
  std::string note;
  if (order.number > limits.max) {
    note = fmt::format("The maximum of {} now makes that {}.", group, limits.max);
  } else if (order.number < limits.min) {
    note = fmt::format("The minimum of {} now makes that {}.", group, limits.min);
  }
  if (has_measure(*view.spec)) return note;
  return note + (note.empty() ? "" : " ") +
         fmt::format(
             "When the hold ends, {} stays at its number until something else "
             "moves it: it has no target or steps policy.",
             group);
}

}  // namespace

std::optional<std::string> order_refusal(const GroupView& view, const Claim& claim) {
  const auto* answer = std::get_if<LifecycleClaim>(&claim);
  if (answer == nullptr) return std::nullopt;
  std::vector<std::string_view> names;
  for (const HookSpec& hook : view.spec->hooks) {
    if (hook.name == answer->hook) return std::nullopt;
    names.emplace_back(hook.name);
  }
  return fmt::format(
      "{} has no hook \"{}\": {}", view.spec->id.value, answer->hook,
      names.empty() ? "it has none at all." : fmt::format("it has {}.", fmt::join(names, ", ")));
}

std::string order_note(const GroupView& view, const Claim& claim) {
  if (const auto* said = std::get_if<InstanceOrder>(&claim)) {
    return absence_note(view, said->instance, "order");
  }
  if (const auto* answer = std::get_if<LifecycleClaim>(&claim)) {
    return absence_note(view, answer->instance, "answer");
  }
  const auto* hold = std::get_if<HoldOrder>(&claim);
  return hold == nullptr ? std::string() : hold_note(view, *hold);
}

}  // namespace settle
