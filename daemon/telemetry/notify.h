// What systemd is told (sd_notify). Without systemd every call does nothing.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace settle {

void notify_ready(const std::string& status);
void notify_reloading();
/// Not ready for as long as something is waited for; whoever started us need not give up.
void notify_waiting();
void notify_stopping();
void notify_alive();
void notify_status(const std::string& status);

/// How long systemd waits for a sign of life; none if it does not.
[[nodiscard]] std::optional<std::chrono::microseconds> watchdog_period();

}  // namespace settle
