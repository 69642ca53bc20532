// What Prometheus says to an instant query (/api/v1/query), read strictly. Pure: it asks nobody and
// knows nothing of groups.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "reconcilers/signal.h"

namespace settle::prometheus {

/// One element of an instant vector; a scalar is one without labels.
struct Element {
  std::map<std::string, std::string> labels;
  Time at;           // When it was evaluated, by the clock of whoever answered.
  Reading reading;   // A value, or invalid: NaN, an infinity.
  std::string text;  // As it was written.
};

struct Answer {
  std::vector<Element> elements;
  std::vector<std::string> warnings;  // Part of the data may be missing.
};

/// The error says what is wrong: no JSON, refused by Prometheus and why, a range or a text where an
/// instant vector or a scalar is wanted, a histogram where a number is wanted.
[[nodiscard]] Result<Answer> read_answer(std::string_view body);

/// "bad_data: parse error: ..." of a body that says so; empty where it does not.
[[nodiscard]] std::string refusal_in(std::string_view body);

/// Seconds since 1970, with or without a fraction or an exponent; none if that is no time.
[[nodiscard]] std::optional<Time> time_of(std::string_view seconds);

/// The labels that tell these elements apart: what a query has to aggregate away.
[[nodiscard]] std::string differing_labels(const std::vector<const Element*>& elements);

}  // namespace settle::prometheus
