// Prometheus as a source: instant queries by POST, each asked once for all groups that want it.
//
// A question is asked every `every`, moved by up to a tenth at random, with one asking of it under
// way at a time. Nothing is emitted again: the next reading supersedes what found no room. What
// Prometheus says (nothing, several series, NaN, a refused query) holds at once. That it cannot be
// reached makes readings errors only after as long as they may be stale: until then the last ones
// stand, and a restart of Prometheus moves nobody.
//
// Knows nothing of what a reading is for.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "daemon/base/result.h"
#include "daemon/base/timers.h"
#include "daemon/http/outbound.h"
#include "daemon/partition/loop.h"
#include "daemon/sources/prometheus/questions.h"
#include "daemon/sources/source.h"

namespace settle::prometheus {

struct Settings {
  std::string name;         // Of the source, as configuration has it.
  std::string url;          // Without /api/v1; https, or http to this machine's own loopback.
  Duration timeout{5'000};  // For an answer, waiting for its turn included.
  Duration every{30'000};   // Between two askings of one question.
  int calls_per_second = 20;
  int in_flight = 8;
  bool takes_partial = false;  // Whether an answer with warnings counts.
  FleetQueries queries{};      // The source's own, by the names of signals.
};

/// Read before each call, so that a new token holds without a restart; empty: none is sent.
using TokenSource = std::function<Result<std::string>()>;

/// `clock` and `timers` outlive the source.
[[nodiscard]] std::unique_ptr<Source> open_prometheus_source(Settings settings, TokenSource token,
                                                             const Clock& clock, Timers& timers);

}  // namespace settle::prometheus
