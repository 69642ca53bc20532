#include "daemon/cluster/store/resting_tree.h"

#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "daemon/cluster/layout.h"

namespace settle::cluster {

Result<ClusterMeta> read_meta(Connection& connection) {
  const auto found = connection.get(layout::meta);
  if (found) return decode_meta(found->bytes);
  if (found.error().code != ErrorCode::not_found) return found.error();
  return Error{ErrorCode::not_found,
               fmt::format("there is no cluster at {}", to_url(connection.place()))};
}

Result<std::unique_ptr<RestingTree>> RestingTree::open(std::unique_ptr<Connection> connection,
                                                       Rest rest) {
  auto meta = read_meta(*connection);
  if (!meta) return meta.error();
  if (meta->layout == unfinished_layout) {
    return Error{ErrorCode::conflict,
                 fmt::format("{} was begun by a migration that did not finish: migrate again",
                             to_url(connection->place()))};
  }
  const auto members = connection->children(layout::members);
  if (!members) return members.error();
  if (rest == Rest::required && !members->names.empty()) {
    return Error{ErrorCode::conflict,
                 fmt::format("members of the cluster {} are there ({}): stop them, and wait until "
                             "their sessions have ended",
                             meta->cluster, fmt::join(members->names, ", "))};
  }
  return std::unique_ptr<RestingTree>(
      new RestingTree(std::move(connection), std::move(*meta), members->stat.cversion, rest));
}

Result<Epoch> RestingTree::epoch(std::uint32_t partition) {
  const auto own = connection_->get(layout::own(partition));
  if (!own) return own.error();
  const auto record = decode_ownership(own->bytes);
  if (!record) return record.error();
  return Epoch(record->epoch);
}

Result<std::string> RestingTree::owners() {
  const auto members = connection_->children(layout::members);
  if (!members) return members.error();
  if (rest_ == Rest::required && members->stat.cversion != comings_) {
    return Error{ErrorCode::conflict, "a member has joined the cluster meanwhile"};
  }
  return fmt::format("{}", fmt::join(members->names, ", "));
}

}  // namespace settle::cluster
