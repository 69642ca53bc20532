#include "daemon/telemetry/notify.h"

#include <cstdint>

#include <systemd/sd-daemon.h>
#include <time.h>

namespace settle {
namespace {

// Without NOTIFY_SOCKET this fails quietly; there is nobody to tell that to.
void tell(const std::string& state) {
  (void)sd_notify(0, state.c_str());
}

}  // namespace

void notify_ready(const std::string& status) {
  tell("READY=1\nSTATUS=" + status);
}

void notify_reloading() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const std::int64_t microseconds = std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
  tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

void notify_waiting() {
  tell("STATUS=waiting for ZooKeeper\nEXTEND_TIMEOUT_USEC=30000000");
}

void notify_stopping() {
  tell("STOPPING=1\nSTATUS=draining");
}

void notify_alive() {
  tell("WATCHDOG=1");
}

void notify_status(const std::string& status) {
  tell("STATUS=" + status);
}

std::optional<std::chrono::microseconds> watchdog_period() {
  std::uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) <= 0) return std::nullopt;
  return std::chrono::microseconds(microseconds);
}

}  // namespace settle
