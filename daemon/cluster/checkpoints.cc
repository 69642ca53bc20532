#include "daemon/cluster/checkpoints.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "daemon/cluster/layout.h"
#include "daemon/cluster/pieces.h"
#include "daemon/cluster/records.h"

namespace settle::cluster {
namespace {

using zk::Code;
using zk::Outcome;

std::size_t weight_of(const zk::Transaction& writes) {
  std::size_t bytes = 0;
  for (const zk::Op& op : writes) bytes += zk::weight(op);
  return bytes;
}

zk::Op manifest_op(std::uint32_t partition, std::int32_t version, const std::string& bytes) {
  const std::string path = layout::checkpoint(partition);
  if (version < 0) return zk::CreateOp{path, bytes, zk::CreateMode::persistent};
  return zk::SetOp{path, bytes, version};
}

std::size_t bytes_of(const Generation& generation) {
  std::size_t bytes = 0;
  for (const BodyPlace& change : generation.changes) bytes += change.bytes;
  return bytes;
}

}  // namespace

Checkpoints::Checkpoints(zk::CuratorFramework& client, CheckpointLimits limits,
                         std::function<void(const Error&)> on_older,
                         std::function<void(CheckpointNews)> on_news)
    : client_(client),
      limits_(limits),
      on_older_(std::move(on_older)),
      on_news_(std::move(on_news)) {}

void Checkpoints::restore(std::uint32_t partition, CheckpointReader::Done done,
                          Recollection recalled) {
  seats_.erase(partition);
  CheckpointReader::read(client_, partition, std::move(recalled.bodies),
                         [this, alive = std::weak_ptr(alive_), partition, newest = recalled.newest,
                          done = std::move(done)](Result<Restored> restored) {
                           if (!alive.expired())
                             judge(partition, std::move(restored), newest, done);
                         });
}

void Checkpoints::judge(std::uint32_t partition, Result<Restored> restored,
                        const std::optional<CheckpointMark>& known,
                        const CheckpointReader::Done& done) {
  if (!restored) return done(std::move(restored));
  const auto refused = refusal(partition, *restored, known);
  if (refused) return done(*refused);
  KnownBodies fetched = std::exchange(restored->fetched, {});
  Seat& seat = seats_[partition];
  seat.known = *restored;
  seat.change_bytes = bytes_of(seat.known.manifest.current);
  seat.garbage = seat.known.strays;
  if (seat.known.damage.empty()) tell_news(partition, seat, std::move(fetched));
  done(std::move(restored));
}

std::optional<Error> Checkpoints::refusal(std::uint32_t partition, const Restored& found,
                                          const std::optional<CheckpointMark>& known) {
  const CheckpointMark mark{found.tree, found.manifest.epoch, found.manifest.sequence};
  std::uint64_t& newest = newest_[partition];
  auto error = regression(partition, {mark.tree, 0, newest}, mark);
  // What is damaged does not say how old it is.
  if (!error && known && found.damage.empty()) error = regression(partition, *known, mark);
  if (!error) newest = mark.sequence;
  if (error && older_.insert(partition).second && on_older_) on_older_(*error);
  return error;
}

void Checkpoints::tell_news(std::uint32_t partition, const Seat& seat, KnownBodies bodies) const {
  if (!on_news_ || seat.known.version < 0) return;
  on_news_({partition, seat.known.tree, seat.known.manifest, std::move(bodies)});
}

const Content* Checkpoints::content(std::uint32_t partition) const {
  const auto found = seats_.find(partition);
  return found == seats_.end() ? nullptr : &found->second.known.content;
}

void Checkpoints::commit(std::vector<Item> items, Done done) {
  const auto round = std::make_shared<Round>();
  round->results.assign(items.size(), Written::unavailable);
  round->items = std::move(items);
  round->done = std::move(done);
  know_all(round);
}

/// Whatever was not read yet, or is in doubt, is read first.
void Checkpoints::know_all(const RoundPointer& round) {
  round->awaited = 1;
  const auto known = [this, round] {
    if (--round->awaited == 0) draft_all(round);
  };
  for (const Item& item : round->items) {
    if (seats_.contains(item.partition)) continue;
    ++round->awaited;
    restore(item.partition, [known](const Result<Restored>&) { known(); });
  }
  known();
}

void Checkpoints::draft_all(const RoundPointer& round) {
  for (std::size_t at = 0; at < round->items.size(); ++at) {
    const Item& item = round->items[at];
    if (seats_.contains(item.partition)) round->drafts.push_back(draft(at, item));
  }
  send(round, 0);
}

Checkpoints::Draft Checkpoints::draft(std::size_t at, const Item& item) const {
  const Seat& seat = seats_.at(item.partition);
  const Restored& known = seat.known;
  Draft draft;
  draft.at = at;
  draft.item = item;
  draft.manifest = known.manifest;
  draft.manifest.epoch = item.title.epoch;
  ++draft.manifest.sequence;
  draft.writes.emplace_back(zk::CheckOp{layout::own(item.partition), item.title.version});
  // Nothing is built on what is damaged.
  draft.is_base = !known.damage.empty();
  Body body{item.partition, draft.manifest.sequence, item.change};
  if (draft.is_base) {
    Content content = known.content;
    amend(content, item.change);
    body.change = whole(std::move(content));
  }
  std::string bytes = encode(body);
  draft.place = place_of(draft.manifest.sequence, bytes);
  if (draft.is_base) {
    draft.manifest.previous = {};
    draft.manifest.current = {draft.place, {}};
  } else {
    draft.manifest.current.changes.push_back(draft.place);
  }
  add_pieces(item.partition, draft.place, draft.is_base, bytes, seat.garbage, draft.writes);
  if (on_news_) draft.body = std::move(bytes);
  draft.bytes = encode(draft.manifest);
  draft.writes.push_back(manifest_op(item.partition, known.version, draft.bytes));
  draft.weight = weight_of(draft.writes);
  return draft;
}

/// As many as go into one transaction, from there on; then the rest.
void Checkpoints::send(const RoundPointer& round, std::size_t from) {
  if (from >= round->drafts.size()) return tidy(round);
  if (round->drafts[from].weight > limits_.transaction_bytes) return send_large(round, from);
  zk::Transaction writes;
  std::size_t until = from;
  for (std::size_t bytes = 0; until < round->drafts.size(); ++until) {
    const Draft& draft = round->drafts[until];
    const bool is_full = until > from && (bytes + draft.weight > limits_.transaction_bytes ||
                                          until - from >= limits_.partitions_max);
    if (is_full) break;
    bytes += draft.weight;
    writes.insert(writes.end(), draft.writes.begin(), draft.writes.end());
  }
  client_.commit(std::move(writes), [this, alive = std::weak_ptr(alive_), round, from, until](
                                        Code code, const std::vector<zk::OpResult>& results) {
    if (alive.expired()) return;
    const auto go_on = [this, round, until] { send(round, until); };
    if (code != Code::ok) return send_each(round, from, until, go_on);
    std::size_t last = 0;
    for (std::size_t at = from; at < until; ++at) {
      Draft& draft = round->drafts[at];
      last += draft.writes.size();
      round->results[draft.at] = Written::stored;
      keep(draft, results[last - 1].stat.version);
    }
    go_on();
  });
}

/// The pieces first, each as the owner; they count only once the manifest says so.
void Checkpoints::send_large(const RoundPointer& round, std::size_t at) {
  zk::Transaction& writes = round->drafts[at].writes;
  const zk::Transaction pieces(writes.begin() + 1, writes.end() - 1);
  write_pieces(writes.front(), pieces, [this, round, at](bool are_written) {
    Draft& draft = round->drafts[at];
    if (!are_written)
      return doubt(draft.item.partition, [this, round, at] { send(round, at + 1); });
    draft.writes = {draft.writes.front(), draft.writes.back()};
    draft.weight = weight_of(draft.writes);
    send(round, at);
  });
}

void Checkpoints::write_pieces(const zk::Op& check, const zk::Transaction& pieces,
                               std::function<void(bool)> then) {
  const auto awaited = std::make_shared<std::size_t>(pieces.size());
  const auto has_failed = std::make_shared<bool>(false);
  for (const zk::Op& piece : pieces) {
    client_.commit({check, piece}, [alive = std::weak_ptr(alive_), awaited, has_failed, then](
                                       Code code, const std::vector<zk::OpResult>&) {
      *has_failed = *has_failed || code != Code::ok;
      if (--*awaited == 0 && !alive.expired()) then(!*has_failed);
    });
  }
}

/// One of them failed, or nobody knows: each by itself.
void Checkpoints::send_each(const RoundPointer& round, std::size_t from, std::size_t until,
                            std::function<void()> then) {
  if (from >= until) return then();
  look(round, from, [this, round, from, until, then = std::move(then)] {
    send_each(round, from + 1, until, then);
  });
}

/// What stands there now says whether it is stored, may be sent, or is somebody else's.
void Checkpoints::look(const RoundPointer& round, std::size_t at, std::function<void()> then) {
  const std::uint32_t partition = round->drafts[at].item.partition;
  const auto on_manifest = [this, round, at, partition, then](Code code, const zk::Data& found) {
    Draft& draft = round->drafts[at];
    if (code == Code::ok && found.bytes == draft.bytes) {
      round->results[draft.at] = Written::stored;
      keep(draft, found.stat.version);
      return then();
    }
    const std::int32_t version = code == Code::ok ? found.stat.version : -1;
    const bool is_answer = code == Code::ok || code == Code::no_node;
    const auto seat = seats_.find(partition);
    if (is_answer && seat != seats_.end() && version == seat->second.known.version) {
      return send_alone(round, at, then);
    }
    doubt(partition, then);
  };
  client_.sync(layout::own(partition), [this, alive = std::weak_ptr(alive_), round, at, partition,
                                        then, on_manifest](Code synced, const zk::Stat&) {
    if (alive.expired()) return;
    if (synced != Code::ok) return doubt(partition, then);
    client_.get(
        layout::own(partition), false,
        [this, alive, round, at, partition, then, on_manifest](Code code, const zk::Data& found) {
          if (alive.expired()) return;
          const auto record = code == Code::ok ? decode_ownership(found.bytes)
                                               : Result<OwnershipRecord>(OwnershipRecord{});
          const Draft& draft = round->drafts[at];
          const bool is_over = code == Code::ok && record &&
                               (record->epoch != draft.item.title.epoch || record->is_released);
          if (is_over) {
            round->results[draft.at] = Written::fenced;
            seats_.erase(partition);
            return then();
          }
          if (code != Code::ok) return doubt(partition, then);
          client_.get(layout::checkpoint(partition), false,
                      [alive, on_manifest](Code read, const zk::Data& manifest) {
                        if (!alive.expired()) on_manifest(read, manifest);
                      });
        });
  });
}

/// What is known may be wrong: it is read anew before the next commit.
void Checkpoints::doubt(std::uint32_t partition, const std::function<void()>& then) {
  seats_.erase(partition);
  then();
}

void Checkpoints::send_alone(const RoundPointer& round, std::size_t at,
                             std::function<void()> then) {
  client_.commit(round->drafts[at].writes,
                 [this, alive = std::weak_ptr(alive_), round, at, then = std::move(then)](
                     Code code, const std::vector<zk::OpResult>& results) {
                   if (alive.expired()) return;
                   Draft& draft = round->drafts[at];
                   if (code == Code::ok) {
                     round->results[draft.at] = Written::stored;
                     keep(draft, results.back().stat.version);
                   } else {
                     // Unavailable, then: whoever asked asks again, and it is read before that.
                     seats_.erase(draft.item.partition);
                   }
                   then();
                 });
}

void Checkpoints::keep(Draft& draft, std::int32_t version) {
  std::uint64_t& newest = newest_[draft.item.partition];
  newest = std::max(newest, draft.manifest.sequence);
  const auto found = seats_.find(draft.item.partition);
  if (found == seats_.end()) return;  // In doubt meanwhile: it is read before the next commit.
  Seat& seat = found->second;
  // The answer to a create bears no version: a new node's is zero.
  seat.known.version = seat.known.version < 0 ? 0 : version;
  if (draft.is_base) {
    add_names(seat.known.manifest.current, seat.garbage);
    add_names(seat.known.manifest.previous, seat.garbage);
    seat.known.damage.clear();
    seat.known.is_exact = true;
    seat.change_bytes = 0;
  } else {
    seat.change_bytes += draft.place.bytes;
  }
  for (const std::string& name : piece_names(draft.place, draft.is_base)) {
    std::erase(seat.garbage, name);
  }
  seat.known.manifest = std::move(draft.manifest);
  amend(seat.known.content, draft.item.change);
  tell_news(draft.item.partition, seat, {{draft.place, std::move(draft.body)}});
}

/// Writes the bases that are due, one after the other, and answers.
void Checkpoints::tidy(const RoundPointer& round) {
  for (const Draft& draft : round->drafts) {
    const auto found = seats_.find(draft.item.partition);
    if (found == seats_.end() || round->results[draft.at] != Written::stored) continue;
    const Generation& current = found->second.known.manifest.current;
    const std::size_t base = current.base ? current.base->bytes : 0;
    const bool is_due = current.changes.size() >= limits_.changes_max ||
                        found->second.change_bytes > std::max(base, limits_.base_bytes_min);
    if (is_due) round->due.push_back({draft.item.partition, draft.item.title});
  }
  write_bases(round);
}

void Checkpoints::write_bases(const RoundPointer& round) {
  if (round->due.empty()) return round->done(std::move(round->results));
  const auto [partition, title] = round->due.back();
  round->due.pop_back();
  write_base(partition, title, [this, round] { write_bases(round); });
}

/// Says nothing new: if it fails, the changes go on from the base before.
void Checkpoints::write_base(std::uint32_t partition, const Title& title,
                             std::function<void()> then) {
  const auto known = seats_.find(partition);
  if (known == seats_.end()) return then();
  const Seat& seat = known->second;
  const std::string body =
      encode(Body{partition, seat.known.manifest.sequence, whole(seat.known.content)});
  const BodyPlace place = place_of(seat.known.manifest.sequence, body);
  Manifest manifest = seat.known.manifest;
  std::vector<std::string> garbage;
  add_names(manifest.previous, garbage);
  manifest.previous = std::exchange(manifest.current, Generation{place, {}});
  zk::Transaction pieces;
  add_pieces(partition, place, true, body, seat.garbage, pieces);
  const zk::Op check = zk::CheckOp{layout::own(partition), title.version};
  zk::Transaction last{check};
  const bool is_large = weight_of(pieces) > limits_.transaction_bytes;
  const KnownBodies news = on_news_ ? KnownBodies{{place, body}} : KnownBodies{};
  if (!is_large) last.insert(last.end(), pieces.begin(), pieces.end());
  last.push_back(manifest_op(partition, seat.known.version, encode(manifest)));
  const auto write_last = [this, alive = std::weak_ptr(alive_), partition, then, manifest, garbage,
                           last, news] {
    client_.commit(last, [this, alive, partition, then, manifest, garbage, news](
                             Code code, const std::vector<zk::OpResult>& results) {
      if (alive.expired()) return;
      const auto found = seats_.find(partition);
      if (found == seats_.end()) return then();
      if (code == Code::ok) {
        Seat& now = found->second;
        now.known.version = results.back().stat.version;
        now.known.manifest = manifest;
        now.change_bytes = 0;
        now.garbage.insert(now.garbage.end(), garbage.begin(), garbage.end());
        for (const std::string& name : piece_names(*manifest.current.base, true)) {
          std::erase(now.garbage, name);
        }
        tell_news(partition, now, news);
        remove_garbage(now, partition);
      } else {
        seats_.erase(found);  // Done or not: it is read before the next commit.
      }
      then();
    });
  };
  if (!is_large) return write_last();
  write_pieces(check, pieces, [this, partition, then, write_last](bool are_written) {
    if (are_written) return write_last();
    seats_.erase(partition);  // Its strays are removed once it is read again.
    then();
  });
}

void Checkpoints::remove_garbage(Seat& seat, std::uint32_t partition) {
  for (const std::string& name : std::exchange(seat.garbage, {})) {
    // One that is missed is a stray when the partition is read next.
    client_.remove(layout::chunks(partition) + "/" + name, zk::any_version,
                   [](Code, const zk::Stat&) {});
  }
}

}  // namespace settle::cluster
