#include "daemon/cluster/records.h"

#include <map>

#include "daemon/cluster/sealed.h"
#include "proto/cluster.pb.h"

namespace settle::cluster {

std::string encode(const ClusterMeta& meta) {
  storage::ClusterMeta message;
  message.set_cluster(meta.cluster);
  message.set_partitions(meta.partitions);
  message.set_hash(meta.hash);
  message.set_layout(meta.layout);
  message.set_changelog(meta.changelog);
  return sealed(message.SerializeAsString());
}

Result<ClusterMeta> decode_meta(std::string_view bytes) {
  storage::ClusterMeta message;
  const Status parsed = parse_sealed(bytes, "identity of the cluster in ZooKeeper", message);
  if (!parsed) return parsed.error();
  return ClusterMeta{message.cluster(), message.partitions(), message.hash(), message.layout(),
                     message.changelog()};
}

std::string encode(const MemberRecord& member) {
  storage::Member message;
  message.set_incarnation(member.incarnation);
  message.set_machine(member.machine);
  message.set_address(member.address);
  message.set_zone(member.zone);
  message.set_version(member.version);
  message.set_weight(member.weight);
  message.set_presence(static_cast<std::uint32_t>(member.presence));
  message.set_format_min(member.reads_from);
  message.set_format_max(member.reads_to);
  message.set_revision(member.revision);
  message.set_nonce(member.nonce);
  message.set_is_cloned(member.is_cloned);
  message.set_is_cut_off(member.is_cut_off);
  return sealed(message.SerializeAsString());
}

Result<MemberRecord> decode_member(std::string_view bytes) {
  constexpr std::string_view what = "membership in ZooKeeper";
  storage::Member message;
  const Status parsed = parse_sealed(bytes, what, message);
  if (!parsed) return parsed.error();
  if (message.presence() > 2) return unreadable(what, "its presence is none that there is");
  MemberRecord member;
  member.incarnation = message.incarnation();
  member.machine = message.machine();
  member.address = message.address();
  member.zone = message.zone();
  member.version = message.version();
  member.weight = message.weight();
  member.presence = static_cast<Presence>(message.presence());
  member.reads_from = message.format_min();
  member.reads_to = message.format_max();
  member.revision = message.revision();
  member.nonce = message.nonce();
  member.is_cloned = message.is_cloned();
  member.is_cut_off = message.is_cut_off();
  return member;
}

std::string encode(const AssignmentRecord& assignment) {
  storage::Assignment message;
  message.set_generation(assignment.generation);
  message.set_controller_epoch(assignment.controller_epoch);
  std::map<std::string, std::uint32_t> places;  // From one, in order of first use.
  std::string owners;
  owners.reserve(assignment.owners.size() * 2);
  for (const std::string& owner : assignment.owners) {
    std::uint32_t place = 0;
    if (!owner.empty()) {
      const auto [found, is_new] =
          places.emplace(owner, static_cast<std::uint32_t>(places.size() + 1));
      if (is_new) message.add_members(owner);
      place = found->second;
    }
    owners += static_cast<char>(place & 0xffU);
    owners += static_cast<char>(place >> 8U & 0xffU);
  }
  message.set_owners(owners);
  return sealed(message.SerializeAsString());
}

Result<AssignmentRecord> decode_assignment(std::string_view bytes) {
  constexpr std::string_view what = "assignment in ZooKeeper";
  storage::Assignment message;
  const Status parsed = parse_sealed(bytes, what, message);
  if (!parsed) return parsed.error();
  const std::string& owners = message.owners();
  if (owners.size() % 2 != 0) return unreadable(what, "half a partition is left over");
  AssignmentRecord assignment{message.generation(), message.controller_epoch(), {}};
  for (std::size_t at = 0; at < owners.size(); at += 2) {
    const int place =
        static_cast<unsigned char>(owners[at]) | static_cast<unsigned char>(owners[at + 1]) << 8;
    if (place > message.members_size()) return unreadable(what, "it names a member it has not");
    assignment.owners.push_back(place == 0 ? std::string() : message.members(place - 1));
  }
  return assignment;
}

std::string encode(const OwnershipRecord& ownership) {
  storage::Ownership message;
  message.set_epoch(ownership.epoch);
  message.set_owner(ownership.owner);
  message.set_incarnation(ownership.incarnation);
  message.set_standing(ownership.standing);
  message.set_is_released(ownership.is_released);
  message.set_is_quiet(ownership.is_quiet);
  return sealed(message.SerializeAsString());
}

Result<OwnershipRecord> decode_ownership(std::string_view bytes) {
  storage::Ownership message;
  const Status parsed = parse_sealed(bytes, "ownership of a partition in ZooKeeper", message);
  if (!parsed) return parsed.error();
  return OwnershipRecord{message.epoch(),    message.owner(),       message.incarnation(),
                         message.standing(), message.is_released(), message.is_quiet()};
}

std::string encode(const RevisionRecord& revision) {
  storage::Revision message;
  message.set_number(revision.number);
  message.set_name(revision.name);
  message.set_base(revision.base);
  message.set_member(revision.member);
  return sealed(message.SerializeAsString());
}

Result<RevisionRecord> decode_revision(std::string_view bytes) {
  storage::Revision message;
  const Status parsed = parse_sealed(bytes, "revision of the groups' files in ZooKeeper", message);
  if (!parsed) return parsed.error();
  return RevisionRecord{message.number(), message.name(), message.base(), message.member()};
}

}  // namespace settle::cluster
