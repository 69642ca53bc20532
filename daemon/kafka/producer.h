// Writes records to Kafka, in order and each once as long as it lives, and tells when they are
// there for good. A record goes to the partition that Kafka's own clients would choose for its key.
//
// Knows nothing of what records mean. Safe from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/kafka/settings.h"

namespace settle::kafka {

struct Outgoing {
  std::string topic;
  std::string key;
  std::string value;
  std::vector<std::pair<std::string, std::string>> headers{};
};

class Producer {
 public:
  /// Why a record is not there: `unavailable` is worth another try, `fenced` one with another
  /// producer, `invalid` none.
  using Done = std::function<void(Status)>;

  [[nodiscard]] static Result<std::unique_ptr<Producer>> open(const Access& access);
  /// What is still on its way may arrive or not: it is `unknown_outcome`.
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  /// Never waits. `done` comes once, perhaps from within the call, else on the producer's thread.
  void send(const Outgoing& record, Done done);

 private:
  struct Client;
  explicit Producer(std::unique_ptr<Client> client);
  std::unique_ptr<Client> client_;
};

}  // namespace settle::kafka
