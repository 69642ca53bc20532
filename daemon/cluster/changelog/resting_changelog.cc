#include "daemon/cluster/changelog/resting_changelog.h"

#include <utility>

#include <fmt/format.h>

#include "daemon/cluster/changelog/changelog.h"
#include "daemon/cluster/layout.h"
#include "daemon/cluster/marks.h"
#include "daemon/cluster/store/resting_tree.h"

namespace settle::cluster {
namespace {

class RestingChangelog final : public RestingStore {
 public:
  RestingChangelog(std::unique_ptr<RestingTree> tree, std::unique_ptr<Changelog> changelog)
      : tree_(std::move(tree)), changelog_(std::move(changelog)) {}

  StoreIdentity identity() const override { return tree_->identity(); }

  /// The mark first: what is written meanwhile lies behind it, and is no loss.
  Result<PartitionImage> read(std::uint32_t partition) override {
    const auto epoch = tree_->epoch(partition);
    if (!epoch) return epoch.error();
    auto mark = mark_of(partition);
    if (!mark) return mark.error();
    auto found = changelog_->read(partition);
    if (!found) return found.error();
    if (*mark) {
      const Status whole = holds_all_of(**mark, *found, partition);
      if (!whole) return whole.error();
    }
    Offsets offsets = *mark ? std::move((*mark)->offsets) : Offsets{};
    return PartitionImage{*epoch, std::move(found->rows), std::move(offsets), {}};
  }

  Result<std::string> owners() override { return tree_->owners(); }

 private:
  /// None: nothing was ever committed.
  Result<std::optional<ChangelogMark>> mark_of(std::uint32_t partition) {
    const auto found = tree_->connection().get(layout::checkpoint(partition));
    if (!found && found.error().code == ErrorCode::not_found) return std::optional<ChangelogMark>();
    if (!found) return found.error();
    auto mark = decode_mark(found->bytes);
    if (!mark) return mark.error();
    return std::optional(std::move(*mark));
  }

  const std::unique_ptr<RestingTree> tree_;
  const std::unique_ptr<Changelog> changelog_;
};

}  // namespace

Result<std::unique_ptr<RestingStore>> open_resting_changelog(std::unique_ptr<Connection> connection,
                                                             const KafkaAddress& address,
                                                             Rest rest) {
  auto tree = RestingTree::open(std::move(connection), rest);
  if (!tree) return tree.error();
  const ClusterMeta& meta = (*tree)->meta();
  if (meta.changelog != address.topic) {
    return Error{
        ErrorCode::invalid,
        fmt::format("the cluster {} keeps its groups' records in {}, not in the changelog "
                    "{}",
                    meta.cluster,
                    meta.changelog.empty() ? "ZooKeeper" : "the changelog " + meta.changelog,
                    address.topic)};
  }
  auto changelog = Changelog::open(
      {{address.brokers, address.options, "settlectl"}, address.topic, meta.partitions});
  if (!changelog) return changelog.error();
  return Result<std::unique_ptr<RestingStore>>(
      std::make_unique<RestingChangelog>(std::move(*tree), std::move(*changelog)));
}

}  // namespace settle::cluster
