// The store of a cluster that is too large for ZooKeeper: group records in a changelog, and in
// ZooKeeper a mark for each partition that says how much of it is committed, set in a transaction
// that checks the owner's record. First the changelog, then the mark, then the answer:
//
//   killed between the two   newer records are there: sources send again what led to them
//   the changelog is down    nothing is committed
//   an owner of before       is fenced twice: the changelog takes nothing from it, nor ZooKeeper
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/cluster/changelog/changelog.h"
#include "daemon/cluster/marks.h"
#include "daemon/cluster/store/titled_store.h"
#include "daemon/cluster/store/titles.h"
#include "daemon/zookeeper/framework.h"

namespace settle::cluster {

/// Blocks its caller; never call it on the connection's executor.
class ChangelogStore final : public TitledStore {
 public:
  /// `client` outlives it, and its executor runs. `incarnation` is who claims; see claim().
  ChangelogStore(zk::CuratorFramework& client, std::shared_ptr<Changelog> changelog,
                 std::string member, std::string incarnation);

  /// By force: whoever owned it is fenced. Members of a cluster do not claim here: their node
  /// does, by the rules, and says so with hold().
  [[nodiscard]] Result<Epoch> claim(std::uint32_t partition) override;
  /// Of a partition that is ours, it is the last owner's last word: nobody writes to it after that.
  [[nodiscard]] Result<std::vector<GroupRecord>> restore(std::uint32_t partition) override;
  [[nodiscard]] Result<Offsets> offsets(std::uint32_t partition) override;
  [[nodiscard]] std::vector<Stored> commit(const std::vector<PartitionCommit>& commits) override;

  void hold(std::uint32_t partition, const Title& title) override {
    titles_.hold(partition, title);
  }
  void drop(std::uint32_t partition) override { titles_.drop(partition); }

 private:
  struct Seat {
    ChangelogMark mark;
    std::int32_t version = -1;    // Of its node; -1: there is none.
    std::uint64_t taken_for = 0;  // The epoch for which we write to the changelog.
  };
  struct Draft {
    std::size_t at = 0;  // In the commits.
    std::uint32_t partition = 0;
    Title title;
    ChangelogMark mark;
    std::vector<kafka::Row> rows;
    std::string bytes;  // Of the mark.
  };

  [[nodiscard]] Status know(std::uint32_t partition);
  [[nodiscard]] Status take(std::uint32_t partition, const Title& title);
  [[nodiscard]] Result<Draft> draft(std::size_t at, const PartitionCommit& commit);
  [[nodiscard]] Stored write_rows(Draft& draft);
  void write_all_rows(std::vector<Draft>& drafts, std::vector<Stored>& results);
  void set_marks(std::vector<Draft>& drafts, std::vector<Stored>& results);
  [[nodiscard]] Stored set_mark(const Draft& draft);
  [[nodiscard]] zk::Transaction writes_of(const Draft& draft) const;
  void keep(const Draft& draft, std::int32_t version);
  void forget(std::uint32_t partition);

  zk::CuratorFramework& client_;
  const std::shared_ptr<Changelog> changelog_;
  const std::string member_;
  const std::string incarnation_;
  Titles titles_;
  std::map<std::uint32_t, Seat> seats_;
};

}  // namespace settle::cluster
