// What the brokers say of a topic as a whole.
#pragma once

#include <chrono>
#include <string>

#include "daemon/base/result.h"
#include "daemon/kafka/settings.h"

namespace settle::kafka {

/// One of its settings as it is in force, such as "cleanup.policy". `not_found` where there is no
/// such topic or setting.
[[nodiscard]] Result<std::string> topic_setting(const Access& access, const std::string& topic,
                                                const std::string& setting,
                                                std::chrono::milliseconds patience);

}  // namespace settle::kafka
