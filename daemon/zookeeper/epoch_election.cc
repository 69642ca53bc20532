#include "daemon/zookeeper/epoch_election.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace settle::zk {
namespace {

constexpr Milliseconds try_again{250};

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = problem == std::errc{} && end == text.data() + text.size();
  return is_whole ? std::optional(value) : std::nullopt;
}

}  // namespace

EpochElection::EpochElection(CuratorFramework& client, EpochElectionOptions options)
    : client_(client), options_(std::move(options)) {}

EpochElection::~EpochElection() {
  client_.unwatch(watch_);
  client_.remove_listener(listening_);
}

void EpochElection::start() {
  is_running_ = true;
  watch_ = client_.watch(options_.leader_path, [this] { stand(); });
  listening_ = client_.add_listener([this](ConnectionState) {
    if (!client_.is_connected()) lead(std::nullopt);
  });
  stand();
}

void EpochElection::close() {
  is_running_ = false;
  if (epoch_) client_.remove_for_certain(options_.leader_path);
  lead(std::nullopt);
}

void EpochElection::step_down() {
  lead(std::nullopt);
  stand();
}

Transaction EpochElection::guarded(Transaction writes) const {
  writes.insert(writes.begin(), CheckOp{options_.epoch_path, epoch_version_});
  return writes;
}

void EpochElection::stand() {
  if (!is_running_ || !client_.is_connected()) return;
  must_look_ = is_busy_;
  if (std::exchange(is_busy_, true)) return;
  look();
}

void EpochElection::look() {
  client_.get(options_.leader_path, true,
              [this, alive = std::weak_ptr(alive_)](Code code, const Data& leader) {
                if (alive.expired()) return;
                if (code == Code::ok) return recognise(leader);
                if (code == Code::no_node) return read_epoch();
                again();
              });
}

/// Ours only if the incarnation, the session and the counter all say so: a node of the same words
/// may have outlived another session, or the tree may have been put back from a copy.
void EpochElection::recognise(const Data& leader) {
  const std::size_t blank = leader.bytes.find(' ');
  const auto epoch = blank == std::string::npos
                         ? std::nullopt
                         : number(std::string_view(leader.bytes).substr(blank + 1));
  const bool is_ours = epoch && leader.bytes.substr(0, blank) == options_.incarnation &&
                       leader.stat.ephemeral_owner == client_.session().id;
  if (!is_ours) {
    is_busy_ = false;
    lead(std::nullopt);
    if (std::exchange(must_look_, false)) stand();
    return;
  }
  client_.get(options_.epoch_path, false,
              [this, alive = std::weak_ptr(alive_), epoch](Code code, const Data& counter) {
                if (alive.expired()) return;
                if (code != Code::ok || number(counter.bytes) != epoch) return again();
                is_busy_ = false;
                epoch_version_ = counter.stat.version;
                lead(epoch);
                if (std::exchange(must_look_, false)) stand();
              });
}

void EpochElection::read_epoch() {
  lead(std::nullopt);
  client_.get(options_.epoch_path, false,
              [this, alive = std::weak_ptr(alive_)](Code code, const Data& counter) {
                if (alive.expired()) return;
                if (code == Code::ok) return elect(counter);
                if (code != Code::no_node) return again();
                client_.create_with_parents(options_.epoch_path, "0", CreateMode::persistent,
                                            [this, alive](Code made, const Created&) {
                                              if (alive.expired()) return;
                                              const bool is_there =
                                                  made == Code::ok || made == Code::node_exists;
                                              is_there ? look() : again();
                                            });
              });
}

void EpochElection::elect(const Data& counter) {
  const auto last = number(counter.bytes);
  if (!last || !is_running_) return again();
  const std::uint64_t next = *last + 1;
  Transaction bid;
  bid.push_back(CreateOp{options_.leader_path, fmt::format("{} {}", options_.incarnation, next),
                         CreateMode::ephemeral});
  bid.push_back(SetOp{options_.epoch_path, std::to_string(next), counter.stat.version});
  client_.commit(std::move(bid),
                 [this, alive = std::weak_ptr(alive_)](Code code, const std::vector<OpResult>&) {
                   if (alive.expired()) return;
                   // Won, lost or unknown: the nodes say which.
                   const bool is_told = outcome(code) != Outcome::unknown;
                   is_told ? look() : again();
                 });
}

void EpochElection::lead(std::optional<std::uint64_t> epoch) {
  if (std::exchange(epoch_, epoch) != epoch && listener_) listener_(epoch);
}

void EpochElection::again() {
  client_.executor().after(try_again, [this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    is_busy_ = false;
    stand();
  });
}

}  // namespace settle::zk
