#include "daemon/cluster/store/titles.h"

#include <utility>

#include <fmt/format.h>

#include "daemon/cluster/layout.h"
#include "daemon/cluster/records.h"
#include "daemon/cluster/store/waiting.h"

namespace settle::cluster {
namespace {

constexpr int claims_max = 20;

struct Record {
  zk::Code code = zk::Code::other;
  zk::Data data;
};

}  // namespace

void Titles::hold(std::uint32_t partition, const Title& title) {
  const std::lock_guard lock(mutex_);
  titles_[partition] = title;
}

void Titles::drop(std::uint32_t partition) {
  const std::lock_guard lock(mutex_);
  titles_.erase(partition);
}

std::optional<Title> Titles::of(std::uint32_t partition) const {
  const std::lock_guard lock(mutex_);
  const auto found = titles_.find(partition);
  return found == titles_.end() ? std::nullopt : std::optional(found->second);
}

Result<Epoch> Titles::claim(zk::CuratorFramework& client, std::uint32_t partition,
                            const std::string& member, const std::string& incarnation) {
  const std::string path = layout::own(partition);
  for (int attempt = 0; attempt < claims_max; ++attempt) {
    const auto found = answer_of<Record>(client.executor(), [&](auto done) {
      client.get(path, false, [done](zk::Code code, zk::Data data) {
        done({code, std::move(data)});
      });
    });
    if (found.code != zk::Code::ok) break;
    const auto record = decode_ownership(found.data.bytes);
    if (!record) return record.error();
    const OwnershipRecord ours{record->epoch + 1, member, incarnation, 0, false, false};
    const auto set = answer_of<std::pair<zk::Code, zk::Stat>>(client.executor(), [&](auto done) {
      client.set(path, encode(ours), found.data.stat.version,
                 [done](zk::Code code, const zk::Stat& stat) {
                   done({code, stat});
                 });
    });
    // Lost or unknown: an epoch more is no harm.
    if (set.first != zk::Code::ok) continue;
    hold(partition, {ours.epoch, set.second.version});
    return Epoch(ours.epoch);
  }
  return Error{ErrorCode::unavailable,
               fmt::format("partition {} cannot be claimed in ZooKeeper", partition)};
}

}  // namespace settle::cluster
