// Clients for tests, on an event thread: a call waits for its answer.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/zookeeper/event_thread.h"
#include "daemon/zookeeper/framework.h"

namespace settle::zk {

inline constexpr std::chrono::seconds patience{30};

/// Runs `ask` on the thread, and waits for what it passes to its argument.
template <typename Value>
std::pair<Code, Value> answer_of(EventThread& thread,
                                 const std::function<void(Reply<Value>)>& ask) {
  auto promise = std::make_shared<std::promise<std::pair<Code, Value>>>();
  auto future = promise->get_future();
  thread.post([ask, promise] {
    ask([promise](Code code, Value value) { promise->set_value({code, std::move(value)}); });
  });
  if (future.wait_for(patience) != std::future_status::ready) {
    ADD_FAILURE() << "no answer";
    return {Code::other, Value{}};
  }
  return future.get();
}

/// Asks again, on the thread, until it is so. False after half a minute.
inline bool comes_true(EventThread& thread, const std::function<bool()>& condition,
                       std::chrono::milliseconds most = patience) {
  auto promise = std::make_shared<std::promise<bool>>();
  auto future = promise->get_future();
  const BootTime until = thread.now() + most;
  const auto look = std::make_shared<std::function<void()>>();
  *look = [&thread, condition, promise, until, look] {
    if (condition()) return promise->set_value(true);
    if (thread.now() > until) return promise->set_value(false);
    thread.after(Milliseconds(10), *look);
  };
  thread.post(*look);
  const bool came = future.get();
  thread.run([look] { *look = nullptr; });  // It holds itself.
  return came;
}

/// Asks again from here until it is so.
inline bool eventually(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

/// A connection that is used from outside its thread.
class Client {
 public:
  Client(EventThread& thread, FrameworkOptions options) : thread_(thread) {
    thread_.run([&] {
      framework_ = std::make_unique<CuratorFramework>(thread_, std::move(options));
      framework_->add_listener([this](ConnectionState state) { states_.push_back(state); });
      framework_->start();
    });
  }
  ~Client() {
    thread_.run([&] { framework_.reset(); });
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  CuratorFramework& operator*() { return *framework_; }

  bool connects() {
    return comes_true(thread_, [this] { return framework_->is_connected(); });
  }
  bool reaches(ConnectionState state, std::chrono::milliseconds most = patience) {
    return comes_true(
        thread_, [this, state] { return framework_->state() == state; }, most);
  }
  /// Every state that it has been in, in order.
  std::vector<ConnectionState> states() {
    std::vector<ConnectionState> copy;
    thread_.run([&] { copy = states_; });
    return copy;
  }
  std::int64_t session() {
    std::int64_t id = 0;
    thread_.run([&] { id = framework_->session().id; });
    return id;
  }

  std::pair<Code, Created> create(const std::string& path, const std::string& data = "",
                                  CreateMode mode = CreateMode::persistent) {
    return answer_of<Created>(thread_, [=, this](Reply<Created> reply) {
      framework_->create_with_parents(path, data, mode, std::move(reply));
    });
  }
  Code remove(const std::string& path, std::int32_t version = any_version) {
    return answer_of<Stat>(thread_,
                           [=, this](Reply<Stat> reply) {
                             framework_->remove(path, version, std::move(reply));
                           })
        .first;
  }
  std::pair<Code, Stat> set(const std::string& path, const std::string& data,
                            std::int32_t version = any_version) {
    return answer_of<Stat>(thread_, [=, this](Reply<Stat> reply) {
      framework_->set(path, data, version, std::move(reply));
    });
  }
  std::pair<Code, Data> get(const std::string& path, bool watch = false) {
    return answer_of<Data>(
        thread_, [=, this](Reply<Data> reply) { framework_->get(path, watch, std::move(reply)); });
  }
  std::pair<Code, Stat> exists(const std::string& path, bool watch = false) {
    return answer_of<Stat>(thread_, [=, this](Reply<Stat> reply) {
      framework_->exists(path, watch, std::move(reply));
    });
  }
  std::pair<Code, Children> children(const std::string& path, bool watch = false) {
    return answer_of<Children>(thread_, [=, this](Reply<Children> reply) {
      framework_->children(path, watch, std::move(reply));
    });
  }
  std::pair<Code, std::vector<OpResult>> commit(const Transaction& transaction) {
    return answer_of<std::vector<OpResult>>(
        thread_, [=, this](auto reply) { framework_->commit(transaction, std::move(reply)); });
  }

 private:
  EventThread& thread_;
  std::unique_ptr<CuratorFramework> framework_;
  std::vector<ConnectionState> states_;  // On the thread only.
};

}  // namespace settle::zk
