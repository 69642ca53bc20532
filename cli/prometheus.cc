#include "cli/prometheus.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/daemon_client.h"
#include "cli/trial/prometheus_answer.h"

namespace settle {
namespace {

constexpr std::int64_t samples_at_once_max = 10'000;

std::string seconds(Duration duration) {
  return fmt::format("{}.{:03}", duration.count() / 1'000, duration.count() % 1'000);
}

}  // namespace

Result<std::string> ask_range(const RangeQuestion& question) {
  const DaemonClient client(question.url);
  std::string csv;
  Time from = question.start;
  while (from <= question.end) {
    const Time until = std::min(question.end, from + question.step * samples_at_once_max);
    const auto reply =
        client.get(fmt::format("/api/v1/query_range?query={}&start={}&end={}&step={}",
                               url_part(question.query), seconds(from.time_since_epoch()),
                               seconds(until.time_since_epoch()), seconds(question.step)));
    if (!reply) {
      return Error{ErrorCode::unavailable,
                   fmt::format("no Prometheus answers at {}", question.url)};
    }
    auto part = csv_of_range(reply->body);
    if (!part) {
      return Error{part.error().code, fmt::format("{}: {} (asked for {})", question.url,
                                                  part.error().message, question.query)};
    }
    csv += csv.empty() ? *part : part->substr(part->find('\n') + 1);
    from = until + question.step;
  }
  return csv;
}

}  // namespace settle
