#include "daemon/kafka/consumer.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <utility>

#include <fmt/format.h>

#include "daemon/kafka/handles.h"

namespace settle::kafka {
namespace {

using Topic = std::unique_ptr<rd_kafka_topic_t, Destroy<rd_kafka_topic_destroy>>;

constexpr std::size_t batch_max = 4'096;
// librdkafka 2.0 fetches again only a second after it had enough (its issue 2879). So the bytes
// alone bound what is fetched ahead, and never the number of records.
constexpr const char* no_bound = "10000000";

Error failed(const std::string& what, rd_kafka_resp_err_t why) {
  const bool is_gone =
      why == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || why == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
  return {is_gone ? ErrorCode::not_found : ErrorCode::unavailable,
          fmt::format("{}: {}", what, rd_kafka_err2str(why))};
}

int milliseconds(Patience patience) {
  return static_cast<int>(std::max<Patience::rep>(patience.count(), 1));
}

std::string_view view_of(const void* bytes, std::size_t size) {
  return {static_cast<const char*>(bytes), size};
}

/// In the caller's record, so that its vectors keep their room.
void read_record(const rd_kafka_message_t& message, Record& record) {
  record.partition = message.partition;
  record.offset = message.offset;
  record.key.reset();
  record.value.reset();
  record.at.reset();
  record.headers.clear();
  if (message.key != nullptr) record.key = view_of(message.key, message.key_len);
  if (message.payload != nullptr) record.value = view_of(message.payload, message.len);
  rd_kafka_timestamp_type_t type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const std::int64_t at = rd_kafka_message_timestamp(&message, &type);
  if (type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE && at >= 0) record.at = Time(Duration(at));
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t at_header = 0; rd_kafka_header_get_all(headers, at_header, &name, &value,
                                                          &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++at_header) {
    record.headers.emplace_back(name, value == nullptr ? std::string_view() : view_of(value, size));
  }
}

Notice read_notice(const rd_kafka_message_t& message) {
  Notice notice;
  notice.partition = message.partition;
  notice.offset = message.offset;
  if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return notice;
  const bool is_gone = message.err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
                       message.err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE;
  notice.kind = is_gone ? Notice::Kind::no_such : Notice::Kind::failing;
  notice.text = rd_kafka_err2str(message.err);
  return notice;
}

}  // namespace

/// One partition that is read, with a queue of its own: whoever is held back keeps what was fetched
/// for it, which pausing would throw away, and is in nobody's way.
struct Consumer::Stream {
  explicit Stream(Client& reader, Queue made) : client(reader), queue(std::move(made)) {}
  ~Stream() { rd_kafka_queue_cb_event_enable(queue.get(), nullptr, nullptr); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  static void on_event(rd_kafka_t* handle, void* self);

  Client& client;
  Queue queue;
  std::atomic<bool> has_more{true};
  bool is_held = false;
};

struct Consumer::Client {
  std::string topic;
  std::function<void()> on_ready;
  std::mutex mutex;
  std::string trouble;  // Guarded by mutex.
  rd_kafka_t* handle = nullptr;
  Queue main;
  Topic topic_handle;
  std::map<std::int32_t, std::unique_ptr<Stream>> streams;  // By partition.
  std::int32_t last = -1;                                   // Whose turn it was.
  std::vector<rd_kafka_message_t*> batch = std::vector<rd_kafka_message_t*>(batch_max);
  Record record;

  ~Client() {
    if (handle == nullptr) return;
    rd_kafka_queue_cb_event_enable(main.get(), nullptr, nullptr);
    for (const auto& [partition, stream] : streams) {
      (void)rd_kafka_consume_stop(topic_handle.get(), partition);
    }
    streams.clear();
    topic_handle.reset();
    main.reset();
    rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  }

