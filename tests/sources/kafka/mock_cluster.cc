#include "tests/sources/kafka/mock_cluster.h"

#include <array>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

namespace settle::kafka {

struct MockCluster::Handle {
  rd_kafka_t* client = nullptr;
  rd_kafka_mock_cluster_t* cluster = nullptr;
};

MockCluster::MockCluster(int brokers) : handle_(std::make_unique<Handle>()) {
  std::array<char, 256> words{};
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set_log_cb(conf, nullptr);
  handle_->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, words.data(), words.size());
  handle_->cluster = rd_kafka_mock_cluster_new(handle_->client, brokers);
}

MockCluster::~MockCluster() {
  rd_kafka_mock_cluster_destroy(handle_->cluster);
  rd_kafka_destroy(handle_->client);
}

std::string MockCluster::brokers() const {
  return rd_kafka_mock_cluster_bootstraps(handle_->cluster);
}

void MockCluster::create_topic(const std::string& name, int partitions) {
  rd_kafka_mock_topic_create(handle_->cluster, name.c_str(), partitions, 1);
}

void MockCluster::take_down(int broker) {
  rd_kafka_mock_broker_set_down(handle_->cluster, broker);
}

void MockCluster::bring_up(int broker) {
  rd_kafka_mock_broker_set_up(handle_->cluster, broker);
}

}  // namespace settle::kafka
