#include "daemon/cloud/ec2/answers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include <pugixml.hpp>

namespace settle::ec2 {
namespace {

Marked read_instance(const pugi::xml_node& item) {
  Marked made;
  Instance& instance = made.instance;
  instance.id.value = item.child_value("instanceId");
  instance.state = item.child("instanceState").child_value("name");
  instance.created = read_time(item.child_value("launchTime")).value_or(Time{});
  instance.zone = item.child("placement").child_value("availabilityZone");
  made.is_spot = std::string_view(item.child_value("instanceLifecycle")) == "spot";
  for (const pugi::xml_node& tag : item.child("tagSet").children("item")) {
    const std::string_view key = tag.child_value("key");
    const std::string value = tag.child_value("value");
    if (key == tag_cluster) made.cluster = value;
    if (key == tag_group) made.group.value = value;
    if (key == tag_token) instance.token = value;
    if (key == tag_launch) instance.launch_hash = value;
    if (key == tag_draining) instance.is_draining = value == "true";
    if (key == tag_protected) instance.is_protected = value == "true";
  }
  return made;
}

struct Meaning {
  std::string_view code;
  Judgement judgement;
};
constexpr Judgement refused(Reason why) {
  return {Acted::Result::refused, why};
}
constexpr Judgement later(Reason why) {
  return {Acted::Result::not_now, why};
}
constexpr std::array meanings{
    Meaning{"RequestLimitExceeded", later(Reason::cloud_throttled)},
    Meaning{"Throttling", later(Reason::cloud_throttled)},
    Meaning{"ThrottlingException", later(Reason::cloud_throttled)},
    Meaning{"EC2ThrottledException", later(Reason::cloud_throttled)},
    Meaning{"Unavailable", later(Reason::cloud_unreachable)},
    Meaning{"ServiceUnavailable", later(Reason::cloud_unreachable)},
    Meaning{"InsufficientInstanceCapacity", refused(Reason::cloud_no_capacity)},
    Meaning{"InsufficientHostCapacity", refused(Reason::cloud_no_capacity)},
    Meaning{"InsufficientReservedInstanceCapacity", refused(Reason::cloud_no_capacity)},
    Meaning{"InsufficientAddressCapacity", refused(Reason::cloud_no_capacity)},
    Meaning{"InsufficientFreeAddressesInSubnet", refused(Reason::cloud_no_capacity)},
    Meaning{"SpotMaxPriceTooLow", refused(Reason::cloud_no_capacity)},
    Meaning{"InstanceLimitExceeded", refused(Reason::cloud_quota)},
    Meaning{"VcpuLimitExceeded", refused(Reason::cloud_quota)},
    Meaning{"MaxSpotInstanceCountExceeded", refused(Reason::cloud_quota)},
    Meaning{"VolumeLimitExceeded", refused(Reason::cloud_quota)},
    Meaning{"ResourceLimitExceeded", refused(Reason::cloud_quota)},
    // Who we are is in doubt, not what we want: credentials are renewed or put right, and it works.
    Meaning{"AuthFailure", later(Reason::cloud_refused)},
    Meaning{"UnauthorizedOperation", later(Reason::cloud_refused)},
    Meaning{"SignatureDoesNotMatch", later(Reason::cloud_refused)},
    Meaning{"InvalidClientTokenId", later(Reason::cloud_refused)},
    Meaning{"RequestExpired", later(Reason::cloud_refused)},
    Meaning{"ExpiredToken", later(Reason::cloud_refused)},
    Meaning{"Blocked", later(Reason::cloud_refused)},
    Meaning{"OperationNotPermitted", refused(Reason::cloud_refused)},
    Meaning{"IdempotentParameterMismatch", refused(Reason::cloud_refused)},
};

}  // namespace

std::optional<Time> read_time(std::string_view text) {
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
      text[16] != ':' || text.back() != 'Z') {
    return std::nullopt;
  }
  const auto number = [&](std::size_t from, std::size_t count) {
    int value = -1;
    const char* end = text.data() + from + count;
    return std::from_chars(text.data() + from, end, value).ptr == end ? value : -1;
  };
  const std::chrono::year_month_day day{std::chrono::year{number(0, 4)},
                                        std::chrono::month{static_cast<unsigned>(number(5, 2))},
                                        std::chrono::day{static_cast<unsigned>(number(8, 2))}};
  const int hour = number(11, 2);
  const int minute = number(14, 2);
  const int second = number(17, 2);
  if (!day.ok() || hour < 0 || minute < 0 || second < 0) return std::nullopt;
  return Time(std::chrono::sys_days{day}) + std::chrono::hours{hour} +
         std::chrono::minutes{minute} + std::chrono::seconds{second};
}

