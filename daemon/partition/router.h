// Which partition owns a group: the same function as Kafka's default partitioner, so that a topic
// with as many partitions needs no shuffle.
#pragma once

#include <cstdint>
#include <string_view>

namespace settle {

/// Murmur2 with Kafka's seed (org.apache.kafka.common.utils.Utils.murmur2).
[[nodiscard]] std::uint32_t murmur2(std::string_view key);

/// (murmur2(group) & 0x7fffffff) % partitions. REQUIRES: partitions > 0.
[[nodiscard]] std::uint32_t partition_of(std::string_view group, std::uint32_t partitions);

}  // namespace settle
