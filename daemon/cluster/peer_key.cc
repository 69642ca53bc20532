#include "daemon/cluster/peer_key.h"

#include <utility>

#include "daemon/cluster/layout.h"

namespace settle::cluster {
namespace {
using zk::Code;
constexpr zk::Milliseconds try_again{250};
}  // namespace

void PeerKey::fetch(std::function<void(const std::string&)> done) {
  done_ = std::move(done);
  look();
}

void PeerKey::look() {
  client_.get(layout::peer_key, false,
              [this, alive = std::weak_ptr(alive_)](Code code, const zk::Data& found) {
                if (alive.expired()) return;
                if (code == Code::ok) return done_(found.bytes);
                if (code != Code::no_node) return again();
                client_.create(layout::peer_key, proposed_, zk::CreateMode::persistent,
                               [this, alive](Code made, const zk::Created&) {
                                 if (alive.expired()) return;
                                 // Ours, or another's who was faster: only a look says which.
                                 const bool is_there =
                                     made == Code::ok || made == Code::node_exists;
                                 is_there ? look() : again();
                               });
              });
}

void PeerKey::again() {
  client_.executor().after(try_again, [this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired()) look();
  });
}

}  // namespace settle::cluster
