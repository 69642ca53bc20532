#include "daemon/cluster/foundation.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "daemon/cluster/layout.h"

namespace settle::cluster {
namespace {

using zk::Code;

constexpr zk::Milliseconds try_again{250};
constexpr std::size_t at_once = 64;  // Nodes that are asked for before an answer is waited for.

struct Wanted {
  std::string path;
  std::string data;
};

/// Parents before their children.
std::vector<Wanted> nodes_of(std::uint32_t partitions) {
  std::vector<Wanted> nodes{{layout::members, {}}, {"/p", {}}};
  AssignmentRecord nobody;
  nobody.owners.resize(partitions);
  nodes.push_back({layout::assign, encode(nobody)});
  const std::string unowned = encode(OwnershipRecord{});
  for (std::uint32_t number = 0; number < partitions; ++number) {
    nodes.push_back({layout::partition(number), {}});
    nodes.push_back({layout::own(number), unowned});
    nodes.push_back({layout::chunks(number), {}});
  }
  return nodes;
}

}  // namespace

Foundation::Foundation(zk::CuratorFramework& client, ClusterMeta wanted, bool is_known)
    : client_(client), wanted_(std::move(wanted)), is_known_(is_known) {}

void Foundation::lay(Done done) {
  done_ = std::move(done);
  look();
}

void Foundation::look() {
  client_.get(
      layout::meta, false, [this, alive = std::weak_ptr(alive_)](Code code, const zk::Data& found) {
        if (alive.expired()) return;
        if (code == Code::ok) return done_(judge(found.bytes));
        if (code == Code::no_node && is_known_) {
          return done_(
              Error{ErrorCode::conflict,
                    fmt::format("the cluster {}, of which this node was a member, is missing "
                                "from ZooKeeper: the tree was wiped, or is another's",
                                wanted_.cluster)});
        }
        if (code == Code::no_node) return make_nodes(0);
        if (code != Code::no_auth) return again();
        done_(Error{ErrorCode::invalid,
                    "ZooKeeper does not let us read the cluster's tree: it was made with "
                    "other credentials"});
      });
}

Result<ClusterMeta> Foundation::judge(const std::string& bytes) const {
  auto found = decode_meta(bytes);
  if (!found) return found;
  const auto refused = [&](const std::string& what) {
    return Error{ErrorCode::conflict, fmt::format("the cluster {} {}: both are fixed for its life",
                                                  found->cluster, what)};
  };
  if (found->layout == unfinished_layout && wanted_.layout != unfinished_layout) {
    return Error{ErrorCode::conflict,
                 fmt::format("the tree of cluster {} is not finished: `settlectl store migrate` "
                             "that makes it is under way, or has to be run again",
                             found->cluster)};
  }
  if (is_known_ && found->cluster != wanted_.cluster) {
    return Error{ErrorCode::conflict,
                 fmt::format("ZooKeeper holds the cluster {}, and this node was a member of {}",
                             found->cluster, wanted_.cluster)};
  }
  if (found->partitions != wanted_.partitions) {
    return refused(fmt::format("has {} partitions and our configuration {}", found->partitions,
                               wanted_.partitions));
  }
  if (found->changelog != wanted_.changelog) {
    const auto place = [](const std::string& topic) {
      return topic.empty() ? std::string("ZooKeeper") : "the changelog " + topic;
    };
    return refused(fmt::format("keeps its records in {} and our configuration in {}",
                               place(found->changelog), place(wanted_.changelog)));
  }
  if (found->hash != wanted_.hash || found->layout != wanted_.layout) {
    return refused(fmt::format("hashes by {} in layout {} and we by {} in layout {}", found->hash,
                               found->layout, wanted_.hash, wanted_.layout));
  }
  return found;
}

void Foundation::make_nodes(std::size_t next) {
  const std::vector<Wanted> nodes = nodes_of(wanted_.partitions);
  if (next >= nodes.size()) return make_meta();
  const std::size_t end = std::min(next + at_once, nodes.size());
  struct Batch {
    std::size_t awaited = 0;
    bool has_failed = false;
    bool is_forbidden = false;
  };
  const auto batch = std::make_shared<Batch>();
  batch->awaited = end - next;
  for (std::size_t at = next; at < end; ++at) {
    const auto made = [this, alive = std::weak_ptr(alive_), batch, end](Code code,
                                                                        const zk::Created&) {
      if (alive.expired()) return;
      if (code != Code::ok && code != Code::node_exists) batch->has_failed = true;
      batch->is_forbidden = batch->is_forbidden || code == Code::no_auth;
      if (--batch->awaited > 0) return;
      if (batch->is_forbidden) {
        return done_(Error{ErrorCode::invalid,
                           "ZooKeeper does not let us make the cluster's tree: what lies above it "
                           "was made with other credentials"});
      }
      batch->has_failed ? again() : make_nodes(end);
    };
    // The first alone may find its parents missing: those of the name space.
    if (next == 0) {
      client_.create_with_parents(nodes[at].path, nodes[at].data, zk::CreateMode::persistent, made);
    } else {
      client_.create(nodes[at].path, nodes[at].data, zk::CreateMode::persistent, made);
    }
  }
}

void Foundation::make_meta() {
  client_.create(layout::meta, encode(wanted_), zk::CreateMode::persistent,
                 [this, alive = std::weak_ptr(alive_)](Code code, const zk::Created&) {
                   if (alive.expired()) return;
                   // Ours, or another's who was faster: only a look says which.
                   const bool is_there = code == Code::ok || code == Code::node_exists;
                   is_there ? look() : again();
                 });
}

void Foundation::again() {
  client_.executor().after(try_again, [this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) look();
  });
}

}  // namespace settle::cluster
