#include "daemon/cluster/checkpoint_reader.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "daemon/cluster/layout.h"
#include "daemon/cluster/pieces.h"

namespace settle::cluster {
namespace {

using zk::Code;

const Error unreachable{ErrorCode::unavailable, "ZooKeeper does not answer"};

std::set<std::string> names_of(const Generation& generation) {
  std::vector<std::string> names;
  add_names(generation, names);
  return {names.begin(), names.end()};
}

}  // namespace

void CheckpointReader::read(zk::CuratorFramework& client, std::uint32_t partition,
                            KnownBodies recalled, Done done) {
  const auto self =
      std::make_shared<CheckpointReader>(client, partition, std::move(recalled), std::move(done));
  self->read_manifest(self);
}

CheckpointReader::CheckpointReader(zk::CuratorFramework& client, std::uint32_t partition,
                                   KnownBodies recalled, Done done)
    : client_(client),
      partition_(partition),
      done_(std::move(done)),
      recalled_(std::move(recalled)) {}

void CheckpointReader::read_manifest(const Self& self) {
  // What a former owner wrote last may not have come to the server that we ask.
  client_.sync(layout::checkpoint(partition_), [this, self](Code synced, const zk::Stat&) {
    if (synced != Code::ok) return fail(unreachable);
    client_.get(layout::checkpoint(partition_), false,
                [this, self](Code code, const zk::Data& found) {
                  if (code == Code::no_node) return list(self);
                  if (code != Code::ok) return fail(unreachable);
                  restored_.version = found.stat.version;
                  auto manifest = decode_manifest(found.bytes);
                  if (!manifest && manifest.error().code != ErrorCode::invalid) {
                    return fail(manifest.error());  // Of a newer version: not ours to touch.
                  }
                  has_manifest_ = manifest.has_value();
                  if (manifest) restored_.manifest = std::move(*manifest);
                  if (!manifest) damage_ = manifest.error();
                  list(self);
                });
  });
}

void CheckpointReader::list(const Self& self) {
  client_.children(layout::chunks(partition_), false,
                   [this, self](Code code, const zk::Children& children) {
                     if (code != Code::ok) return fail(unreachable);
                     restored_.tree = tree_mark(children.stat);
                     take_names(self, children.names);
                   });
}

void CheckpointReader::take_names(const Self& self, const std::vector<std::string>& names) {
  const std::set<std::string> counted = names_of(restored_.manifest.current);
  const std::set<std::string> spare = names_of(restored_.manifest.previous);
  std::set<std::string> known;
  recall(known, names);
  const bool needs_all = restored_.version >= 0 && !has_manifest_;
  std::vector<std::string> wanted;
  for (const std::string& name : names) {
    if (known.contains(name)) continue;
    const bool counts = needs_all ? read_piece_name(name).has_value() : counted.contains(name);
    std::vector<std::string>& rest = spare.contains(name) ? spare_ : restored_.strays;
    (counts ? wanted : rest).push_back(name);
  }
  read_pieces(self, wanted);
}

/// Which nodes need not be read: `spared`. One that is gone is damage, though what it held is
/// known.
void CheckpointReader::recall(std::set<std::string>& spared,
                              const std::vector<std::string>& names) {
  recalled_ = believable(std::move(recalled_), restored_.manifest.current);
  for (const auto& [place, bytes] : recalled_) {
    const bool is_base = restored_.manifest.current.base == place;
    for (std::string& name : piece_names(place, is_base)) {
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        restored_.damage = fmt::format("{} of partition {} is missing", name, partition_);
      }
      spared.insert(std::move(name));
    }
  }
}

void CheckpointReader::read_pieces(const Self& self, const std::vector<std::string>& names) {
  awaited_ = names.size();
  if (names.empty()) return finish(self);
  for (const std::string& name : names) {
    client_.get(layout::chunks(partition_) + "/" + name, false,
                [this, self, name](Code code, zk::Data found) {
                  if (code == Code::ok) pieces_.emplace(name, std::move(found.bytes));
                  has_failed_ = has_failed_ || (code != Code::ok && code != Code::no_node);
                  if (--awaited_ > 0) return;
                  has_failed_ ? fail(unreachable) : finish(self);
                });
  }
}

void CheckpointReader::finish(const Self& self) {
  if (restored_.version < 0) return done_(std::move(restored_));
  has_manifest_ ? finish_by_manifest(self) : finish_without_manifest(damage_.message);
}

const std::string* CheckpointReader::known(const BodyPlace& place) const {
  const auto found = std::find_if(recalled_.begin(), recalled_.end(),
                                  [&](const auto& one) { return one.first == place; });
  return found == recalled_.end() ? nullptr : &found->second;
}

