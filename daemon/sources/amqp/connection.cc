#include "daemon/sources/amqp/connection.h"

#include <array>
#include <utility>

#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <fmt/format.h>

namespace settle::amqp {
namespace {

constexpr amqp_channel_t channel = 1;
constexpr int heartbeat_seconds = 10;
constexpr timeval connect_time{5, 0};
constexpr timeval answer_time{10, 0};

amqp_bytes_t bytes_of(const std::string& text) {
  return {text.size(), const_cast<char*>(text.data())};
}
std::string text_of(amqp_bytes_t bytes) {
  return bytes.len == 0 ? std::string()
                        : std::string(static_cast<const char*>(bytes.bytes), bytes.len);
}

Error failed(const std::string& what, const std::string& why) {
  return {ErrorCode::unavailable, fmt::format("{}: {}", what, why)};
}

Status judge(const amqp_rpc_reply_t& reply, const std::string& what) {
  switch (reply.reply_type) {
    case AMQP_RESPONSE_NORMAL:
      return std::monostate();
    case AMQP_RESPONSE_LIBRARY_EXCEPTION:
      return failed(what, amqp_error_string2(reply.library_error));
    case AMQP_RESPONSE_SERVER_EXCEPTION:
      if (reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
        return failed(what,
                      text_of(static_cast<amqp_channel_close_t*>(reply.reply.decoded)->reply_text));
      }
      if (reply.reply.id == AMQP_CONNECTION_CLOSE_METHOD) {
        return failed(
            what, text_of(static_cast<amqp_connection_close_t*>(reply.reply.decoded)->reply_text));
      }
      return failed(what, "the broker refuses it");
    case AMQP_RESPONSE_NONE:
      break;
  }
  return failed(what, "no answer");
}

Status judge(int status, const std::string& what) {
  if (status == AMQP_STATUS_OK) return std::monostate();
  return failed(what, amqp_error_string2(status));
}

Message read_message(const amqp_envelope_t& envelope) {
  Message message;
  message.tag = envelope.delivery_tag;
  message.queue = text_of(envelope.consumer_tag);
  message.body = text_of(envelope.message.body);
  const amqp_basic_properties_t& given = envelope.message.properties;
  if ((given._flags & AMQP_BASIC_CONTENT_TYPE_FLAG) != 0) {
    message.content_type = text_of(given.content_type);
  }
  if ((given._flags & AMQP_BASIC_TIMESTAMP_FLAG) != 0) {
    message.at = Time(std::chrono::seconds(static_cast<std::int64_t>(given.timestamp)));
  }
  if ((given._flags & AMQP_BASIC_HEADERS_FLAG) == 0) return message;
  for (int at = 0; at < given.headers.num_entries; ++at) {
    const amqp_table_entry_t& entry = given.headers.entries[at];
    if (entry.value.kind != AMQP_FIELD_KIND_UTF8) continue;
    message.headers[text_of(entry.key)] = text_of(entry.value.value.bytes);
  }
  return message;
}

}  // namespace

struct Connection::State {
  amqp_connection_state_t handle = amqp_new_connection();
  ~State() {
    // Without a word: a broker that is away would be waited for.
    (void)amqp_destroy_connection(handle);
  }
};

Connection::Connection(std::unique_ptr<State> state) : state_(std::move(state)) {}
Connection::~Connection() = default;

Result<std::unique_ptr<Connection>> Connection::open(const Address& address,
                                                     std::uint16_t prefetch) {
  auto state = std::make_unique<State>();
  amqp_socket_t* socket = amqp_tcp_socket_new(state->handle);
  const std::string what = fmt::format("the broker {}:{}", address.host, address.port);
  (void)amqp_set_handshake_timeout(state->handle, &connect_time);
  (void)amqp_set_rpc_timeout(state->handle, &answer_time);
  timeval patience = connect_time;
  Status done =
      judge(amqp_socket_open_noblock(socket, address.host.c_str(), address.port, &patience), what);
  if (!done) return done.error();
  done = judge(amqp_login(state->handle, address.vhost.c_str(), 0, AMQP_DEFAULT_FRAME_SIZE,
                          heartbeat_seconds, AMQP_SASL_METHOD_PLAIN, address.user.c_str(),
                          address.password.c_str()),
               what);
  if (!done) return done.error();
  (void)amqp_channel_open(state->handle, channel);
  done = judge(amqp_get_rpc_reply(state->handle), what);
  if (!done) return done.error();
  (void)amqp_basic_qos(state->handle, channel, 0, prefetch, 1);
  done = judge(amqp_get_rpc_reply(state->handle), what);
  if (!done) return done.error();
  return std::unique_ptr<Connection>(new Connection(std::move(state)));
}

Status Connection::declare(const QueueWish& wish) {
  const std::string single = "x-single-active-consumer";
  const std::string letters = "x-dead-letter-exchange";
  std::array<amqp_table_entry_t, 2> entries{};
  int count = 0;
  const auto add = [&](const std::string& key) -> amqp_field_value_t& {
    amqp_table_entry_t& entry = entries.at(static_cast<std::size_t>(count++));
    entry.key = bytes_of(key);
    return entry.value;
  };
  if (wish.is_single) {
    amqp_field_value_t& value = add(single);
    value.kind = AMQP_FIELD_KIND_BOOLEAN;
    value.value.boolean = 1;
  }
  if (!wish.dead_letter_exchange.empty()) {
    amqp_field_value_t& value = add(letters);
    value.kind = AMQP_FIELD_KIND_UTF8;
    value.value.bytes = bytes_of(wish.dead_letter_exchange);
  }
  (void)amqp_queue_declare(state_->handle, channel, bytes_of(wish.name), 0, 1, 0, 0,
                           {count, entries.data()});
  Status done = judge(amqp_get_rpc_reply(state_->handle), "queue " + wish.name);
  for (const std::string& key : wish.keys) {
    if (!done) return done;
    (void)amqp_queue_bind(state_->handle, channel, bytes_of(wish.name), bytes_of(wish.exchange),
                          bytes_of(key), amqp_empty_table);
    done = judge(amqp_get_rpc_reply(state_->handle), "exchange " + wish.exchange);
  }
  return done;
}

Status Connection::consume(const std::string& queue) {
  // Its name is its consumer's tag, so that a message says where it is from.
  (void)amqp_basic_consume(state_->handle, channel, bytes_of(queue), bytes_of(queue), 0, 0, 0,
                           amqp_empty_table);
  return judge(amqp_get_rpc_reply(state_->handle), "queue " + queue);
}

Status Connection::cancel(const std::string& queue) {
  (void)amqp_basic_cancel(state_->handle, channel, bytes_of(queue));
  return judge(amqp_get_rpc_reply(state_->handle), "queue " + queue);
}

Result<std::optional<Message>> Connection::next(std::chrono::milliseconds patience) {
  amqp_maybe_release_buffers(state_->handle);
  amqp_envelope_t envelope{};
  const timeval wait{patience.count() / 1'000, (patience.count() % 1'000) * 1'000};
  const amqp_rpc_reply_t reply = amqp_consume_message(state_->handle, &envelope, &wait, 0);
  const bool is_late = reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION &&
                       reply.library_error == AMQP_STATUS_TIMEOUT;
  if (is_late) return std::optional<Message>();
  const Status done = judge(reply, "the broker");
  if (!done) return done.error();
  std::optional<Message> message = read_message(envelope);
  amqp_destroy_envelope(&envelope);
  return message;
}

Status Connection::ack(std::uint64_t tag) {
  return judge(amqp_basic_ack(state_->handle, channel, tag, 0), "an ack");
}
Status Connection::reject(std::uint64_t tag) {
  return judge(amqp_basic_reject(state_->handle, channel, tag, 0), "a rejection");
}
Status Connection::give_back(std::uint64_t tag) {
  return judge(amqp_basic_reject(state_->handle, channel, tag, 1), "a message given back");
}

Result<std::int64_t> Connection::waiting(const std::string& queue) {
  const amqp_queue_declare_ok_t* answer =
      amqp_queue_declare(state_->handle, channel, bytes_of(queue), 1, 0, 0, 0, amqp_empty_table);
  const Status done = judge(amqp_get_rpc_reply(state_->handle), "queue " + queue);
  if (!done) return done.error();
  return static_cast<std::int64_t>(answer->message_count);
}

Status Connection::publish(const std::string& exchange, const std::string& key,
                           const std::string& content_type, const std::string& body) {
  amqp_basic_properties_t properties{};
  properties._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG;
  properties.content_type = bytes_of(content_type);
  properties.delivery_mode = AMQP_DELIVERY_PERSISTENT;
  return judge(amqp_basic_publish(state_->handle, channel, bytes_of(exchange), bytes_of(key), 0, 0,
                                  &properties, bytes_of(body)),
               "a message");
}

}  // namespace settle::amqp
