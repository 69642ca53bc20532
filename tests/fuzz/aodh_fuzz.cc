// Notifications of Aodh of any shape: refused, or one alarm with its name.
#include "daemon/sources/alerts/notice.h"
#include "tests/fuzz/fuzz.h"

namespace settle::fuzz {

void examine(std::string_view input) {
  const auto notice = alerts::read_aodh(input);
  if (!notice) return must(!notice.error().message.empty(), "what is refused says why");
  must(notice->alerts.size() == 1, "one notification is of one alarm");
  must(notice->alerts[0].id == notice->alerts[0].labels.at("alarm_id"), "it is the alarm's own");
}

}  // namespace settle::fuzz
