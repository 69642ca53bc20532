#include "daemon/runtime/cluster_json.h"

#include <fmt/format.h>

#include "daemon/codec/json.h"

namespace settle {
namespace {

std::string quoted(const std::string& text) {
  std::string out;
  append_json_text(out, text);
  return out;
}

std::string or_null(const std::string& text) {
  return text.empty() ? "null" : quoted(text);
}

}  // namespace

std::string members_json(const TenancyView& view) {
  std::string rows;
  for (const MemberView& member : view.members) {
    rows += fmt::format(
        R"({}{{"member":{},"state":{},"partitions":{},"leads":{},"address":{},"zone":{},)"
        R"("version":{},"revision":{},"reaches_clouds":{}}})",
        rows.empty() ? "" : ",", quoted(member.name), quoted(member.presence), member.assigned,
        member.name == view.leader, or_null(member.address), or_null(member.zone),
        quoted(member.version), or_null(member.revision), !member.is_cut_off);
  }
  return fmt::format(
      R"({{"self":{},"leader":{},"leader_epoch":{},"connection":{},"held_back":{},"revisions":{},)"
      R"("revision":{{"number":{},"name":{},"by":{}}},"members":[{}]}})",
      quoted(view.self), or_null(view.leader), view.leader_epoch, quoted(view.connection),
      view.is_held_back ? quoted(view.why_held_back) : "null", view.revisions(),
      view.revision_number, or_null(view.revision), or_null(view.revision_by), rows);
}

std::string partitions_json(const TenancyView& view) {
  std::string rows;
  for (std::size_t number = 0; number < view.owners.size(); ++number) {
    const std::uint64_t epoch = number < view.held.size() ? view.held[number] : 0;
    rows += fmt::format(R"({}{{"partition":{},"owner":{},"epoch":{}}})", rows.empty() ? "" : ",",
                        number, or_null(view.owners[number]),
                        epoch > 0 ? std::to_string(epoch) : "null");
  }
  return fmt::format(R"({{"partitions":[{}]}})", rows);
}

}  // namespace settle
