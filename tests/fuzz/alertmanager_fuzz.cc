// Notifications and lists of Alertmanager of any shape: refused, or alerts that can be named.
#include "daemon/sources/alerts/ledger.h"
#include "tests/fuzz/fuzz.h"

namespace settle::fuzz {
namespace {

constexpr Time noon{Duration{1'795'435'200'000}};

void examine_notice(const alerts::Notice& notice, bool is_list) {
  alerts::Ledger ledger;
  for (const alerts::Alert& alert : notice.alerts) {
    must(!alert.id.empty() && alert.id.size() <= 256, "an alert has a name");
    must(alert.starts.has_value(), "an alert has a beginning");
    must(!is_list || alert.state == AlarmState::firing, "what is listed fires");
    if (ledger.admits(alert, noon)) ledger.note(alert, noon);
  }
  for (const alerts::Unreadable& one : notice.unreadable) {
    must(!one.reason.empty(), "what cannot be read says why");
  }
  for (const alerts::Alert& alert : ledger.differences({}, noon + Duration{1}, Duration{1})) {
    must(alert.state == AlarmState::resolved, "what is in no list has ended");
  }
}

}  // namespace

void examine(std::string_view input) {
  if (const auto notice = alerts::read_alertmanager(input)) examine_notice(*notice, false);
  if (const auto list = alerts::read_alert_list(input)) examine_notice(*list, true);
}

}  // namespace settle::fuzz
