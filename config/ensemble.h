// `store: zookeeper://h1:2181,h2:2181/chroot` as what it names.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace settle {

struct EnsembleAddress {
  std::vector<std::string> servers;  // "host:port", at least one.
  std::string chroot{"/settle"};     // Where the cluster's tree begins.
  friend bool operator==(const EnsembleAddress&, const EnsembleAddress&) = default;
};

/// None if it is no such text, or a part of it cannot be read.
[[nodiscard]] std::optional<EnsembleAddress> parse_zookeeper(std::string_view text);

}  // namespace settle