Result<Page> read_instances(std::string_view xml) {
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size())) {
    return Error{ErrorCode::invalid, "the answer is no XML"};
  }
  const pugi::xml_node root = document.document_element();
  const std::string_view name = root.name();
  Page page;
  const auto take = [&](const pugi::xml_node& reservation) {
    for (const pugi::xml_node& item : reservation.child("instancesSet").children("item")) {
      page.instances.push_back(read_instance(item));
    }
  };
  if (name == "DescribeInstancesResponse" && root.child("reservationSet")) {
    for (const pugi::xml_node& item : root.child("reservationSet").children("item")) take(item);
    page.next = root.child_value("nextToken");
  } else if (name == "RunInstancesResponse") {
    take(root);
  } else {
    return Error{ErrorCode::invalid, "the answer lists no instances"};
  }
  const bool is_whole =
      std::all_of(page.instances.begin(), page.instances.end(), [](const Marked& one) {
        return !one.instance.id.value.empty() && !one.instance.state.empty();
      });
  if (!is_whole) return Error{ErrorCode::invalid, "the answer has an instance without id or state"};
  return page;
}

ApiError read_error(std::string_view xml) {
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size())) return {};
  const pugi::xml_node error = document.document_element().child("Errors").child("Error");
  return {error.child_value("Code"), error.child_value("Message")};
}

bool is_about_the_offer(const http::Answer& answer) {
  if (answer.end != http::End::answered) return false;
  const std::string code = read_error(answer.body).code;
  return code == "Unsupported" || code == "VcpuLimitExceeded" ||
         judge(answer).why == Reason::cloud_no_capacity;
}

bool is_of_another(const http::Answer& answer) {
  return answer.end == http::End::answered &&
         read_error(answer.body).code == "IdempotentParameterMismatch";
}

Judgement judge(const http::Answer& answer) {
  if (answer.end == http::End::unsent) return later(Reason::cloud_unreachable);
  if (answer.end != http::End::answered) {
    return {Acted::Result::unknown, Reason::cloud_unreachable};
  }
  const std::string code = read_error(answer.body).code;
  const auto known = std::find_if(meanings.begin(), meanings.end(),
                                  [&](const Meaning& meaning) { return meaning.code == code; });
  if (known != meanings.end()) return known->judgement;
  if (answer.status == 429) return later(Reason::cloud_throttled);
  if (answer.status == 503) return later(Reason::cloud_unreachable);
  if (answer.status >= 500) return {Acted::Result::unknown, Reason::cloud_unreachable};
  if (answer.status == 401 || answer.status == 403) return later(Reason::cloud_refused);
  const std::string_view text = code;
  const bool is_about_what_is_asked =
      text.rfind("Invalid", 0) == 0 || text.rfind("Missing", 0) == 0 ||
      text.rfind("Unsupported", 0) == 0 || text.rfind("UnknownParameter", 0) == 0;
  return refused(is_about_what_is_asked ? Reason::launch_config_invalid : Reason::cloud_refused);
}

}  // namespace settle::ec2
