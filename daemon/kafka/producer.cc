#include "daemon/kafka/producer.h"

#include <array>
#include <atomic>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "daemon/kafka/handles.h"

namespace settle::kafka {
namespace {

Error failed(const std::string& topic, rd_kafka_resp_err_t why) {
  // What a record itself is wrong with, no waiting mends.
  const bool is_final = why == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
                        why == RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE ||
                        why == RD_KAFKA_RESP_ERR_INVALID_RECORD;
  const bool is_over = why == RD_KAFKA_RESP_ERR__FATAL;
  return {is_over    ? ErrorCode::fenced
          : is_final ? ErrorCode::invalid
                     : ErrorCode::unavailable,
          fmt::format("topic {}: {}", topic, rd_kafka_err2str(why))};
}

}  // namespace

struct Producer::Client {
  rd_kafka_t* handle = nullptr;
  std::atomic<bool> is_stopping{false};
  std::thread thread;

  ~Client() {
    is_stopping = true;
    if (handle != nullptr) rd_kafka_yield(handle);
    if (thread.joinable()) thread.join();
    if (handle == nullptr) return;
    (void)rd_kafka_purge(handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    while (rd_kafka_outq_len(handle) > 0) (void)rd_kafka_poll(handle, 100);
    rd_kafka_destroy(handle);
  }
  void run() {
    while (!is_stopping) (void)rd_kafka_poll(handle, 100);
  }
  static void on_report(rd_kafka_t* /*handle*/, const rd_kafka_message_t* message, void* /*self*/) {
    const std::unique_ptr<Done> done(static_cast<Done*>(message->_private));
    const bool is_purged = message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
                           message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
    if (is_purged) return (*done)(Error{ErrorCode::unknown_outcome, "the producer has ended"});
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return (*done)(std::monostate());
    (*done)(failed(rd_kafka_topic_name(message->rkt), message->err));
  }
};

Producer::Producer(std::unique_ptr<Client> client) : client_(std::move(client)) {}
Producer::~Producer() = default;

Result<std::unique_ptr<Producer>> Producer::open(const Access& access) {
  auto client = std::make_unique<Client>();
  Result<Conf> conf = make_conf(access, {{"enable.idempotence", "true"},
                                         {"acks", "all"},
                                         {"partitioner", "murmur2_random"},
                                         {"linger.ms", "5"},
                                         {"message.timeout.ms", "30000"},
                                         {"queue.buffering.max.messages", "100000"},
                                         {"queue.buffering.max.kbytes", "65536"},
                                         {"reconnect.backoff.ms", "100"},
                                         {"reconnect.backoff.max.ms", "5000"}});
  if (!conf) return conf.error();
  rd_kafka_conf_set_dr_msg_cb(conf->get(), Client::on_report);
  rd_kafka_conf_set_opaque(conf->get(), client.get());
  const Result<rd_kafka_t*> handle = make_client(RD_KAFKA_PRODUCER, std::move(*conf));
  if (!handle) return handle.error();
  client->handle = *handle;
  client->thread = std::thread([at = client.get()] { at->run(); });
  return std::unique_ptr<Producer>(new Producer(std::move(client)));
}

void Producer::send(const Outgoing& record, Done done) {
  rd_kafka_headers_t* headers = rd_kafka_headers_new(record.headers.size());
  for (const auto& [name, value] : record.headers) {
    (void)rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                              static_cast<ssize_t>(value.size()));
  }
  auto waiting = std::make_unique<Done>(std::move(done));
  const rd_kafka_resp_err_t taken = rd_kafka_producev(
      client_->handle, RD_KAFKA_V_TOPIC(record.topic.c_str()),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
      RD_KAFKA_V_KEY(record.key.empty() ? nullptr : record.key.data(), record.key.size()),
      RD_KAFKA_V_VALUE(const_cast<char*>(record.value.data()), record.value.size()),
      RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(waiting.get()), RD_KAFKA_V_END);
  if (taken == RD_KAFKA_RESP_ERR_NO_ERROR) {
    (void)waiting.release();  // The report's now.
    return;
  }
  rd_kafka_headers_destroy(headers);
  (*waiting)(failed(record.topic, taken));
}

}  // namespace settle::kafka
