#include "daemon/cloud/ec2/notices.h"

#include <initializer_list>
#include <utility>

#include <pugixml.hpp>

#include "daemon/cloud/ec2/requests.h"
#include "reconcilers/retiring.h"

namespace settle::ec2 {
namespace {

void add_filter(Parameters& parameters, const std::string& name,
                std::initializer_list<std::string_view> values) {
  parameters.emplace_back("Filter.1.Name", name);
  int number = 0;
  for (const std::string_view value : values) {
    parameters.emplace_back("Filter.1.Value." + std::to_string(++number), std::string(value));
  }
}

/// One that still lies ahead, and takes the instance away.
bool takes_away(const pugi::xml_node& event) {
  const std::string_view code = event.child_value("code");
  const std::string_view about = event.child_value("description");
  const bool is_over = about.rfind("[Completed]", 0) == 0 || about.rfind("[Canceled]", 0) == 0;
  return !is_over && (code == "instance-retirement" || code == "instance-stop");
}

bool is_interrupted(const pugi::xml_node& request) {
  const std::string_view code = request.child("status").child_value("code");
  return code == "marked-for-termination" || code == "marked-for-stop";
}

}  // namespace

Parameters list_notices(NoticeKind kind, const std::string& next) {
  Parameters parameters;
  if (kind == NoticeKind::event) {
    parameters = request("DescribeInstanceStatus");
    add_filter(parameters, "event.code", {"instance-retirement", "instance-stop"});
  } else {
    parameters = request("DescribeSpotInstanceRequests");
    add_filter(parameters, "status-code", {"marked-for-termination", "marked-for-stop"});
  }
  parameters.emplace_back("MaxResults", "1000");
  if (!next.empty()) parameters.emplace_back("NextToken", next);
  return parameters;
}

Result<NoticePage> read_notices(NoticeKind kind, std::string_view xml) {
  const bool is_event = kind == NoticeKind::event;
  pugi::xml_document document;
  const bool is_xml = static_cast<bool>(document.load_buffer(xml.data(), xml.size()));
  const pugi::xml_node root = document.document_element();
  const pugi::xml_node list = root.child(is_event ? "instanceStatusSet" : "spotInstanceRequestSet");
  const std::string_view wanted =
      is_event ? "DescribeInstanceStatusResponse" : "DescribeSpotInstanceRequestsResponse";
  if (!is_xml || root.name() != wanted || !list) {
    return Error{ErrorCode::invalid, "the answer lists no notices"};
  }
  NoticePage page;
  page.next = root.child_value("nextToken");
  for (const pugi::xml_node& item : list.children("item")) {
    bool goes = !is_event && is_interrupted(item);
    for (const pugi::xml_node& event : item.child("eventsSet").children("item")) {
      goes = goes || takes_away(event);
    }
    InstanceId id{item.child_value("instanceId")};
    if (goes && !id.value.empty()) page.instances.insert(std::move(id));
  }
  return page;
}

bool NoticeBoard::is_due(const Board& board, Duration every, Time now) {
  return !board.asked || now < *board.asked || *board.asked + every <= now;
}

std::optional<NoticeKind> NoticeBoard::due(bool has_spot, Time now) {
  if (has_spot && is_due(interruptions_, interruptions_every, now)) {
    interruptions_.asked = now;
    return NoticeKind::interruption;
  }
  if (is_due(events_, events_every, now)) {
    events_.asked = now;
    return NoticeKind::event;
  }
  return std::nullopt;
}

void NoticeBoard::set(NoticeKind kind, std::set<InstanceId> instances) {
  (kind == NoticeKind::event ? events_ : interruptions_).instances = std::move(instances);
}

void NoticeBoard::mark(Listing& listing) const {
  if (events_.instances.empty() && interruptions_.instances.empty()) return;
  for (auto& [group, instances] : listing.groups) {
    for (Instance& instance : instances) {
      const bool is_announced = events_.instances.count(instance.id) > 0 ||
                                interruptions_.instances.count(instance.id) > 0;
      if (is_announced && instance.state == "running") instance.state = state_retiring;
    }
  }
}

}  // namespace settle::ec2
