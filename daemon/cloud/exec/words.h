// The words spoken with a program that is a cloud: one JSON object a line, requests in, answers
// out, version 1. docs/EXEC_CLOUD.md is the contract for whoever writes such a program. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/partition/event.h"
#include "reconcilers/observation.h"

namespace settle::exec {

/// Each without a newline.
[[nodiscard]] std::string list_request(std::uint64_t call, const std::string& cluster);
[[nodiscard]] std::string find_request(std::uint64_t call, const std::string& cluster,
                                       const InstanceId& instance);
[[nodiscard]] std::string act_request(std::uint64_t call, const std::string& cluster,
                                      const Act& act);

struct Listed {
  GroupId group;
  Instance instance;
};

/// What a program answered to one call.
struct Answer {
  std::uint64_t call = 0;
  Acted::Result result = Acted::Result::done;
  Reason why = Reason::cloud_refused;  // Unless done.
  InstanceId instance;                 // Of a launch that is done.
  bool is_complete = false;            // Of a list or a find: nothing is left out.
  bool finds = false;                  // Of a list: the program also answers find.
  std::vector<Listed> instances;       // Of a list or a find.
};

/// Refuses what is no answer, with what is wrong with it.
[[nodiscard]] Result<Answer> read_answer(std::string_view line);

}  // namespace settle::exec
