// What one server of an ensemble says of itself, by ZooKeeper's four-letter words: "srvr", which
// Debian's package permits, and "mntr", which has to be permitted (4lw.commands.whitelist).
// For people who ask; nothing that decides reads it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "daemon/zookeeper/types.h"

namespace settle::zk {

struct ServerReport {
  std::string server;  // As it was asked for.
  bool is_tcp_open = false;
  bool is_serving = false;  // It answers, and is of a quorum.
  bool permits_words = false;
  Milliseconds answered_in{};  // One connection, question and answer.
  std::string version;         // "3.8.0"
  std::string mode;            // "leader", "follower", "standalone", "observer".
  double latency_average_ms = 0;
  double latency_max_ms = 0;
  std::uint64_t outstanding = 0;
  std::optional<std::uint64_t> watches;  // From mntr.
};

/// Reads the answers of the two words; either may be empty, or a refusal.
void read_srvr(const std::string& text, ServerReport& report);
void read_mntr(const std::string& text, ServerReport& report);

/// Asks `server`, "host:port"; blocks for two seconds at most for each word, and as long as the
/// resolver does.
[[nodiscard]] ServerReport ask_server(const std::string& server);

/// "10.0.0.1:2181" is not; "localhost:2181", "127.0.0.1:2181" and "[::1]:2181" are.
[[nodiscard]] bool is_loopback(const std::string& server);

}  // namespace settle::zk
