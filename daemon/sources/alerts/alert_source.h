// Somebody else's alarms, as a source that is sent to: Alertmanager's webhook and Aodh's.
//
//   firing            the alarm of every policy that the alert's labels match; it ends by itself
//                     after `expire_after` unless it is told again
//   resolved          the same alarm, ended
//   insufficient data not known (Aodh)
//
// Each alert is claimed under its own id, so that two replicas that say the same say it once, and
// an alarm fires while any of its alerts does. 2xx only after the commits that hold all of it;
// anything else makes the sender ask again, and saying it again is harmless. A firing that a
// replica delivers after the end of the same firing is old news, within two minutes.
//
// Where Alertmanager's own address is known, it is asked what fires now: what was resolved and
// never said so ends, what fires and never got here begins.
//
// Knows nothing of what an alarm does.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "daemon/base/result.h"
#include "daemon/base/timers.h"
#include "daemon/partition/loop.h"
#include "daemon/sources/source.h"

namespace settle::alerts {

enum class Sender : std::uint8_t { alertmanager, aodh };

struct Settings {
  std::string name;  // Of the source, as configuration has it.
  Sender sender = Sender::alertmanager;
  Duration expire_after{28'800'000};  // Zero: what fires stands until it is told otherwise.
  std::string url;                    // Of Alertmanager; empty: it is not asked.
  Duration check_every{60'000};
  Duration timeout{5'000};
};

/// What a sender must show, read at each call: a bearer token, or the rest of the path. Where both
/// are empty, anybody who reaches the port may send.
struct Keys {
  std::string bearer_token;
  std::string path_key;
};
using KeySource = std::function<Result<Keys>()>;

/// `clock` and `timers` outlive the source.
[[nodiscard]] std::unique_ptr<HookSource> open_alert_source(Settings settings, KeySource keys,
                                                            const Clock& clock, Timers& timers);

}  // namespace settle::alerts
