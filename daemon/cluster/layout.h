// Where everything lies in ZooKeeper, below the cluster's own name space. As many nodes as there
// are partitions and members: never one for each group or event.
//
//   /meta               what never changes; made last, so that it says the rest is there
//   /controller         ephemeral: who assigns      /controller_epoch   its fencing token
//   /members/ID         ephemeral: who is there     /assign             who is to own what
//   /revision           the groups' files all decide by   /peer_key     signs members' requests
//   /p/NNN/own          who owns it, and the epoch  /p/NNN/ck           its checkpoint's manifest
//   /p/NNN/s/...        its checkpoint's chunks
#pragma once

#include <cstdint>
#include <string>

namespace settle::cluster::layout {

inline const std::string meta = "/meta";
inline const std::string controller = "/controller";
inline const std::string controller_epoch = "/controller_epoch";
inline const std::string members = "/members";
inline const std::string assign = "/assign";
inline const std::string revision = "/revision";
inline const std::string peer_key = "/peer_key";

inline std::string member(const std::string& id) {
  return members + "/" + id;
}
inline std::string partition(std::uint32_t number) {
  const std::string digits = std::to_string(number);
  return "/p/" + std::string(digits.size() < 3 ? 3 - digits.size() : 0, '0') + digits;
}
inline std::string own(std::uint32_t number) {
  return partition(number) + "/own";
}
inline std::string checkpoint(std::uint32_t number) {
  return partition(number) + "/ck";
}
inline std::string chunks(std::uint32_t number) {
  return partition(number) + "/s";
}

}  // namespace settle::cluster::layout
