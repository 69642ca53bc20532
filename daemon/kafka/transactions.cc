#include "daemon/kafka/transactions.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "daemon/kafka/handles.h"

namespace settle::kafka {
namespace {

int milliseconds(std::chrono::milliseconds patience) {
  return static_cast<int>(std::max<std::int64_t>(patience.count(), 1));
}

bool is_fenced(rd_kafka_resp_err_t why) {
  return why == RD_KAFKA_RESP_ERR__FENCED || why == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH ||
         why == RD_KAFKA_RESP_ERR_PRODUCER_FENCED;
}

}  // namespace

struct Transactions::Client {
  rd_kafka_t* handle = nullptr;
  std::string name;
  std::int64_t end = 0;                                      // Of the batch under way.
  rd_kafka_resp_err_t refused = RD_KAFKA_RESP_ERR_NO_ERROR;  // The first of its rows.

  ~Client() {
    if (handle == nullptr) return;
    (void)rd_kafka_purge(handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    while (rd_kafka_outq_len(handle) > 0) (void)rd_kafka_poll(handle, 100);
    rd_kafka_destroy(handle);
  }
  static void on_report(rd_kafka_t* /*handle*/, const rd_kafka_message_t* message, void* self) {
    auto* client = static_cast<Client*>(self);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      client->end = std::max(client->end, message->offset + 1);
    } else if (client->refused == RD_KAFKA_RESP_ERR_NO_ERROR) {
      client->refused = message->err;
    }
  }
  [[nodiscard]] Error failed(ErrorCode code, rd_kafka_resp_err_t why) const {
    return {is_fenced(why) ? ErrorCode::fenced : code,
            fmt::format("{}: {}", name, rd_kafka_err2str(why))};
  }
  /// Whatever has been written of the batch counts for nothing.
  Error give_up(rd_kafka_resp_err_t why, std::chrono::milliseconds patience) const {
    const Failure failure(rd_kafka_abort_transaction(handle, milliseconds(patience)));
    if (!failure) return failed(ErrorCode::unavailable, why);
    // Whoever opens the name again ends what this could not.
    return failed(ErrorCode::unknown_outcome, rd_kafka_error_code(failure.get()));
  }
};

Transactions::Transactions(std::unique_ptr<Client> client) : client_(std::move(client)) {}
Transactions::~Transactions() = default;

Result<std::unique_ptr<Transactions>> Transactions::open(const Access& access,
                                                         const std::string& name,
                                                         std::chrono::milliseconds patience) {
  auto client = std::make_unique<Client>();
  client->name = name;
  Result<Conf> conf = make_conf(access, {{"transactional.id", name},
                                         {"acks", "all"},
                                         {"linger.ms", "0"},
                                         {"compression.type", "lz4"},
                                         {"transaction.timeout.ms", "30000"},
                                         {"message.timeout.ms", "20000"},
                                         {"queue.buffering.max.messages", "1000000"},
                                         {"queue.buffering.max.kbytes", "1048576"},
                                         {"reconnect.backoff.ms", "100"},
                                         {"reconnect.backoff.max.ms", "2000"}});
  if (!conf) return conf.error();
  rd_kafka_conf_set_dr_msg_cb(conf->get(), Client::on_report);
  rd_kafka_conf_set_opaque(conf->get(), client.get());
  const Result<rd_kafka_t*> handle = make_client(RD_KAFKA_PRODUCER, std::move(*conf));
  if (!handle) return handle.error();
  client->handle = *handle;
  const Failure failure(rd_kafka_init_transactions(client->handle, milliseconds(patience)));
  if (failure) return client->failed(ErrorCode::unavailable, rd_kafka_error_code(failure.get()));
  return std::unique_ptr<Transactions>(new Transactions(std::move(client)));
}

Result<std::int64_t> Transactions::write(const std::string& topic, std::int32_t partition,
                                         const std::vector<Row>& rows,
                                         std::chrono::milliseconds patience) {
  Client& client = *client_;
  client.end = 0;
  client.refused = RD_KAFKA_RESP_ERR_NO_ERROR;
  const Failure begun(rd_kafka_begin_transaction(client.handle));
  if (begun) return client.failed(ErrorCode::unknown_outcome, rd_kafka_error_code(begun.get()));
  for (const Row& row : rows) {
    // A null value is how a compacted topic says that a key is gone.
    void* value = row.value ? const_cast<char*>(row.value->data()) : nullptr;
    const std::size_t size = row.value ? row.value->size() : 0;
    const rd_kafka_resp_err_t taken = rd_kafka_producev(
        client.handle, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(row.key.data(), row.key.size()),
        RD_KAFKA_V_VALUE(value, size), RD_KAFKA_V_END);
    if (taken == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    Error error = client.give_up(taken, patience);
    if (taken == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) error.code = ErrorCode::invalid;
    return error;
  }
  (void)rd_kafka_flush(client.handle, milliseconds(patience));
  if (client.refused != RD_KAFKA_RESP_ERR_NO_ERROR) return client.give_up(client.refused, patience);
  const Failure failure(rd_kafka_commit_transaction(client.handle, milliseconds(patience)));
  if (!failure) return client.end;
  const rd_kafka_resp_err_t why = rd_kafka_error_code(failure.get());
  if (rd_kafka_error_txn_requires_abort(failure.get()) != 0) return client.give_up(why, patience);
  return client.failed(ErrorCode::unknown_outcome, why);
}

}  // namespace settle::kafka