  static void on_event(rd_kafka_t* /*handle*/, void* self) {
    static_cast<Client*>(self)->on_ready();
  }
  static void on_error(rd_kafka_t* /*handle*/, int error, const char* reason, void* self) {
    auto* client = static_cast<Client*>(self);
    const std::lock_guard lock(client->mutex);
    client->trouble =
        fmt::format("{}: {}", rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(error)), reason);
  }
  std::size_t read(Stream& stream, std::size_t most, const Visits& visits) {
    const std::size_t room = std::min(most, batch.size());
    const ssize_t got = rd_kafka_consume_batch_queue(stream.queue.get(), 0, batch.data(), room);
    if (got <= 0) return 0;
    if (static_cast<std::size_t>(got) == room) stream.has_more = true;
    for (std::size_t at = 0; at < static_cast<std::size_t>(got); ++at) {
      const rd_kafka_message_t& message = *batch[at];
      if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        visits.notice(read_notice(message));
      } else {
        read_record(message, record);
        visits.record(record);
      }
      rd_kafka_message_destroy(batch[at]);
    }
    return static_cast<std::size_t>(got);
  }
  [[nodiscard]] PartitionList list(const std::vector<std::int32_t>& partitions,
                                   std::int64_t offset) const {
    PartitionList made(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
    for (const std::int32_t partition : partitions) {
      rd_kafka_topic_partition_list_add(made.get(), topic.c_str(), partition)->offset = offset;
    }
    return made;
  }
};

void Consumer::Stream::on_event(rd_kafka_t* /*handle*/, void* self) {
  auto* stream = static_cast<Stream*>(self);
  stream->has_more = true;
  stream->client.on_ready();
}

Consumer::Consumer(std::unique_ptr<Client> client) : client_(std::move(client)) {}
Consumer::~Consumer() = default;

Result<std::unique_ptr<Consumer>> Consumer::open(const Access& access, std::string topic,
                                                 int buffer_kilobytes,
                                                 std::function<void()> on_ready) {
  auto client = std::make_unique<Client>();
  client->topic = std::move(topic);
  client->on_ready = std::move(on_ready);
  Result<Conf> conf =
      make_conf(access, {{"enable.auto.commit", "false"},
                         {"enable.auto.offset.store", "false"},
                         {"auto.offset.reset", "error"},
                         {"isolation.level", "read_committed"},
                         {"enable.partition.eof", "true"},
                         {"queued.min.messages", no_bound},
                         {"queued.max.messages.kbytes", std::to_string(buffer_kilobytes)},
                         {"fetch.wait.max.ms", "100"},
                         {"fetch.error.backoff.ms", "200"},
                         {"reconnect.backoff.ms", "100"},
                         {"reconnect.backoff.max.ms", "5000"}});
  if (!conf) return conf.error();
  rd_kafka_conf_set_error_cb(conf->get(), Client::on_error);
  rd_kafka_conf_set_opaque(conf->get(), client.get());
  const Result<rd_kafka_t*> handle = make_client(RD_KAFKA_CONSUMER, std::move(*conf));
  if (!handle) return handle.error();
  client->handle = *handle;
  client->main.reset(rd_kafka_queue_get_main(*handle));
  client->topic_handle.reset(rd_kafka_topic_new(*handle, client->topic.c_str(), nullptr));
  if (!client->topic_handle) {
    return failed("topic " + client->topic, rd_kafka_last_error());
  }
  rd_kafka_queue_cb_event_enable(client->main.get(), Client::on_event, client.get());
  return std::unique_ptr<Consumer>(new Consumer(std::move(client)));
}

Result<std::int32_t> Consumer::partitions(Patience patience) {
  const rd_kafka_metadata_t* metadata = nullptr;
  const rd_kafka_resp_err_t asked = rd_kafka_metadata(
      client_->handle, 0, client_->topic_handle.get(), &metadata, milliseconds(patience));
  if (asked != RD_KAFKA_RESP_ERR_NO_ERROR) return failed("the brokers do not answer", asked);
  rd_kafka_resp_err_t why = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
  std::int32_t count = 0;
  if (metadata->topic_cnt == 1) {
    why = metadata->topics[0].err;
    count = metadata->topics[0].partition_cnt;
  }
  rd_kafka_metadata_destroy(metadata);
  if (why != RD_KAFKA_RESP_ERR_NO_ERROR) return failed("topic " + client_->topic, why);
  return count;
}

PartitionOffsets Consumer::offsets(const std::vector<std::int32_t>& partitions, End end,
                                   Patience patience) {
  // The protocol's own way to ask for either end is a timestamp that is none.
  const PartitionList list = client_->list(
      partitions, end == End::first ? RD_KAFKA_OFFSET_BEGINNING : RD_KAFKA_OFFSET_END);
  PartitionOffsets found;
  if (partitions.empty()) return found;
  (void)rd_kafka_offsets_for_times(client_->handle, list.get(), milliseconds(patience));
  for (int at = 0; at < list->cnt; ++at) {
    const rd_kafka_topic_partition_t& one = list->elems[at];
    if (one.err == RD_KAFKA_RESP_ERR_NO_ERROR && one.offset >= 0) found[one.partition] = one.offset;
  }
  return found;
}

Status Consumer::assign(const PartitionOffsets& from) {
  for (const auto& [partition, offset] : from) {
    auto stream = std::make_unique<Stream>(*client_, Queue(rd_kafka_queue_new(client_->handle)));
    rd_kafka_queue_cb_event_enable(stream->queue.get(), Stream::on_event, stream.get());
    if (rd_kafka_consume_start_queue(client_->topic_handle.get(), partition, offset,
                                     stream->queue.get()) != 0) {
      return failed(fmt::format("{}/{} cannot be read", client_->topic, partition),
                    rd_kafka_last_error());
    }
    client_->streams[partition] = std::move(stream);
  }
  return std::monostate();
}

void Consumer::unassign(const std::vector<std::int32_t>& partitions) {
  for (const std::int32_t partition : partitions) {
    const auto found = client_->streams.find(partition);
    if (found == client_->streams.end()) continue;
    (void)rd_kafka_consume_stop(client_->topic_handle.get(), partition);
    client_->streams.erase(found);
  }
}

void Consumer::hold(std::int32_t partition, bool is_held) {
  const auto found = client_->streams.find(partition);
  if (found != client_->streams.end()) found->second->is_held = is_held;
}

std::size_t Consumer::read(std::size_t most, const Visits& visits) {
  rd_kafka_poll(client_->handle, 0);
  auto& streams = client_->streams;
  std::size_t seen = 0;
  auto next = streams.upper_bound(client_->last);
  for (std::size_t asked = 0; asked < streams.size() && seen < most; ++asked, ++next) {
    if (next == streams.end()) next = streams.begin();
    client_->last = next->first;
    Stream& stream = *next->second;
    // Before it is read: what comes meanwhile says so again.
    if (stream.is_held || !stream.has_more.exchange(false)) continue;
    seen += client_->read(stream, most - seen, visits);
  }
  return seen;
}

std::optional<std::int64_t> Consumer::end_of(std::int32_t partition) const {
  std::int64_t low = 0;
  std::int64_t high = 0;
  const rd_kafka_resp_err_t known = rd_kafka_get_watermark_offsets(
      client_->handle, client_->topic.c_str(), partition, &low, &high);
  if (known != RD_KAFKA_RESP_ERR_NO_ERROR || high < 0) return std::nullopt;
  return high;
}

std::string Consumer::take_trouble() {
  const std::lock_guard lock(client_->mutex);
  return std::exchange(client_->trouble, {});
}

}  // namespace settle::kafka
