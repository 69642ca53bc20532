// Names of servers as addresses.
#pragma once

#include <string>
#include <vector>

namespace settle::zk {

/// "127.0.0.1:2181", "[::1]:2181": every address of every "host:port", in order, each once. A name
/// that does not resolve now gives none. Blocks for as long as the resolver does.
[[nodiscard]] std::vector<std::string> resolve(const std::vector<std::string>& servers);

}  // namespace settle::zk
