#include "daemon/cluster/manifest.h"

#include "daemon/cluster/sealed.h"
#include "proto/cluster.pb.h"

namespace settle::cluster {
namespace {

void put(const BodyPlace& from, storage::BodyPlace& to) {
  to.set_sequence(from.sequence);
  to.set_bytes(from.bytes);
  to.set_hash(from.hash);
}
BodyPlace take(const storage::BodyPlace& from) {
  return {from.sequence(), from.bytes(), from.hash()};
}

void put(const Generation& from, storage::Generation& to) {
  if (from.base) put(*from.base, *to.mutable_base());
  for (const BodyPlace& change : from.changes) put(change, *to.add_changes());
}
Generation take(const storage::Generation& from) {
  Generation to;
  if (from.has_base()) to.base = take(from.base());
  for (const auto& change : from.changes()) to.changes.push_back(take(change));
  return to;
}

}  // namespace

void amend(Content& content, const Change& change) {
  for (const auto& [group, bytes] : change.rows) content.rows.insert_or_assign(group, bytes);
  for (const std::string& group : change.gone) content.rows.erase(group);
  for (const auto& [source, next] : change.offsets) content.offsets[source] = next;
}

Change whole(Content content) {
  return {std::move(content.rows), {}, std::move(content.offsets)};
}

BodyPlace place_of(std::uint64_t sequence, std::string_view bytes) {
  return {sequence, bytes.size(), seal_of(bytes)};
}

std::string encode(const Body& body) {
  storage::Body message;
  message.set_partition(body.partition);
  message.set_sequence(body.sequence);
  for (const auto& [group, bytes] : body.change.rows) {
    message.add_groups(group);
    message.add_records(bytes);
  }
  for (const std::string& group : body.change.gone) message.add_gone(group);
  for (const auto& [source, next] : body.change.offsets) {
    auto* offset = message.add_offsets();
    offset->set_source(source);
    offset->set_next(next);
  }
  return sealed(message.SerializeAsString());
}

Result<Body> decode_body(std::string_view bytes) {
  constexpr std::string_view what = "part of a checkpoint in ZooKeeper";
  storage::Body message;
  const Status parsed = parse_sealed(bytes, what, message);
  if (!parsed) return parsed.error();
  if (message.groups_size() != message.records_size()) {
    return unreadable(what, "it has not a record for each group");
  }
  Body body{message.partition(), message.sequence(), {}};
  for (int at = 0; at < message.groups_size(); ++at) {
    body.change.rows.emplace(message.groups(at), message.records(at));
  }
  body.change.gone.assign(message.gone().begin(), message.gone().end());
  for (const auto& offset : message.offsets()) body.change.offsets[offset.source()] = offset.next();
  return body;
}

std::string encode(const Manifest& manifest) {
  storage::Manifest message;
  message.set_epoch(manifest.epoch);
  message.set_sequence(manifest.sequence);
  put(manifest.current, *message.mutable_current());
  put(manifest.previous, *message.mutable_previous());
  return sealed(message.SerializeAsString());
}

Result<Manifest> decode_manifest(std::string_view bytes) {
  storage::Manifest message;
  const Status parsed = parse_sealed(bytes, "checkpoint's manifest in ZooKeeper", message);
  if (!parsed) return parsed.error();
  return Manifest{message.epoch(), message.sequence(), take(message.current()),
                  take(message.previous())};
}

}  // namespace settle::cluster
