// Where a cluster's tree lies, as people write it: "zookeeper://zk1:2181,zk2:2181/settle/prod". The
// one reader of such addresses, for the configuration, the daemon and settlectl. Connects to
// nothing. Credentials are never part of it: a place is printed and logged.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"

namespace settle {

struct EnsemblePlace {
  std::vector<std::string> servers;  // "host:port" or "[v6]:port".
  std::string name_space;            // "/settle/prod"; never empty, no "/" at its end.
  friend bool operator==(const EnsemblePlace&, const EnsemblePlace&) = default;
};

inline constexpr std::string_view place_scheme = "zookeeper://";

/// A port that is not given is 2181, and a path that is not given is "/settle". Refuses, in one
/// sentence, what has no server, or no plain path.
[[nodiscard]] Result<EnsemblePlace> parse_place(std::string_view url);
[[nodiscard]] std::string to_url(const EnsemblePlace& place);

}  // namespace settle