Result<std::string> CheckpointReader::bytes_of(const BodyPlace& place, bool is_base) const {
  if (const std::string* bytes = known(place)) return *bytes;
  std::string bytes;
  for (const std::string& name : piece_names(place, is_base)) {
    const auto found = pieces_.find(name);
    if (found == pieces_.end()) {
      return Error{ErrorCode::invalid,
                   fmt::format("{} of partition {} is missing", name, partition_)};
    }
    bytes += found->second;
  }
  if (place_of(place.sequence, bytes) != place) {
    return Error{ErrorCode::invalid, fmt::format("{} of partition {} is damaged",
                                                 piece_stem(place.sequence, is_base), partition_)};
  }
  return bytes;
}

Result<Body> CheckpointReader::body(const BodyPlace& place, bool is_base) const {
  const auto bytes = bytes_of(place, is_base);
  if (!bytes) return bytes.error();
  auto body = decode_body(*bytes);
  const bool is_it = body && body->partition == partition_ && body->sequence == place.sequence;
  if (body && !is_it) return Error{ErrorCode::invalid, "a part of another place was found"};
  return body;
}

/// As far as it goes; `content` holds what came before whatever is damaged.
Status CheckpointReader::play(const Generation& generation, Content& content) const {
  if (generation.base) {
    auto base = body(*generation.base, true);
    if (!base) return base.error();
    content = {std::move(base->change.rows), std::move(base->change.offsets)};
  }
  for (const BodyPlace& place : generation.changes) {
    auto change = body(place, false);
    if (!change) return change.error();
    amend(content, change->change);
  }
  return std::monostate();
}

void CheckpointReader::finish_by_manifest(const Self& self) {
  const Manifest& manifest = restored_.manifest;
  Content content;
  const Status played = play(manifest.current, content);
  if (played) {
    restored_.content = std::move(content);
    if (restored_.damage.empty()) note_fetched();
    return done_(std::move(restored_));
  }
  if (played.error().code != ErrorCode::invalid) return fail(played.error());
  restored_.damage = played.error().message;
  const bool base_is_whole = !manifest.current.base || body(*manifest.current.base, true);
  if (base_is_whole) return give_older(std::move(content));
  if (!spare_.empty()) return read_pieces(self, std::exchange(spare_, {}));
  finish_by_previous();
}

/// The generation before ends where this one begins, with the same content.
void CheckpointReader::finish_by_previous() {
  const Manifest& manifest = restored_.manifest;
  const bool has_previous = manifest.previous.base || !manifest.previous.changes.empty();
  if (!has_previous) return give_older({});
  Generation longer = manifest.previous;
  longer.changes.insert(longer.changes.end(), manifest.current.changes.begin(),
                        manifest.current.changes.end());
  Content again;
  const Status replayed = play(longer, again);
  if (!replayed) return give_older(std::move(again));
  restored_.content = std::move(again);
  done_(std::move(restored_));
}

void CheckpointReader::note_fetched() {
  const auto note = [this](const BodyPlace& place, bool is_base) {
    if (known(place) != nullptr) return;
    auto bytes = bytes_of(place, is_base);
    if (bytes) restored_.fetched.emplace_back(place, std::move(*bytes));
  };
  const Generation& current = restored_.manifest.current;
  if (current.base) note(*current.base, true);
  for (const BodyPlace& change : current.changes) note(change, false);
}

/// What stood after an earlier commit; nothing at all is no state to go on from.
void CheckpointReader::give_older(Content content) {
  if (content == Content{}) {
    return fail({ErrorCode::invalid,
                 fmt::format("the checkpoint of partition {} in ZooKeeper is damaged and no "
                             "generation of it can be read ({}): restore a backup",
                             partition_, restored_.damage)});
  }
  restored_.is_exact = false;
  restored_.content = std::move(content);
  done_(std::move(restored_));
}

/// Every body bears its own hash: the newest base that can be read, and what was changed since, up
/// to the first commit that is missing.
void CheckpointReader::finish_without_manifest(const std::string& damage) {
  restored_.damage = damage;
  std::map<std::pair<std::uint64_t, bool>, std::map<std::size_t, std::string>> bodies;
  for (const auto& [name, bytes] : pieces_) {
    const auto piece = read_piece_name(name);
    // A base holds what is after the change of the same number: it comes second.
    if (piece) bodies[{piece->sequence, piece->is_base}][piece->number] = bytes;
  }
  Content content;
  std::uint64_t sequence = 0;
  for (const auto& [key, pieces] : bodies) {
    std::string bytes;
    for (const auto& [number, piece] : pieces) bytes += piece;
    const auto read = decode_body(bytes);
    if (!read && read.error().code != ErrorCode::invalid) return fail(read.error());
    if (!read || read->partition != partition_ || read->sequence != key.first) continue;
    if (key.second) {
      content = {read->change.rows, read->change.offsets};
      sequence = key.first;
    } else if (key.first == sequence + 1) {
      amend(content, read->change);
      sequence = key.first;
    }
  }
  const std::uint64_t newest = bodies.empty() ? 0 : bodies.rbegin()->first.first;
  // What is written next must not bear a number that was given already.
  restored_.manifest.sequence = newest;
  if (sequence != newest || bodies.empty()) return give_older(std::move(content));
  restored_.content = std::move(content);
  done_(std::move(restored_));
}

}  // namespace settle::cluster
