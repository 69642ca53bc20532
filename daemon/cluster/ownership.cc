#include "daemon/cluster/ownership.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "daemon/cluster/layout.h"

namespace settle::cluster {
namespace {

using zk::Code;
using zk::Outcome;

constexpr zk::Milliseconds try_again{250};

}  // namespace

Ownership::Ownership(zk::CuratorFramework& client, OwnershipOptions options, Listener listener)
    : client_(client),
      options_(std::move(options)),
      listener_(std::move(listener)),
      seats_(options_.partitions) {}

Ownership::~Ownership() {
  for (const Seat& seat : seats_) client_.unwatch(seat.watch);
}

const Tenure* Ownership::tenure(std::uint32_t partition) const {
  const Seat& seat = seats_[partition];
  return seat.is_owned && seat.is_confirmed ? &seat.tenure : nullptr;
}

std::size_t Ownership::owned() const {
  return static_cast<std::size_t>(
      std::count_if(seats_.begin(), seats_.end(), [](const Seat& seat) { return seat.is_owned; }));
}

OwnershipRecord Ownership::record_of(std::uint64_t epoch) const {
  return {epoch, options_.member, options_.incarnation, standing_, false, false};
}

void Ownership::stand() {
  fall();
  ++standing_;
  stands_ = true;
  reconcile();
}

void Ownership::fall() {
  if (!std::exchange(stands_, false)) return;
  for (std::uint32_t number = 0; number < seats_.size(); ++number) {
    Seat& seat = seats_[number];
    if (!seat.is_owned || !std::exchange(seat.is_confirmed, false)) continue;
    listener_.on_suspended(number);
  }
}

void Ownership::assign(const Owners& owners, std::int32_t version) {
  assignment_ = version;
  for (std::uint32_t number = 0; number < seats_.size(); ++number) {
    Seat& seat = seats_[number];
    seat.is_wanted = number < owners.size() && owners[number] == options_.member;
    if (seat.is_wanted) seat.is_told_unwanted = false;
    if (seat.is_wanted != seat.is_owned) pursue(number);
  }
}

void Ownership::look_at_waiting() {
  for (std::uint32_t number = 0; number < seats_.size(); ++number) {
    if (seats_[number].is_wanted && !seats_[number].is_owned) pursue(number);
  }
}

void Ownership::reconcile() {
  for (std::uint32_t number = 0; number < seats_.size(); ++number) {
    if (seats_[number].is_wanted || seats_[number].is_owned) pursue(number);
  }
}

void Ownership::pursue(std::uint32_t partition) {
  Seat& seat = seats_[partition];
  const bool concerns_us = seat.is_wanted || seat.is_owned;
  if (!concerns_us) {
    client_.unwatch(std::exchange(seat.watch, 0));
    return;
  }
  if (!stands_ || !client_.is_connected() || assignment_ < 0) return;
  if (std::exchange(seat.is_busy, true)) {
    seat.must_look = true;
    return;
  }
  if (seat.watch == 0) {
    seat.watch = client_.watch(layout::own(partition), [this, partition] { pursue(partition); });
  }
  look(partition);
}

void Ownership::look(std::uint32_t partition) {
  seats_[partition].must_look = false;
  client_.get(layout::own(partition), true,
              [this, alive = std::weak_ptr(alive_), partition](Code code, const zk::Data& found) {
                if (alive.expired()) return;
                if (code == Code::ok) return judge(partition, found);
                if (code == Code::no_node) {
                  listener_.on_trouble(
                      {ErrorCode::invalid,
                       fmt::format("{} is missing from ZooKeeper: the tree was wiped, or is "
                                   "another's",
                                   layout::own(partition))});
                }
                again(partition);
              });
}

void Ownership::judge(std::uint32_t partition, const zk::Data& found) {
  const auto record = decode_ownership(found.bytes);
  if (!record) {
    listener_.on_trouble(record.error());
    return again(partition);
  }
  if (!stands_) return finish(partition);
  const std::int32_t version = found.stat.version;
  seats_[partition].is_owned ? judge_owned(partition, *record, version)
                             : judge_unowned(partition, *record, version);
}

void Ownership::judge_owned(std::uint32_t partition, const OwnershipRecord& record,
                            std::int32_t version) {
  Seat& seat = seats_[partition];
  if (!is_ours(record) || record.epoch != seat.tenure.epoch) {
    lose(partition);
    if (seat.is_wanted) return look(partition);
    return finish(partition);
  }
  if (record.standing != standing_) return refresh(partition, record, version);
  if (!seat.is_confirmed) {
    seat.tenure.version = version;
    seat.is_confirmed = true;
    listener_.on_confirmed(partition, seat.tenure);
  }
  if (seat.released) return write_release(partition, record, version);
  finish(partition);
  if (!seat.is_wanted && !std::exchange(seat.is_told_unwanted, true)) {
    listener_.on_unwanted(partition);
  }
}

void Ownership::judge_unowned(std::uint32_t partition, const OwnershipRecord& record,
                              std::int32_t version) {
  Seat& seat = seats_[partition];
  if (is_ours(record)) {
    // A claim whose answer was lost. How it was before is not known any more: the longer wait.
    take(partition, {record.epoch, version, client_.executor().now() + options_.quarantine},
         record.standing == standing_);
    return look(partition);
  }
  if (!seat.is_wanted || is_retired_) return finish(partition);
  const bool is_older = options_.epoch_floor && record.epoch < options_.epoch_floor(partition);
  if (is_older) {
    if (!std::exchange(seat.is_refused, true)) {
      listener_.on_trouble(
          {ErrorCode::conflict,
           fmt::format("partition {} is at epoch {} in ZooKeeper and was at {} here: the ensemble "
                       "was put back from an older copy; nothing of it is claimed",
                       partition, record.epoch, options_.epoch_floor(partition))});
    }
    return finish(partition);
  }
  if (record.is_released || record.owner == options_.member) {
    return claim(partition, record, version);
  }
  ask_for_owner(partition, record, version);
}

void Ownership::ask_for_owner(std::uint32_t partition, const OwnershipRecord& record,
                              std::int32_t version) {
  client_.get(layout::member(record.owner), false,
              [this, alive = std::weak_ptr(alive_), partition, record, version](
                  Code code, const zk::Data& found) {
                if (alive.expired()) return;
                if (code != Code::ok && code != Code::no_node) return again(partition);
                const auto member = code == Code::ok ? decode_member(found.bytes)
                                                     : Result<MemberRecord>(MemberRecord{});
                const bool is_alive = !member || member->incarnation == record.incarnation;
                // Its release or its end is told by a watch; then we look again.
                if (is_alive) return finish(partition);
                claim(partition, record, version);
              });
}

void Ownership::claim(std::uint32_t partition, const OwnershipRecord& record,
                      std::int32_t version) {
  const std::uint64_t epoch = record.epoch + 1;
  const bool is_quiet = record.is_released && record.is_quiet;
  zk::Transaction bid;
  bid.emplace_back(zk::CheckOp{layout::assign, assignment_});
  bid.emplace_back(zk::CheckOp{layout::member(options_.member), zk::any_version});
  bid.emplace_back(zk::SetOp{layout::own(partition), encode(record_of(epoch)), version});
  const std::uint64_t standing = standing_;
  client_.commit(std::move(bid), [this, alive = std::weak_ptr(alive_), partition, epoch, is_quiet,
                                  standing](Code code, const std::vector<zk::OpResult>& results) {
    if (alive.expired()) return;
    if (code == Code::ok) {
      const zk::BootTime now = client_.executor().now();
      take(partition, {epoch, results[2].stat.version, is_quiet ? now : now + options_.quarantine},
           stands_ && standing == standing_);
      return look(partition);
    }
    const bool is_stale = outcome(code) == Outcome::refused && !results.empty() &&
                          results[0].code == Code::bad_version;
    if (is_stale) {
      finish(partition);
      return listener_.on_stale_assignment();
    }
    again(partition);
  });
}

void Ownership::take(std::uint32_t partition, const Tenure& tenure, bool is_confirmed) {
  Seat& seat = seats_[partition];
  seat.is_owned = true;
  seat.is_confirmed = is_confirmed;
  seat.is_told_unwanted = false;
  seat.tenure = tenure;
  listener_.on_claimed(partition, tenure);
  if (!is_confirmed) listener_.on_suspended(partition);
}

void Ownership::refresh(std::uint32_t partition, const OwnershipRecord& record,
                        std::int32_t version) {
  zk::Transaction write;
  write.emplace_back(zk::CheckOp{layout::member(options_.member), zk::any_version});
  write.emplace_back(zk::SetOp{layout::own(partition), encode(record_of(record.epoch)), version});
  client_.commit(std::move(write), [this, alive = std::weak_ptr(alive_), partition](
                                       Code code, const std::vector<zk::OpResult>&) {
    if (alive.expired()) return;
    // Won, lost or unknown: the record says which.
    code == Code::ok ? look(partition) : again(partition);
  });
}

void Ownership::release(std::uint32_t partition, std::uint64_t epoch,
                        std::function<void(bool)> done) {
  Seat& seat = seats_[partition];
  if (!seat.is_owned || seat.tenure.epoch != epoch) return done(false);
  seat.released = std::move(done);
  pursue(partition);
}

void Ownership::write_release(std::uint32_t partition, const OwnershipRecord& record,
                              std::int32_t version) {
  OwnershipRecord last = record_of(record.epoch);
  last.is_released = true;
  // Whoever hands on within its own quarantine hands that on too.
  last.is_quiet = client_.executor().now() >= seats_[partition].tenure.opens_at;
  client_.set(layout::own(partition), encode(last), version,
              [this, alive = std::weak_ptr(alive_), partition](Code code, const zk::Stat&) {
                if (alive.expired()) return;
                if (code != Code::ok) return again(partition);
                Seat& seat = seats_[partition];
                seat.is_owned = seat.is_confirmed = seat.is_told_unwanted = false;
                if (const auto done = std::exchange(seat.released, nullptr)) done(true);
                seat.must_look = seat.must_look || (seat.is_wanted && !is_retired_);
                finish(partition);
              });
}

void Ownership::lose(std::uint32_t partition) {
  Seat& seat = seats_[partition];
  seat.is_owned = seat.is_confirmed = seat.is_told_unwanted = false;
  listener_.on_fenced(partition);
  if (const auto done = std::exchange(seat.released, nullptr)) done(false);
}

void Ownership::finish(std::uint32_t partition) {
  Seat& seat = seats_[partition];
  seat.is_busy = false;
  if (seat.must_look || !(seat.is_wanted || seat.is_owned)) pursue(partition);
}

void Ownership::again(std::uint32_t partition) {
  client_.executor().after(try_again, [this, alive = std::weak_ptr(alive_), partition] {
    if (alive.expired()) return;
    seats_[partition].is_busy = false;
    pursue(partition);
  });
}

}  // namespace settle::cluster
