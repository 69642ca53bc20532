#include "tests/servers/kafka.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <stdexcept>

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>
#include <unistd.h>

#include "tests/intake/eventually.h"
#include "tests/places.h"

namespace settle::servers {
namespace {

namespace fs = std::filesystem;

constexpr const char* java = "/usr/bin/java";
constexpr const char* cluster_id = "c2V0dGxlLXRlc3RzLTAwMQ";  // 16 bytes, as Kafka writes them.

fs::path jars() {
  return fs::path(source_folder()) / "build" / "kafka";
}

std::vector<std::string> command(const std::string& main, const std::vector<std::string>& rest) {
  std::vector<std::string> words{java,
                                 "-Xmx256m",
                                 "-XX:+UseSerialGC",
                                 "-XX:TieredStopAtLevel=1",
                                 "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                                 "-cp",
                                 (jars() / "*").string(),
                                 main};
  words.insert(words.end(), rest.begin(), rest.end());
  return words;
}

/// One request of an administrator, answered or failed.
class Admin {
 public:
  explicit Admin(const std::string& brokers) {
    std::array<char, 256> words{};
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, nullptr);
    rd_kafka_conf_set(conf, "bootstrap.servers", brokers.c_str(), words.data(), words.size());
    client_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, words.data(), words.size());
    queue_ = rd_kafka_queue_new(client_);
  }
  ~Admin() {
    rd_kafka_queue_destroy(queue_);
    rd_kafka_destroy(client_);
  }
  Admin(const Admin&) = delete;
  Admin& operator=(const Admin&) = delete;

  bool ask(const std::function<void(rd_kafka_t*, rd_kafka_queue_t*)>& request) {
    request(client_, queue_);
    rd_kafka_event_t* answer = rd_kafka_queue_poll(queue_, 10'000);
    const bool is_done =
        answer != nullptr && rd_kafka_event_error(answer) == RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_event_destroy(answer);
    return is_done;
  }
  bool knows_itself() {
    const rd_kafka_metadata_t* metadata = nullptr;
    const bool is_known =
        rd_kafka_metadata(client_, 0, nullptr, &metadata, 1'000) == RD_KAFKA_RESP_ERR_NO_ERROR &&
        metadata->broker_cnt > 0;
    if (metadata != nullptr) rd_kafka_metadata_destroy(metadata);
    return is_known;
  }
  /// How many partitions of a topic have a leader, by the broker's own word.
  int partitions_led(const std::string& topic) {
    const rd_kafka_metadata_t* metadata = nullptr;
    if (rd_kafka_metadata(client_, 1, nullptr, &metadata, 1'000) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return -1;
    }
    int led = 0;
    for (int at = 0; at < metadata->topic_cnt; ++at) {
      const rd_kafka_metadata_topic& found = metadata->topics[at];
      if (topic != found.topic) continue;
      for (int one = 0; one < found.partition_cnt; ++one) {
        if (found.partitions[one].leader >= 0) ++led;
      }
    }
    rd_kafka_metadata_destroy(metadata);
    return led;
  }

 private:
  rd_kafka_t* client_ = nullptr;
  rd_kafka_queue_t* queue_ = nullptr;
};

}  // namespace

bool Kafka::is_available() {
  return ::access(java, X_OK) == 0 && fs::exists(jars() / "complete");
}

Kafka::Kafka() : folder_(new_folder("kafka")) {
  const std::vector<int> ports = free_ports(2);
  port_ = ports[0];
  std::ofstream(folder_ + "/server.properties") << fmt::format(
      "process.roles=broker,controller\nnode.id=1\n"
      "controller.quorum.voters=1@127.0.0.1:{1}\ncontroller.listener.names=CONTROLLER\n"
      "listeners=PLAINTEXT://127.0.0.1:{0},CONTROLLER://127.0.0.1:{1}\n"
      "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT\n"
      "log.dirs={2}/logs\nauto.create.topics.enable=false\n"
      "offsets.topic.replication.factor=1\ntransaction.state.log.replication.factor=1\n"
      "transaction.state.log.min.isr=1\ngroup.initial.rebalance.delay.ms=0\n"
      "controlled.shutdown.enable=false\nlog.segment.delete.delay.ms=100\n",
      ports[0], ports[1], folder_);
  Child format(command("kafka.tools.StorageTool",
                       {"format", "-t", cluster_id, "-c", folder_ + "/server.properties"}),
               folder_ + "/format.log");
  if (format.wait() != 0) throw std::runtime_error("Kafka's folder cannot be formatted");
  start();
}

Kafka::~Kafka() {
  kill();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void Kafka::start() {
  child_ = std::make_unique<Child>(command("kafka.Kafka", {folder_ + "/server.properties"}),
                                   folder_ + "/log");
  if (!waits_until_it_serves()) throw std::runtime_error("Kafka does not serve");
}

void Kafka::kill() {
  child_.reset();
}

bool Kafka::waits_until_it_serves() const {
  Admin admin(brokers());
  return eventually([&] { return is_open(port_) && admin.knows_itself(); },
                    std::chrono::seconds(90));
}

std::string Kafka::brokers() const {
  return fmt::format("127.0.0.1:{}", port_);
}

void Kafka::create_topic(const std::string& name, int partitions,
                         const std::map<std::string, std::string>& settings) const {
  std::array<char, 256> words{};
  rd_kafka_NewTopic_t* topic =
      rd_kafka_NewTopic_new(name.c_str(), partitions, 1, words.data(), words.size());
  for (const auto& [key, value] : settings) {
    (void)rd_kafka_NewTopic_set_config(topic, key.c_str(), value.c_str());
  }
  Admin admin(brokers());
  const bool is_done = admin.ask([&](rd_kafka_t* client, rd_kafka_queue_t* queue) {
    rd_kafka_CreateTopics(client, &topic, 1, nullptr, queue);
  }) && eventually([&] { return admin.partitions_led(name) == partitions; });
  rd_kafka_NewTopic_destroy(topic);
  if (!is_done) throw std::runtime_error("no topic " + name);
}

void Kafka::delete_topic(const std::string& name) const {
  rd_kafka_DeleteTopic_t* topic = rd_kafka_DeleteTopic_new(name.c_str());
  // One that is made again under its name must not be taken for this one.
  Admin admin(brokers());
  (void)admin.ask([&](rd_kafka_t* client, rd_kafka_queue_t* queue) {
    rd_kafka_DeleteTopics(client, &topic, 1, nullptr, queue);
  });
  (void)eventually([&] { return admin.partitions_led(name) == 0; });
  rd_kafka_DeleteTopic_destroy(topic);
}

void Kafka::delete_records(const std::string& topic, int partition, std::int64_t before) const {
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset = before;
  rd_kafka_DeleteRecords_t* records = rd_kafka_DeleteRecords_new(list);
  (void)Admin(brokers()).ask([&](rd_kafka_t* client, rd_kafka_queue_t* queue) {
    rd_kafka_DeleteRecords(client, &records, 1, nullptr, queue);
  });
  rd_kafka_DeleteRecords_destroy(records);
  rd_kafka_topic_partition_list_destroy(list);
}

}  // namespace settle::servers
