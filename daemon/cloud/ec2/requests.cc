#include "daemon/cloud/ec2/requests.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "daemon/base/encoding.h"

namespace settle::ec2 {
namespace {

constexpr std::string_view api_version = "2016-11-15";
constexpr std::string_view spot_prefix = "spot:";

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

/// Of one network, that one; of as many as there are zones, the zone's own.
std::string subnet_of(const std::vector<std::string>& zones, const std::string& zone,
                      const std::vector<std::string>& networks) {
  if (networks.empty()) return {};
  const auto at = std::find(zones.begin(), zones.end(), zone);
  const auto place = static_cast<std::size_t>(at - zones.begin());
  return networks.size() == zones.size() && place < networks.size() ? networks[place]
                                                                    : networks.front();
}

void add_filter(Parameters& parameters, int number, const std::string& name,
                const std::string& value) {
  parameters.emplace_back(fmt::format("Filter.{}.Name", number), name);
  parameters.emplace_back(fmt::format("Filter.{}.Value.1", number), value);
}

}  // namespace

Parameters request(std::string_view action) {
  return {{"Action", std::string(action)}, {"Version", std::string(api_version)}};
}

Parameters run_one(const Act& act, const std::string& cluster, const Offer& offer) {
  Parameters parameters = request("RunInstances");
  const auto add = [&](std::string name, std::string value) {
    if (!value.empty()) parameters.emplace_back(std::move(name), std::move(value));
  };
  const std::map<std::string, std::string>& launch = act.spec->launch;
  const auto said = [&](const char* key) {
    const auto found = launch.find(key);
    return found == launch.end() ? std::string() : found->second;
  };
  add("MinCount", "1");
  add("MaxCount", "1");
  add("ClientToken", act.intent.token);
  add("ImageId", said("image"));
  const bool is_spot = offer.flavor.rfind(spot_prefix, 0) == 0;
  add("InstanceType", is_spot ? offer.flavor.substr(spot_prefix.size()) : offer.flavor);
  // It ends when AWS wants it back; the default, a request for one instance and once.
  if (is_spot) add("InstanceMarketOptions.MarketType", "spot");
  add("KeyName", said("key"));
  add("SubnetId", subnet_of(act.spec->zones, offer.zone, split(said("networks"))));
  add("Placement.AvailabilityZone", offer.zone);
  add("UserData", base64(said("user_data")));
  int number = 0;
  for (const std::string& group : split(said("security_groups"))) {
    add(fmt::format("SecurityGroupId.{}", ++number), group);
  }
  add("TagSpecification.1.ResourceType", "instance");
  number = 0;
  const auto tag = [&](std::string_view key, const std::string& value) {
    if (value.empty()) return;
    ++number;
    add(fmt::format("TagSpecification.1.Tag.{}.Key", number), std::string(key));
    add(fmt::format("TagSpecification.1.Tag.{}.Value", number), value);
  };
  tag(tag_cluster, cluster);
  tag(tag_group, act.group.value);
  tag(tag_token, act.intent.token);
  tag(tag_launch, act.intent.launch_hash);
  constexpr std::string_view prefix = "metadata.";
  for (const auto& [key, value] : launch) {
    const bool is_ours = key.rfind("settle:", prefix.size()) == prefix.size();
    if (key.rfind(prefix, 0) == 0 && !is_ours) tag(key.substr(prefix.size()), value);
  }
  return parameters;
}

Parameters list_ours(const std::string& cluster, int page_size, const std::string& next) {
  Parameters parameters = request("DescribeInstances");
  add_filter(parameters, 1, "tag:" + std::string(tag_cluster), cluster);
  parameters.emplace_back("MaxResults", std::to_string(page_size));
  if (!next.empty()) parameters.emplace_back("NextToken", next);
  return parameters;
}

Parameters find_token(const std::string& cluster, const std::string& token) {
  Parameters parameters = request("DescribeInstances");
  add_filter(parameters, 1, "tag:" + std::string(tag_cluster), cluster);
  add_filter(parameters, 2, "tag:" + std::string(tag_token), token);
  return parameters;
}

Parameters find_instance(const InstanceId& instance) {
  Parameters parameters = request("DescribeInstances");
  parameters.emplace_back("InstanceId.1", instance.value);
  return parameters;
}

Parameters change(const Intent& intent) {
  const std::string& id = intent.instance.value;
  const auto tagging = [&](std::string_view action, std::string_view key) {
    Parameters parameters = request(action);
    parameters.emplace_back("ResourceId.1", id);
    parameters.emplace_back("Tag.1.Key", std::string(key));
    if (action == "CreateTags") parameters.emplace_back("Tag.1.Value", "true");
    return parameters;
  };
  switch (intent.kind) {
    case IntentKind::drain:
      return tagging("CreateTags", tag_draining);
    case IntentKind::protect:
      return tagging("CreateTags", tag_protected);
    case IntentKind::unprotect:
      return tagging("DeleteTags", tag_protected);
    case IntentKind::terminate: {
      Parameters parameters = request("TerminateInstances");
      parameters.emplace_back("InstanceId.1", id);
      return parameters;
    }
    case IntentKind::launch:
    case IntentKind::join:
    case IntentKind::leave:
      break;
  }
  return find_instance(intent.instance);  // Nothing of an instance's own: whatever it is, a look.
}

}  // namespace settle::ec2
