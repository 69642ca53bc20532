// What somebody else's alarms say when they call: Alertmanager's webhook (version 4), its list of
// alerts (/api/v2/alerts), and Aodh's alarm notification. Pure: read strictly, decided nothing.
//
// Members that are not known are skipped, since senders grow; one that is known and of another kind
// than it should be is refused. Of many alerts, one that cannot be read spoils no other.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "reconcilers/signal.h"

namespace settle::alerts {

using Labels = std::map<std::string, std::string>;

struct Alert {
  std::string id;  // Names it among others: a fingerprint, an alarm's id.
  Labels labels;   // What policies match; alertname is among them.
  AlarmState state = AlarmState::no_data;
  std::optional<Time> starts;  // When this firing of it began; the same in every repetition.
  std::optional<Decimal> value;
};

/// An alert that cannot be read.
struct Unreadable {
  std::string id;
  std::string reason;
};

struct Notice {
  std::vector<Alert> alerts;
  std::vector<Unreadable> unreadable;
  // Of a group of alerts that was sent in part: there are so many more, all with these labels.
  std::size_t truncated = 0;
  std::string group_key;
  Labels common;
  bool any_fires = false;  // In the whole group.
};

/// The error says why nothing of it can be used.
[[nodiscard]] Result<Notice> read_alertmanager(std::string_view body);
/// Those that fire now; what silences or inhibits them has been left out by whoever asked.
[[nodiscard]] Result<Notice> read_alert_list(std::string_view body);
[[nodiscard]] Result<Notice> read_aodh(std::string_view body);

}  // namespace settle::alerts
