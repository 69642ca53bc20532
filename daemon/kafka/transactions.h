// Writes batches of records to partitions of topics, each batch whole or not at all, under a name
// that only one can have: whoever opens it again ends the batches of those before, and they write
// nothing any more. Readers that read what is committed see whole batches alone.
//
// Knows nothing of what records mean. One call at a time; each waits for the cluster.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/kafka/settings.h"

namespace settle::kafka {

struct Row {
  std::string key;
  std::optional<std::string> value;  // None: the key is gone.
};

class Transactions {
 public:
  /// On return nobody else writes under `name`.
  [[nodiscard]] static Result<std::unique_ptr<Transactions>> open(
      const Access& access, const std::string& name, std::chrono::milliseconds patience);
  ~Transactions();
  Transactions(const Transactions&) = delete;
  Transactions& operator=(const Transactions&) = delete;

  /// The offset behind the last of the rows. `fenced`: somebody has opened our name. `unavailable`:
  /// nothing of it is there. `unknown_outcome`: it may be; open the name again to know. `invalid`:
  /// it never will be.
  /// REQUIRES: rows.
  [[nodiscard]] Result<std::int64_t> write(const std::string& topic, std::int32_t partition,
                                           const std::vector<Row>& rows,
                                           std::chrono::milliseconds patience);

 private:
  struct Client;
  explicit Transactions(std::unique_ptr<Client> client);
  std::unique_ptr<Client> client_;
};

}  // namespace settle::kafka
