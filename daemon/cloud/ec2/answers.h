// What the EC2 API answers: XML to our own types. Total: any text gives a value or an error.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/http/call.h"
#include "daemon/partition/event.h"
#include "reconcilers/observation.h"

namespace settle::ec2 {

/// The marks that every instance of ours bears, set in the request that makes it.
inline constexpr std::string_view tag_cluster = "settle:cluster";
inline constexpr std::string_view tag_group = "settle:group";
inline constexpr std::string_view tag_token = "settle:token";
inline constexpr std::string_view tag_launch = "settle:launch";
/// Marks that come and go.
inline constexpr std::string_view tag_draining = "settle:draining";
inline constexpr std::string_view tag_protected = "settle:protected";

/// An instance with the marks that it bears; empty where it bears none.
struct Marked {
  Instance instance;
  std::string cluster;
  GroupId group;
  bool is_spot = false;
};

struct Page {
  std::vector<Marked> instances;
  std::string next;  // Empty: the last page.
};

/// Of DescribeInstances and of RunInstances. Fails unless it is one.
[[nodiscard]] Result<Page> read_instances(std::string_view xml);

/// "2026-11-23T09:14:30.000Z", as every time of AWS's is written; none otherwise.
[[nodiscard]] std::optional<Time> read_time(std::string_view text);

/// "InsufficientInstanceCapacity"; empty if the body holds no error of EC2's.
struct ApiError {
  std::string code;
  std::string message;
};
[[nodiscard]] ApiError read_error(std::string_view xml);

/// What became of a call that changes something, and why not.
struct Judgement {
  Acted::Result result = Acted::Result::done;
  Reason why = Reason::cloud_refused;
};
/// Of an answer that is no success. Source: the EC2 API Reference, "Error codes".
[[nodiscard]] Judgement judge(const http::Answer& answer);
/// Whether a refused launch may succeed with another type or zone: no room, a limit of that family
/// of types, a type that the zone does not have.
[[nodiscard]] bool is_about_the_offer(const http::Answer& answer);
/// Whether the token was used before, with other parameters.
[[nodiscard]] bool is_of_another(const http::Answer& answer);

}  // namespace settle::ec2
