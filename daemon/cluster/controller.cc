#include "daemon/cluster/controller.h"

#include <algorithm>
#include <utility>

#include "daemon/cluster/layout.h"

namespace settle::cluster {
namespace {

using zk::Code;

constexpr zk::Milliseconds try_again{250};
constexpr zk::Milliseconds reconcile_every{30'000};

}  // namespace

Controller::Controller(zk::CuratorFramework& client, ControllerOptions options, Members members)
    : client_(client),
      options_(std::move(options)),
      members_(std::move(members)),
      election_(client, {layout::controller, layout::controller_epoch, options_.incarnation}) {}

void Controller::start() {
  election_.on_change([this](std::optional<std::uint64_t> epoch) {
    placement_.reset();
    is_braked_ = false;
    if (epoch) placement_.emplace(options_.limits);
    look();
  });
  election_.start();
}

void Controller::stop() {
  election_.on_change({});
  placement_.reset();
  election_.close();
}

void Controller::look() {
  if (!placement_ || members_() == nullptr) return;
  if (std::exchange(is_busy_, true)) {
    must_look_ = true;
    return;
  }
  read();
}

void Controller::read() {
  must_look_ = false;
  client_.get(layout::assign, false,
              [this, alive = std::weak_ptr(alive_)](Code code, const zk::Data& found) {
                if (alive.expired()) return;
                is_busy_ = false;
                if (code != Code::ok) return look_after(try_again);
                decide(found);
              });
}

std::vector<Present> Controller::present() const {
  std::vector<Present> present;
  const zk::CuratorCache::Entries* const members = members_();
  if (members == nullptr) return present;
  for (const auto& [id, node] : *members) {
    const auto record = decode_member(node.bytes);
    if (!record) continue;  // Of a newer format, or damaged: it cannot be given anything.
    present.push_back({id, record->incarnation + "/" + std::to_string(node.stat.ephemeral_owner),
                       record->weight, record->presence});
  }
  return present;
}

void Controller::decide(const zk::Data& found) {
  if (!placement_ || !election_.epoch()) return;
  auto assignment = decode_assignment(found.bytes);
  // What cannot be read is written anew: owners' records, not this, say who owns what.
  AssignmentRecord wanted = assignment ? std::move(*assignment) : AssignmentRecord{};
  wanted.owners.resize(options_.partitions);
  const auto now = std::chrono::duration_cast<Moment>(client_.executor().now().time_since_epoch());
  Placement::Plan plan = placement_->plan(wanted.owners, present(), now);
  is_braked_ = plan.is_braked;
  const zk::Milliseconds next = plan.look_again ? *plan.look_again - now : reconcile_every;
  look_after(std::min(next, reconcile_every));
  if (assignment && plan.owners == wanted.owners) {
    if (must_look_) look();
    return;
  }
  ++wanted.generation;
  wanted.controller_epoch = *election_.epoch();
  wanted.owners = std::move(plan.owners);
  write(wanted, found.stat.version);
}

void Controller::write(const AssignmentRecord& assignment, std::int32_t version) {
  is_busy_ = true;
  zk::Transaction order;
  order.emplace_back(zk::SetOp{layout::assign, encode(assignment), version});
  client_.commit(
      election_.guarded(std::move(order)),
      [this, alive = std::weak_ptr(alive_)](Code code, const std::vector<zk::OpResult>& results) {
        if (alive.expired()) return;
        is_busy_ = false;
        const bool is_deposed = outcome(code) == zk::Outcome::refused && !results.empty() &&
                                results.front().code == Code::bad_version;
        if (is_deposed) return election_.step_down();
        // Done, not done or unknown: what stands there says what is left to do.
        if (code != Code::ok) return look_after(try_again);
        if (must_look_) look();
      });
}

void Controller::look_after(zk::Milliseconds delay) {
  const std::uint64_t number = ++looks_;
  client_.executor().after(std::max(delay, zk::Milliseconds(1)),
                           [this, alive = std::weak_ptr(alive_), number] {
                             if (!alive.expired() && number == looks_) look();
                           });
}

}  // namespace settle::cluster
