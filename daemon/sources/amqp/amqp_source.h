// Queues of an AMQP broker (RabbitMQ) as a source. A message is acked once the commit is there that
// holds its event; until then the broker has it, and gives it to the next consumer if this one is
// lost. What is no event is rejected, to the queue's dead-letter exchange, and buried.
//
//   events  CloudEvents on queues QUEUE.0 to QUEUE.(P-1): each is read by whoever owns the
//   partition
//           of its number. Whose group an event is of does not matter: it goes to its owner.
//   nova    notifications of Nova on one queue, read by whoever owns partition 0, as hints
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "daemon/partition/loop.h"
#include "daemon/sources/amqp/connection.h"
#include "daemon/sources/source.h"

namespace settle::amqp {

enum class Speaks : std::uint8_t { events, nova };

struct Settings {
  Address address;
  Speaks speaks = Speaks::events;
  std::string queue;
  std::string dead_letter_exchange;  // Of queues that are made here; empty: none.
  std::string exchange;              // The nova queue is bound to it by these keys.
  std::vector<std::string> keys;
  std::uint32_t partitions = 256;
  std::uint16_t in_flight_max = 2'000;  // Messages that are not acked; the broker keeps to it too.
  Duration again_after{50};             // After there was no room.
  Duration retry_after{500};            // After the broker was lost; doubles up to the next.
  Duration retry_most{30'000};
  Duration count_every{5'000};  // How often the queues' lengths are asked for.
};

/// Outlived by `clock`.
[[nodiscard]] std::unique_ptr<Source> open_amqp_source(Settings settings, const Clock& clock);

}  // namespace settle::amqp
