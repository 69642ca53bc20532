// From a message to a signal. Knows no broker.
#pragma once

#include <optional>

#include "daemon/base/result.h"
#include "daemon/sources/amqp/connection.h"
#include "reconcilers/signal.h"

namespace settle::amqp {

/// A CloudEvent: one JSON object, or, where the message has headers `cloudEvents:NAME` (or
/// `cloudEvents_NAME`), in them with the data as the body. One without a time bears the message's,
/// else `received`.
[[nodiscard]] Result<Signal> read_event(const Message& message, Time received);

}  // namespace settle::amqp
