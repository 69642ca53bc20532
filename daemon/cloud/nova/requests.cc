#include "daemon/cloud/nova/requests.h"

#include <algorithm>
#include <charconv>
#include <cstddef>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "daemon/base/encoding.h"
#include "daemon/cloud/nova/json.h"
#include "daemon/cloud/nova/marks.h"

namespace settle::nova {
namespace {

using Launch = std::map<std::string, std::string>;

std::string said(const Launch& launch, const char* key) {
  const auto found = launch.find(key);
  return found == launch.end() ? std::string() : found->second;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

/// "none" and "auto" are Nova's own words and no network's name.
bool is_word(const std::vector<std::string>& networks) {
  return networks.size() == 1 && (networks.front() == "none" || networks.front() == "auto");
}

boost::json::value networks_of(const std::vector<std::string>& networks, const Ids& ids) {
  if (networks.empty()) return "auto";
  if (is_word(networks)) return boost::json::string(networks.front());
  boost::json::array ports;
  for (const std::string& network : networks) {
    ports.emplace_back(boost::json::object{{"uuid", ids.at({Thing::network, network})}});
  }
  return ports;
}

boost::json::object metadata_of(const Act& act, const std::string& cluster) {
  boost::json::object metadata;
  constexpr std::string_view prefix = "metadata.";
  for (const auto& [key, value] : act.spec->launch) {
    const bool is_ours = key.rfind("settle:", prefix.size()) == prefix.size();
    if (key.rfind(prefix, 0) == 0 && !is_ours) metadata[key.substr(prefix.size())] = value;
  }
  const auto put = [&metadata](std::string_view key, const std::string& value) {
    if (!value.empty()) metadata[{key.data(), key.size()}] = value;
  };
  put(key_of(Mark::cluster), cluster);
  put(key_of(Mark::group), act.group.value);
  put(key_of(Mark::intent), act.intent.token);
  put(key_launch, act.intent.launch_hash);
  put(key_epoch, std::to_string(static_cast<std::uint64_t>(act.epoch)));
  return metadata;
}

/// What boots: the image itself, or a volume made of it that goes with its server.
void add_disk(boost::json::object& server, const Launch& launch, const std::string& image) {
  const std::string size = said(launch, "volume_gb");
  if (size.empty()) {
    if (!image.empty()) server["imageRef"] = image;
    return;
  }
  int gigabytes = 0;
  std::from_chars(size.data(), size.data() + size.size(), gigabytes);  // The schema has read it.
  boost::json::object volume{{"boot_index", 0},          {"uuid", image},
                             {"source_type", "image"},   {"destination_type", "volume"},
                             {"volume_size", gigabytes}, {"delete_on_termination", true}};
  server["block_device_mapping_v2"] = boost::json::array{std::move(volume)};
}

boost::json::object server_of(const Act& act, const std::string& cluster, const Ids& ids) {
  const Launch& launch = act.spec->launch;
  const auto id_of = [&](Thing thing, const char* key) {
    const auto found = ids.find({thing, said(launch, key)});
    return found == ids.end() ? std::string() : found->second;
  };
  boost::json::object server;
  server["name"] = act.group.value + "-" + act.intent.token.substr(0, 8);
  server["flavorRef"] = id_of(Thing::flavor, "flavor");
  add_disk(server, launch, id_of(Thing::image, "image"));
  server["networks"] = networks_of(split(said(launch, "networks")), ids);
  server["metadata"] = metadata_of(act, cluster);
  server["tags"] =
      boost::json::array{tag_of(Mark::cluster, cluster), tag_of(Mark::group, act.group.value),
                         tag_of(Mark::intent, act.intent.token)};
  if (!act.intent.zone.empty()) server["availability_zone"] = act.intent.zone;
  const std::string key = said(launch, "key");
  if (!key.empty()) server["key_name"] = key;
  const std::string user_data = said(launch, "user_data");
  if (!user_data.empty()) server["user_data"] = base64(user_data);
  boost::json::array groups;
  for (const std::string& group : split(said(launch, "security_groups"))) {
    groups.emplace_back(boost::json::object{{"name", group}});
  }
  if (!groups.empty()) server["security_groups"] = std::move(groups);
  return server;
}

}  // namespace

std::vector<Named> named_in(const Launch& launch) {
  std::vector<Named> named;
  const auto add = [&named](Thing thing, const std::string& name) {
    if (!name.empty()) named.emplace_back(thing, name);
  };
  add(Thing::image, said(launch, "image"));
  add(Thing::flavor, said(launch, "flavor"));
  add(Thing::server_group, said(launch, "server_group"));
  const std::vector<std::string> networks = split(said(launch, "networks"));
  if (!is_word(networks)) {
    for (const std::string& network : networks) add(Thing::network, network);
  }
  std::sort(named.begin(), named.end());
  named.erase(std::unique(named.begin(), named.end()), named.end());
  return named;
}

Ask create_one(const Act& act, const std::string& cluster, const Ids& ids) {
  boost::json::object body;
  body["server"] = server_of(act, cluster, ids);
  const std::string group = said(act.spec->launch, "server_group");
  if (!group.empty()) {
    body["os:scheduler_hints"] =
        boost::json::object{{"group", ids.at({Thing::server_group, group})}};
  }
  return {"CreateServer", "POST", Service::compute, "/servers", boost::json::serialize(body)};
}

Ask list_ours(const std::string& cluster, int page_size, const std::string& marker) {
  // In order of id: what is born meanwhile shifts nothing from one page to the next.
  std::string path = fmt::format("/servers/detail?tags={}&sort_key=uuid&sort_dir=asc&limit={}",
                                 percent_encoded(tag_of(Mark::cluster, cluster)), page_size);
  if (!marker.empty()) path += "&marker=" + percent_encoded(marker);
  return {"ListServers", "GET", Service::compute, std::move(path), {}};
}

Ask find_token(const std::string& cluster, const std::string& token) {
  const std::string tags = tag_of(Mark::cluster, cluster) + "," + tag_of(Mark::intent, token);
  return {
      "FindToken", "GET", Service::compute, "/servers/detail?tags=" + percent_encoded(tags), {}};
}

Ask look_at(const InstanceId& instance) {
  return {"GetServer", "GET", Service::compute, "/servers/" + percent_encoded(instance.value), {}};
}

Ask change(const Intent& intent) {
  const std::string server = "/servers/" + percent_encoded(intent.instance.value);
  const auto tagging = [&](std::string operation, std::string method, std::string_view tag) {
    return Ask{std::move(operation),
               std::move(method),
               Service::compute,
               server + "/tags/" + percent_encoded(tag),
               {}};
  };
  switch (intent.kind) {
    case IntentKind::drain:
      return tagging("AddTag", "PUT", tag_draining);
    case IntentKind::protect:
      return tagging("AddTag", "PUT", tag_protected);
    case IntentKind::unprotect:
      return tagging("DeleteTag", "DELETE", tag_protected);
    case IntentKind::terminate:
      return {"DeleteServer", "DELETE", Service::compute, server, {}};
    case IntentKind::launch:
    case IntentKind::join:
    case IntentKind::leave:
      break;
  }
  return look_at(intent.instance);  // Nothing of a server's own: whatever it is, a look.
}

}  // namespace settle::nova
