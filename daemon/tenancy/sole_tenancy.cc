#include "daemon/tenancy/sole_tenancy.h"

#include <set>
#include <utility>

#include "daemon/base/log.h"

namespace settle {

std::size_t TenancyView::revisions() const {
  std::set<std::string> found;
  for (const MemberView& member : members) {
    if (!member.revision.empty()) found.insert(member.revision);
  }
  return found.size();
}

SoleTenancy::SoleTenancy(Store& store, std::uint32_t partitions, std::string node)
    : store_(store), partitions_(partitions), node_(std::move(node)) {}

Status SoleTenancy::begin(Listener listener) {
  for (std::uint32_t number = 0; number < partitions_; ++number) {
    const Result<Epoch> epoch = store_.claim(number);
    if (!epoch) return epoch.error();
    epochs_.push_back(*epoch);
  }
  for (std::uint32_t number = 0; number < partitions_; ++number) {
    listener.on_claimed(number, epochs_[number]);
  }
  return std::monostate{};
}

bool SoleTenancy::may_act(std::uint32_t partition, Epoch epoch) const {
  return !is_over_ && epochs_[partition] == epoch;
}

void SoleTenancy::release(std::uint32_t /*partition*/, Epoch /*epoch*/,
                          std::function<void()> done) {
  done();
}

void SoleTenancy::doubt(std::uint32_t partition) {
  if (is_over_.exchange(true)) return;
  log(LogLevel::error, "fenced-another-daemon-owns-this-store", {{"partition", partition}});
}

TenancyView SoleTenancy::view() const {
  TenancyView view;
  view.self = view.leader = node_;
  view.members.push_back({node_, {}, {}, {}, {}, "serving", partitions_, false});
  view.owners.assign(partitions_, node_);
  for (const Epoch epoch : epochs_) view.held.push_back(static_cast<std::uint64_t>(epoch));
  view.connection = "local";
  view.is_held_back = is_over_;
  return view;
}

}  // namespace settle
