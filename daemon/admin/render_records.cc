// How decisions, letters, answers and the daemon itself are shown.
#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/core.h>

#include "daemon/admin/render.h"
#include "daemon/codec/json.h"

namespace settle {
namespace {

namespace json = boost::json;

// Outcomes that a sender is told of as a refusal: sending the same again can never work.
bool is_refused(std::string_view outcome) {
  return outcome == "FromTheFuture" || outcome == "Invalid" || outcome == "UnknownPolicy" ||
         outcome == "UnknownGroup";
}

}  // namespace

std::string decision_json(const ListedDecision& decision) {
  const std::string record = record_json(decision.record);
  return fmt::format(R"({{"sequence":{},{})", decision.sequence,
                     std::string_view(record).substr(1));
}

std::string decisions_json(const std::vector<ListedDecision>& decisions) {
  std::string text = R"({"decisions":[)";
  for (const ListedDecision& decision : decisions) {
    if (text.back() != '[') text += ',';
    text += decision_json(decision);
  }
  return text + "]}";
}

namespace {

json::object letter_object(const ListedDeadLetter& letter) {
  return {{"sequence", letter.sequence},
          {"at", time_text(letter.at)},
          {"reason", letter.reason},
          {"event", letter.event},
          {"settled", letter.settled}};
}

}  // namespace

std::string dead_letter_json(const ListedDeadLetter& letter) {
  return json::serialize(letter_object(letter));
}

std::string dead_letters_json(const std::vector<ListedDeadLetter>& letters) {
  json::array rows;
  for (const ListedDeadLetter& letter : letters) {
    rows.push_back(letter_object(letter));
  }
  return json::serialize(json::object{{"deadletters", std::move(rows)}});
}

std::string status_json(const DaemonStatus& status, Time now) {
  json::object text;
  text["version"] = status.version;
  text["node"] = status.node;
  text["cluster"] = status.cluster;
  text["revision"] = status.revision;
  text["mode"] = status.mode;
  text["tzdata"] = status.tzdata;
  text["groups"] = status.groups;
  text["partitions"] = status.partitions;
  text["now"] = time_text(now);
  text["started"] = time_text(status.started);
  text["ready"] = status.is_ready;
  text["store"] = status.store_works ? "ok" : "unavailable";
  text["journal"] = status.journal_works ? "ok" : "unavailable";
  text["reload_error"] =
      status.reload_error ? json::value(*status.reload_error) : json::value(nullptr);
  return json::serialize(text);
}

std::string_view outcome_word(Merge merge) {
  switch (merge) {
    case Merge::merged:
      return "merged";
    case Merge::repeated:
      return "repeated";
    case Merge::late_or_repeated:
      return "LateOrRepeated";
    case Merge::from_the_future:
      return "FromTheFuture";
    case Merge::invalid:
      return "Invalid";
    case Merge::unknown_policy:
      return "UnknownPolicy";
    case Merge::unknown_group:
      return "UnknownGroup";
    case Merge::full:
      return "full";
  }
  return "full";
}

HttpResponse answer_events(const std::vector<Signal>& signals,
                           const std::vector<std::string_view>& outcomes) {
  json::array results;
  std::size_t full = 0;
  std::size_t refused = 0;
  for (std::size_t at = 0; at < signals.size() && at < outcomes.size(); ++at) {
    if (outcomes[at] == "full" || outcomes[at] == "elsewhere") ++full;
    if (is_refused(outcomes[at])) ++refused;
    results.push_back(json::object{{"id", signals[at].stamp.id}, {"outcome", outcomes[at]}});
  }
  const std::string members = R"("results":)" + json::serialize(results);
  if (full > 0) {
    HttpResponse response =
        problem(503, "No room for more events now",
                fmt::format("{} of {} were not taken; send the same again.", full, signals.size()),
                members);
    response.headers.emplace_back("Retry-After", "1");
    return response;
  }
  if (refused > 0) {
    return problem(422, "Events that can never work",
                   fmt::format("{} of {} went to the dead letters; the others were taken.", refused,
                               signals.size()),
                   members);
  }
  return json_response("{" + members + "}");
}

}  // namespace settle
