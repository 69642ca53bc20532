#include "daemon/cluster/marks.h"

#include "daemon/cluster/sealed.h"
#include "proto/cluster.pb.h"

namespace settle::cluster {

std::string encode(const ChangelogRow& row) {
  storage::ChangelogRow message;
  message.set_epoch(row.epoch);
  message.set_state(row.state);
  return sealed(message.SerializeAsString());
}

std::string encode(const ChangelogMark& mark) {
  storage::ChangelogMark message;
  message.set_epoch(mark.epoch);
  message.set_sequence(mark.sequence);
  message.set_begin(mark.begin);
  message.set_end(mark.end);
  for (const auto& [source, next] : mark.offsets) {
    auto* offset = message.add_offsets();
    offset->set_source(source);
    offset->set_next(next);
  }
  return sealed(message.SerializeAsString());
}

Result<ChangelogRow> decode_row(std::string_view bytes) {
  storage::ChangelogRow message;
  const Status parsed = parse_sealed(bytes, "record in the changelog", message);
  if (!parsed) return parsed.error();
  return ChangelogRow{message.epoch(), std::move(*message.mutable_state())};
}

Result<ChangelogMark> decode_mark(std::string_view bytes) {
  storage::ChangelogMark message;
  const Status parsed = parse_sealed(bytes, "changelog's mark in ZooKeeper", message);
  if (!parsed) return parsed.error();
  ChangelogMark mark{message.epoch(), message.sequence(), message.begin(), message.end(), {}};
  for (const auto& offset : message.offsets()) mark.offsets[offset.source()] = offset.next();
  return mark;
}

}  // namespace settle::cluster
