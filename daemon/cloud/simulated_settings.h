// What a simulated cloud is like, and how it misbehaves: `clouds.NAME` of type simulated.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/cloud/chance.h"
#include "reconcilers/units.h"

namespace settle {

struct SimulatedSettings {
  Duration boot_time{45'000};       // A launch is ready no sooner than this...
  Duration boot_jitter{30'000};     // ...and no later than this beyond it.
  Duration call_time{100};          // Every call takes at least this...
  Duration call_jitter{100};        // ...and at most this beyond it.
  Duration reply_timeout{30'000};   // After so long a lost reply is known to be lost.
  Duration list_lag{};              // A change shows in listings at most this much later.
  std::uint32_t page_size = 1'000;  // Instances to a page of a listing.
  Odds omitted;                     // Listings that say they are complete lack an instance...
  Duration omitted_for{1'200'000};  // ...for about this long; by its id it is found all the same.
  Odds page_loss;                   // A page is lost: the listing says that it is not complete.
  std::uint32_t quota = 0;          // Instances in the whole cloud; zero: as many as are asked for.
  Odds error_rate;                  // A call is answered 429 or 5xx, and changes nothing.
  Odds error_at_birth;              // A launch ends in ERROR instead of ACTIVE.
  Odds lost_reply;                  // A call has its effect and its answer is lost.
  Odds lost_request;                // A call is lost before it has an effect.
  bool tokens = true;               // Two launches under one token are one instance.
  std::vector<std::string> zones;   // None: any zone exists.
  std::vector<std::string> full_zones;  // Zones without room for a launch.
  std::vector<std::string> pools;       // Of its load balancer; none: it has no balancer.
  Odds balancer_errors;                 // The balancer does not answer: a call to it, or a look.
  Duration failure_every{};  // An instance goes to ERROR by itself about this long after birth.
  Duration vanish_every{};   // Somebody else deletes it about this long after birth.
  std::uint64_t seed = 1;
  std::string state_file;  // Where it lives on when the daemon dies; empty: it does not.
  bool shared = false;     // Several daemons use the state_file, and are in one cloud.
};

/// One setting as documentation has it.
struct SettingNote {
  std::string_view key;
  std::string_view
      kind;  // "duration", "chance", "count", "true or false", "list of names", "path".
  std::string_view about;
};
/// Every setting, in order of key. What is not among them is an error.
[[nodiscard]] const std::vector<SettingNote>& simulated_setting_notes();

/// Reads them as configuration has them: durations "90s", chances "2%" or "0.02", lists "a, b".
/// Every error at once, one to a line.
[[nodiscard]] Result<SimulatedSettings> read_simulated_settings(
    const std::map<std::string, std::string>& settings);

}  // namespace settle
