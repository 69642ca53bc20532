// What a group would decide if some things were otherwise: one round of the engine on a copy of its
// state, with claims laid over it. Nothing is remembered, committed or sent.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "daemon/admin/http.h"
#include "reconcilers/signal.h"

namespace settle {

struct GroupView;

struct Supposition {
  std::vector<std::pair<std::string, Reading>>
      signals;  // By signal, or by the policy that reads it.
  // So many serving instances are dead, the oldest first; the rest share their load, so that means
  // over instances read more.
  Capacity kill = 0;
  std::vector<std::pair<std::string, AlarmState>> alarms;  // By alarm, or by its policy.
  std::vector<std::string> firings;                        // Webhook policies, once each.
  std::optional<Capacity> hold;
  std::string at;  // RFC 3339, a local time of the group, or a time from now on; empty: now.
};

/// set=SIGNAL=90,OTHER=none & kill=3 & alarm=NAME=firing & fire=POLICY & hold=12 & at=TIME; or a
/// sentence about what cannot be read.
[[nodiscard]] std::variant<Supposition, std::string> read_supposition(
    const std::map<std::string, std::string>& query);

/// {"group", "at", "supposed": [...], "decision": {...}, "text": the whole ladder}. A problem
/// document where the group has no such signal, alarm or policy, or has not been looked at.
///
/// Signals keep their ages: at a later time they read what they read now. Instances are those of
/// now, however much later it is.
[[nodiscard]] HttpResponse what_if(const GroupView& view, const Supposition& supposed, Time now);

}  // namespace settle
