#include "daemon/cluster/store/resting_zookeeper.h"

#include <utility>

#include <fmt/format.h>

#include "daemon/cluster/checkpoints.h"
#include "daemon/cluster/foundation.h"
#include "daemon/cluster/layout.h"
#include "daemon/cluster/records.h"
#include "daemon/cluster/store/resting_tree.h"
#include "daemon/cluster/store/waiting.h"

namespace settle::cluster {
namespace {

/// Something that lives on the connection's executor.
template <typename Guest>
class Hosted {
 public:
  template <typename... Arguments>
  explicit Hosted(zk::CuratorFramework& client, Arguments&&... arguments) : client_(client) {
    run([&] { guest_ = std::make_unique<Guest>(client, std::forward<Arguments>(arguments)...); });
  }
  ~Hosted() {
    run([this] { guest_.reset(); });
  }
  Hosted(const Hosted&) = delete;
  Hosted& operator=(const Hosted&) = delete;
  Guest& operator*() { return *guest_; }
  Guest* operator->() { return guest_.get(); }

 private:
  void run(const std::function<void()>& task) {
    (void)answer_of<bool>(client_.executor(), [&task](const auto& done) {
      task();
      done(true);
    });
  }
  zk::CuratorFramework& client_;
  std::unique_ptr<Guest> guest_;
};

class RestingZookeeper final : public RestingStore {
 public:
  explicit RestingZookeeper(std::unique_ptr<RestingTree> tree)
      : tree_(std::move(tree)), checkpoints_(tree_->connection().client()) {}

  StoreIdentity identity() const override { return tree_->identity(); }

  Result<PartitionImage> read(std::uint32_t partition) override {
    const auto epoch = tree_->epoch(partition);
    if (!epoch) return epoch.error();
    const auto restored = answer_of<std::shared_ptr<Result<Restored>>>(
        tree_->connection().client().executor(), [this, partition](auto done) {
          checkpoints_->restore(partition, [done](Result<Restored> found) {
            done(std::make_shared<Result<Restored>>(std::move(found)));
          });
        });
    if (!*restored) return restored->error();
    Restored& found = **restored;
    if (!found.is_exact) {
      return Error{ErrorCode::invalid,
                   fmt::format("of partition {} only an older state than the newest can be read "
                               "({}): let its owner restore it, or restore a backup",
                               partition, found.damage)};
    }
    return PartitionImage{*epoch, std::move(found.content.rows), std::move(found.content.offsets),
                          std::move(found.damage)};
  }

  Result<std::string> owners() override { return tree_->owners(); }

 private:
  const std::unique_ptr<RestingTree> tree_;
  Hosted<Checkpoints> checkpoints_;
};

class NewZookeeper final : public NewStore {
 public:
  NewZookeeper(std::unique_ptr<Connection> connection, ClusterMeta meta)
      : connection_(std::move(connection)),
        meta_(std::move(meta)),
        foundation_(connection_->client(), meta_),
        checkpoints_(connection_->client()) {}

  Status lay() {
    const auto laid = answer_of<std::shared_ptr<Result<ClusterMeta>>>(
        connection_->client().executor(), [this](auto done) {
          foundation_->lay([done](const Result<ClusterMeta>& found) {
            done(std::make_shared<Result<ClusterMeta>>(found));
          });
        });
    if (!*laid) return laid->error();
    if ((*laid)->cluster == meta_.cluster) return std::monostate();
    return Error{ErrorCode::conflict, "somebody else founds a cluster at the same place"};
  }

  Status write(std::uint32_t partition, const PartitionImage& image) override {
    const auto epoch = static_cast<std::uint64_t>(image.epoch);
    // Not quiet: what the last owner sent may be under way, wherever that was.
    const OwnershipRecord record{epoch, {}, {}, 0, true, epoch == 0};
    const auto set = connection_->set(layout::own(partition), encode(record), zk::any_version);
    if (!set) return set.error();
    if (image.rows.empty() && image.offsets.empty()) return std::monostate();
    const Checkpoints::Item item{
        partition, {epoch, set->version}, whole({image.rows, image.offsets})};
    const auto written = answer_of<std::vector<Written>>(
        connection_->client().executor(),
        [this, &item](auto done) { checkpoints_->commit({item}, done); });
    if (written.front() == Written::stored) return std::monostate();
    return Error{ErrorCode::unavailable,
                 fmt::format("partition {} could not be written to ZooKeeper", partition)};
  }

  Status finish() override {
    ClusterMeta finished = meta_;
    finished.layout = ClusterMeta{}.layout;
    const auto set = connection_->set(layout::meta, encode(finished), 0);
    return set ? Status(std::monostate()) : Status(set.error());
  }

 private:
  const std::unique_ptr<Connection> connection_;
  const ClusterMeta meta_;
  Hosted<Foundation> foundation_;
  Hosted<Checkpoints> checkpoints_;
};

/// What lies at the place is nothing, or what an earlier attempt left.
Status make_room(Connection& connection) {
  const auto meta = read_meta(connection);
  if (!meta && meta.error().code != ErrorCode::not_found) return meta.error();
  const std::string url = to_url(connection.place());
  const auto taken = [&url](const std::string& what) {
    return Error{ErrorCode::conflict,
                 fmt::format("{} at {}, and nothing is overwritten: name another path", what, url)};
  };
  if (meta && meta->layout != unfinished_layout) {
    return taken(fmt::format("there is the cluster {} already", meta->cluster));
  }
  const auto there = connection.children("/");
  if (!there && there.error().code != ErrorCode::not_found) return there.error();
  if (!meta && there && !there->names.empty()) return taken("something lies");
  if (!meta) return std::monostate();
  // What says that it is unfinished goes last.
  for (const std::string& name : there->names) {
    if ("/" + name == layout::meta) continue;
    const Status removed = connection.remove_tree("/" + name);
    if (!removed) return removed;
  }
  return connection.remove_tree(layout::meta);
}

}  // namespace

Result<std::unique_ptr<RestingStore>> open_resting_zookeeper(std::unique_ptr<Connection> connection,
                                                             Rest rest) {
  auto tree = RestingTree::open(std::move(connection), rest);
  if (!tree) return tree.error();
  const ClusterMeta& meta = (*tree)->meta();
  if (!meta.changelog.empty()) {
    return Error{
        ErrorCode::invalid,
        fmt::format("the cluster {} keeps its groups' records in the changelog {}: name it "
                    "with --changelog kafka://HOST:PORT/{}",
                    meta.cluster, meta.changelog, meta.changelog)};
  }
  return Result<std::unique_ptr<RestingStore>>(
      std::make_unique<RestingZookeeper>(std::move(*tree)));
}

Result<std::unique_ptr<NewStore>> make_zookeeper_store(std::unique_ptr<Connection> connection,
                                                       const StoreIdentity& identity) {
  const Status room = make_room(*connection);
  if (!room) return room.error();
  ClusterMeta meta{identity.cluster, identity.partitions};
  meta.layout = unfinished_layout;
  auto made = std::make_unique<NewZookeeper>(std::move(connection), std::move(meta));
  const Status laid = made->lay();
  if (!laid) return laid.error();
  return Result<std::unique_ptr<NewStore>>(std::move(made));
}

}  // namespace settle::cluster
