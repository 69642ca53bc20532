// One HTTP call of Prometheus' query API, and what its answer means. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "daemon/http/call.h"

namespace settle::prometheus {

/// An instant query by POST, so that its length is no matter. `token` may be empty.
[[nodiscard]] http::Call query_call(const std::string& url, const std::string& query,
                                    Duration timeout, const std::string& token);

struct Verdict {
  enum class Kind : std::uint8_t {
    answered,      // There is a body to read.
    refused,       // It will never work as it is: the query is wrong.
    out_of_reach,  // Prometheus could not be asked, or could not answer.
  };
  Kind kind = Kind::answered;
  std::string why;  // Unless answered; for people.
};
[[nodiscard]] Verdict verdict_on(const http::Answer& answer);

}  // namespace settle::prometheus
