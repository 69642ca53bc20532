// Nova's versioned notifications in the envelope of oslo.messaging 2.0, as hints that an instance
// of ours was made, has failed or is gone. A hint makes a group look sooner, and is never a fact.
// What it is about: https://docs.openstack.org/nova/latest/reference/notifications.html.
#pragma once

#include <optional>
#include <string_view>

#include "daemon/base/result.h"
#include "reconcilers/signal.h"

namespace settle::amqp {

/// None where it is about something else, or about an instance that does not bear the mark of a
/// group (`settle:group`, in metadata or as a tag). An error where it is no such notification.
[[nodiscard]] Result<std::optional<Signal>> read_nova_notification(std::string_view body,
                                                                   Time received);

}  // namespace settle::amqp
