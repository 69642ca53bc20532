// A topic of Kafka as a source: a log for each of its partitions, read by whoever owns partition
// `number modulo P` here, from the position that the owner's last commit holds. Kafka keeps no
// offset of ours and no group decides who reads.
//
//   a group of the reader's own partition    poured: it counts once, by its offset
//   another group                            emitted; the position waits until it is held
//   no event                                 buried, and written to the dead-letter topic
//   a position that the topic does not have  a gap: told, buried; what then is a setting
//
// With as many partitions as we have, and keys that are groups, everything is poured.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "daemon/base/result.h"
#include "daemon/kafka/settings.h"
#include "daemon/partition/loop.h"
#include "daemon/sources/source.h"

namespace settle::kafka {

enum class Start : std::uint8_t { earliest, latest };
enum class OnGap : std::uint8_t { stop, skip };

struct Settings {
  Access access;
  std::string topic;
  std::string dead_letter_topic;  // Empty: none.
  std::uint32_t partitions = 256;
  Start start = Start::latest;            // Where a log begins that was never read.
  OnGap on_gap = OnGap::stop;             // stop: nothing of it is read until this is changed.
  std::size_t in_flight_max = 50'000;     // Records read and not answered.
  std::size_t buffer_bytes = 64U << 20U;  // Fetched ahead, over all partitions.
  Duration again_after{50};               // After there was no room.
  Duration retry_after{1'000};            // After the cluster did not answer.
  Duration discover_every{60'000};        // Whether the topic has more partitions by now.
};

/// Fails where the client does not take the settings. Outlived by `clock`.
[[nodiscard]] Result<std::unique_ptr<Source>> open_kafka_source(Settings settings,
                                                                const Clock& clock);

}  // namespace settle::kafka
