// CloudEvents in a record of Kafka (the CloudEvents project's "Kafka Protocol Binding", 1.0): in
// headers with the data as the value, or as one JSON object in the value. Knows no broker.
#pragma once

#include <string>

#include "daemon/base/result.h"
#include "daemon/kafka/consumer.h"
#include "reconcilers/signal.h"

namespace settle::kafka {

/// An event without a time bears the record's, else `received`: read again it is the same event.
/// A value without any `ce_` header is one JSON object, whatever content type it claims.
[[nodiscard]] Result<Signal> read_event(const Record& record, Time received);

/// "topic/3@1041": how a record is named to people.
[[nodiscard]] std::string place_of(const std::string& topic, std::int32_t partition,
                                   std::int64_t offset);

}  // namespace settle::kafka
