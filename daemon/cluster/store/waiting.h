// To wait for what a connection answers. Private to the room.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <utility>

#include "daemon/zookeeper/executor.h"

namespace settle::cluster {

/// Runs `ask` on the executor, and waits for what it passes to its argument.
template <typename Value>
Value answer_of(zk::Executor& executor, std::function<void(std::function<void(Value)>)> ask) {
  const auto promise = std::make_shared<std::promise<Value>>();
  auto future = promise->get_future();
  executor.post([promise, ask = std::move(ask)] {
    ask([promise](Value value) { promise->set_value(std::move(value)); });
  });
  return future.get();
}

}  // namespace settle::cluster
