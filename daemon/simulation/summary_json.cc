#include <iterator>

#include <boost/json/serialize.hpp>
#include <boost/json/string_view.hpp>
#include <fmt/format.h>

#include "daemon/codec/json.h"
#include "daemon/simulation/simulate.h"

namespace settle {
namespace {

using Counts = std::map<std::string, std::size_t>;

std::string quoted(std::string_view text) {
  return boost::json::serialize(boost::json::string_view(text.data(), text.size()));
}

std::string number_or_null(const std::optional<Capacity>& number) {
  return number ? fmt::format("{}", *number) : "null";
}

/// Hours with three decimals, from whole milliseconds.
std::string hours(Duration time) {
  const std::int64_t thousandths = (time.count() + 1'800) / 3'600;
  return fmt::format("{}.{:03}", thousandths / 1'000, thousandths % 1'000);
}

std::string counts_json(const Counts& counts) {
  std::string json = "{";
  for (const auto& [name, count] : counts) {
    fmt::format_to(std::back_inserter(json), "{}{}:{}", json.size() > 1 ? "," : "", quoted(name),
                   count);
  }
  return json + "}";
}

std::string measures_json(const GroupOutcome& outcome) {
  return fmt::format(
      "\"decisions\":{},\"instance_hours\":{},\"time_short_of_need\":{},\"changes\":{},"
      "\"reversals\":{},\"withheld\":{},\"actions\":{}",
      outcome.decisions, hours(outcome.instance_time), outcome.short_of_need.count() / 1'000,
      outcome.changes, outcome.reversals, counts_json(outcome.withheld),
      counts_json(outcome.actions));
}

std::string group_json(const GroupOutcome& outcome) {
  return fmt::format(
      "{{\"desired\":{},\"desired_least\":{},\"desired_most\":{},\"ready\":{},\"existing\":{},"
      "\"digest\":{},{}}}",
      number_or_null(outcome.desired), number_or_null(outcome.desired_least),
      number_or_null(outcome.desired_most), outcome.ready, outcome.existing, quoted(outcome.digest),
      measures_json(outcome));
}

GroupOutcome sum(const std::map<std::string, GroupOutcome>& groups) {
  GroupOutcome total;
  for (const auto& [name, one] : groups) {
    total.decisions += one.decisions;
    total.changes += one.changes;
    total.reversals += one.reversals;
    total.instance_time += one.instance_time;
    total.short_of_need += one.short_of_need;
    for (const auto& [guard, count] : one.withheld) total.withheld[guard] += count;
    for (const auto& [action, count] : one.actions) total.actions[action] += count;
  }
  return total;
}

}  // namespace

std::string summary_json(const SimulationSummary& summary) {
  std::string json = fmt::format(
      "{{\"summary\":{{\"start\":{},\"end\":{},\"seed\":{},\"revision\":{},{},\"events\":{},"
      "\"samples\":{},\"pushed_back\":{},\"not_reached\":{},\"dead_letters\":{}",
      quoted(time_text(summary.start)), quoted(time_text(summary.end)), summary.seed,
      quoted(summary.revision), measures_json(sum(summary.groups)), summary.events, summary.samples,
      summary.pushed_back, summary.not_reached, counts_json(summary.dead_letters));
  json += ",\"dead_letter_examples\":[";
  for (const DeadLetterNote& note : summary.dead_letter_examples) {
    if (json.back() != '[') json += ',';
    fmt::format_to(std::back_inserter(json), "{{\"line\":{},\"reason\":{},\"why\":{}}}", note.line,
                   quoted(note.reason), quoted(note.why));
  }
  json += "],\"groups\":{";
  for (const auto& [name, outcome] : summary.groups) {
    if (json.back() != '{') json += ',';
    json += quoted(name) + ":" + group_json(outcome);
  }
  return json + "}}}";
}

}  // namespace settle
