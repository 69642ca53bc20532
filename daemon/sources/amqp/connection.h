// One connection to a broker of AMQP 0-9-1, with one channel: queues made and read, messages acked
// or given back. Everything that goes wrong ends it; whoever has it opens another. Blocks at most
// for its patience, and belongs to one thread. Knows nothing of what messages mean.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/addresses.h"
#include "daemon/base/result.h"
#include "reconcilers/units.h"

namespace settle::amqp {

using Address = AmqpAddress;

struct QueueWish {
  std::string name;
  bool is_single = true;             // One consumer at a time, the others wait.
  std::string dead_letter_exchange;  // Empty: what is rejected is gone.
  std::string exchange;              // To be bound to this one, by the keys that follow.
  std::vector<std::string> keys;
};

struct Message {
  std::uint64_t tag = 0;  // For its ack, on this connection.
  std::string queue;
  std::string content_type;
  std::map<std::string, std::string> headers;  // Those that are texts.
  std::optional<Time> at;
  std::string body;
};

class Connection {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Connection>> open(const Address& address,
                                                                std::uint16_t prefetch);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] Status declare(const QueueWish& wish);
  [[nodiscard]] Status consume(const std::string& queue);
  [[nodiscard]] Status cancel(const std::string& queue);
  /// The next message; none if none came within `patience`.
  [[nodiscard]] Result<std::optional<Message>> next(std::chrono::milliseconds patience);
  [[nodiscard]] Status ack(std::uint64_t tag);
  /// To the dead-letter exchange of its queue, if there is one.
  [[nodiscard]] Status reject(std::uint64_t tag);
  /// Back to its queue.
  [[nodiscard]] Status give_back(std::uint64_t tag);
  /// Messages that wait in it.
  [[nodiscard]] Result<std::int64_t> waiting(const std::string& queue);
  /// Durable; on its way when this returns.
  [[nodiscard]] Status publish(const std::string& exchange, const std::string& key,
                               const std::string& content_type, const std::string& body);

 private:
  struct State;
  explicit Connection(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace settle::amqp
