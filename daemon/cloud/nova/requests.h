// The requests of the Compute API that we make. Pure.
// Source: Compute API Reference, "Create Server", "List Servers Detailed", "Server tags".
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/cloud/nova/api.h"
#include "daemon/partition/event.h"

namespace settle::nova {

/// What a template may name by name where Nova wants an id.
enum class Thing : unsigned char { image, flavor, network, server_group };
using Named = std::pair<Thing, std::string>;
using Ids = std::map<Named, std::string>;

/// All that the launch's template names, each once.
[[nodiscard]] std::vector<Named> named_in(const std::map<std::string, std::string>& launch);

/// One server, with all its marks. `act` is a launch; `ids` has all that its template names.
[[nodiscard]] Ask create_one(const Act& act, const std::string& cluster, const Ids& ids);
/// One page of everything that bears the cluster's mark, after the server `marker`, if any.
[[nodiscard]] Ask list_ours(const std::string& cluster, int page_size, const std::string& marker);
/// What was made under this token.
[[nodiscard]] Ask find_token(const std::string& cluster, const std::string& token);
[[nodiscard]] Ask look_at(const InstanceId& instance);
/// The change that an intent about an instance asks for.
[[nodiscard]] Ask change(const Intent& intent);

}  // namespace settle::nova
