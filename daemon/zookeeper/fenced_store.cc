#include "daemon/zookeeper/fenced_store.h"

namespace settle::zk {

void FencedStore::commit(Transaction writes, Done done) {
  if (is_fenced_) {
    return client_.executor().post([done = std::move(done)] { done(Commit::fenced, {}); });
  }
  Transaction guarded;
  guarded.reserve(writes.size() + 1);
  guarded.push_back(CheckOp{own_path_, own_version_});
  for (Op& write : writes) guarded.push_back(std::move(write));
  client_.commit(std::move(guarded), [this, alive = std::weak_ptr(alive_), done = std::move(done)](
                                         Code code, std::vector<OpResult> results) {
    if (alive.expired()) return;
    const bool is_told = outcome(code) != Outcome::unknown && !results.empty();
    const Code own = is_told ? results.front().code : Code::ok;
    if (!results.empty()) results.erase(results.begin());
    if (code == Code::ok) return done(Commit::done, std::move(results));
    if (outcome(code) == Outcome::unknown) return done(Commit::unknown, std::move(results));
    if (own == Code::bad_version || own == Code::no_node) {
      is_fenced_ = true;
      return done(Commit::fenced, {});
    }
    done(Commit::refused, std::move(results));
  });
}

}  // namespace settle::zk
