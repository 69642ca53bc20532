// How old are the samples that a query was made from? Prometheus evaluates a query now, from
// samples that may be five minutes old, and says nothing of it. So beside a query goes a second
// one, made from the selectors of the first: `max(timestamp(SELECTOR))`; of several selectors the
// oldest.
//
// The query is not understood, only divided into words: enough to find its selectors. Pure.
#pragma once

#include <string>
#include <string_view>

namespace settle::prometheus {

struct Freshness {
  std::string query;  // Empty: nothing can be said (no selector, an offset, too many selectors).
  // Whether the query yields something where no sample is: vector(0), absent(x).
  bool may_come_from_nothing = false;
};

/// `by_label`: one element for each of its values; empty: one for all.
[[nodiscard]] Freshness freshness_of(std::string_view query, std::string_view by_label);

}  // namespace settle::prometheus
