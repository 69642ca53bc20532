#include "daemon/cluster/agreement.h"

#include <utility>

#include <fmt/format.h>

#include "daemon/cluster/layout.h"

namespace settle::cluster {
namespace {

using zk::Code;

constexpr zk::Milliseconds try_again{250};
constexpr zk::Milliseconds patience{6'000};
constexpr std::int32_t not_there = -2;  // No version of a node.

Error refusal(const RevisionWish& wish, const RevisionRecord& present) {
  return {ErrorCode::conflict,
          fmt::format("the cluster decides by revision {} (number {}, set by {}) of the groups' "
                      "files, and ours, {}, were not made from it: this node decided by {} till "
                      "now. Bring the cluster's files here first, and change them then",
                      present.name, present.number, present.member, wish.wanted,
                      wish.known.number == 0 ? std::string("none") : wish.known.name)};
}

}  // namespace

RevisionMove judge(const RevisionWish& wish, const RevisionRecord& present) {
  if (present.number > 0 && present.name == wish.wanted) return RevisionMove::adopt;
  const bool is_next = present.number == 0 || wish.known.number == present.number;
  if (is_next || wish.is_forced) return RevisionMove::advance;
  const bool is_old = wish.known.number > 0 && wish.known.name == wish.wanted;
  return is_old ? RevisionMove::stay_behind : RevisionMove::refuse;
}

struct Agreement::Asking {
  RevisionWish wish;
  Done done;
  zk::BootTime until;
};

Agreement::Agreement(zk::CuratorFramework& client, std::function<void()> on_change)
    : client_(client), on_change_(std::move(on_change)) {}

Agreement::~Agreement() {
  client_.unwatch(watch_);
}

void Agreement::start() {
  watch_ = client_.watch(layout::revision, [this] { read(); });
  read();
}

void Agreement::read() {
  client_.get(layout::revision, true,
              [this, alive = std::weak_ptr(alive_)](Code code, const zk::Data& found) {
                if (alive.expired()) return;
                // An exists-watch tells when there is one.
                if (code == Code::no_node) {
                  client_.exists(layout::revision, true, [](Code, const zk::Stat&) {});
                }
                auto present = decode_revision(found.bytes);
                if (code == Code::ok && present) see(std::move(*present));
              });
}

void Agreement::see(RevisionRecord present) {
  if (present.number <= present_.number) return;
  present_ = std::move(present);
  on_change_();
}

void Agreement::agree(RevisionWish wish, Done done) {
  ask(std::make_shared<Asking>(
      Asking{std::move(wish), std::move(done), client_.executor().now() + patience}));
}

void Agreement::ask(const std::shared_ptr<Asking>& asking) {
  client_.get(layout::revision, false,
              [this, asking, alive = std::weak_ptr(alive_)](Code code, const zk::Data& found) {
                if (alive.expired()) return;
                if (code == Code::no_node) return decide(asking, {}, not_there);
                if (code != Code::ok) return again(asking);
                const auto present = decode_revision(found.bytes);
                if (!present) return asking->done(present.error());
                decide(asking, *present, found.stat.version);
              });
}

void Agreement::decide(const std::shared_ptr<Asking>& asking, const RevisionRecord& present,
                       std::int32_t version) {
  const RevisionWish& wish = asking->wish;
  switch (judge(wish, present)) {
    case RevisionMove::adopt:
      see(present);
      return asking->done(present);
    case RevisionMove::stay_behind:
      return asking->done(wish.known);
    case RevisionMove::refuse:
      return asking->done(refusal(wish, present));
    case RevisionMove::advance:
      return write(asking, {present.number + 1, wish.wanted, present.name, wish.member}, version);
  }
}

// Whatever is answered, what stands there then says whether it was we, and judges anew if not.
void Agreement::write(const std::shared_ptr<Asking>& asking, const RevisionRecord& next,
                      std::int32_t version) {
  const auto written = [this, asking, alive = std::weak_ptr(alive_)](Code code, const auto&) {
    if (alive.expired()) return;
    const bool is_decided =
        code == Code::ok || code == Code::bad_version || code == Code::node_exists;
    is_decided ? ask(asking) : again(asking);
  };
  if (version == not_there) {
    client_.create(layout::revision, encode(next), zk::CreateMode::persistent, written);
  } else {
    client_.set(layout::revision, encode(next), version, written);
  }
}

void Agreement::again(const std::shared_ptr<Asking>& asking) {
  if (client_.executor().now() >= asking->until) {
    return asking->done(
        Error{ErrorCode::unavailable,
              "ZooKeeper does not say now by which revision the cluster decides; try again"});
  }
  client_.executor().after(try_again, [this, asking, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) ask(asking);
  });
}

}  // namespace settle::cluster
