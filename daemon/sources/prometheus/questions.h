// What is to be asked, and for whom: the queries of all groups, each once. Pure.
//
// Two groups that ask the same share one question. A metric without a query of its own takes part
// in the source's query of its signal's name: one vector, divided among the groups by a label.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "daemon/partition/event.h"

namespace settle::prometheus {

/// One query of the source itself, for all groups.
struct FleetQuery {
  std::string query;
  std::string group_label{"group"};  // Its value is the group that an element is about.
};
using FleetQueries = std::map<std::string, FleetQuery>;

/// Who wants to know: a signal of a group, or a reporter of its health.
struct Taker {
  GroupId group;
  std::string signal;        // Empty: a question of health.
  std::string reporter;      // Of health.
  std::string per_instance;  // The label that names the instance; empty: one value for the group.
  Duration stale_after{};    // Of a signal.
  [[nodiscard]] bool is_about_health() const { return signal.empty(); }
};

struct Question {
  std::string query;
  std::string group_label;  // Empty: the whole answer is about each taker's group.
  std::vector<Taker> takers;
};

/// In order of the query's text; groups in the order given.
[[nodiscard]] std::vector<Question> questions_of(const std::vector<SpecPointer>& groups,
                                                 const std::string& source,
                                                 const FleetQueries& fleet);

}  // namespace settle::prometheus
