// librdkafka's objects, each with its end; and its configuration made from ours.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <librdkafka/rdkafka.h>

#include "daemon/base/result.h"
#include "daemon/kafka/settings.h"

namespace settle::kafka {

template <auto destroy>
struct Destroy {
  template <typename T>
  void operator()(T* object) const {
    destroy(object);
  }
};

using Conf = std::unique_ptr<rd_kafka_conf_t, Destroy<rd_kafka_conf_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Destroy<rd_kafka_queue_destroy>>;
using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t,
                                      Destroy<rd_kafka_topic_partition_list_destroy>>;
using Failure = std::unique_ptr<rd_kafka_error_t, Destroy<rd_kafka_error_destroy>>;

/// `ours` holds over what the options say. The first setting that is refused is the error.
[[nodiscard]] Result<Conf> make_conf(const Access& access,
                                     const std::vector<std::pair<std::string, std::string>>& ours);

/// Takes the configuration. `kind` is a consumer's or a producer's.
[[nodiscard]] Result<rd_kafka_t*> make_client(rd_kafka_type_t kind, Conf conf);

}  // namespace settle::kafka
