// How a reason code becomes words, for this room alone. The phrasebook has one entry per reason;
// what an entry says of a round it fills in from facts, and it says less where a fact is absent.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reconcilers/calendar/calendar.h"
#include "reconcilers/decision.h"

namespace settle {

/// One entry of the phrasebook.
///
/// `sentence` is a pattern: {key} stands for a fact, [what is in brackets] is left out where a
/// fact within it is absent, and of alternatives a|b|c the first whose facts are all there is
/// taken; the last needs none. `meaning` and `remedy` are whole sentences.
struct Phrase {
  Reason reason;
  std::string_view sentence;
  std::string_view meaning;
  std::string_view remedy;
};

[[nodiscard]] const Phrase& phrase(Reason reason);

/// The facts that a pattern may use: those of the record, then what its place in it implies.
class Words {
 public:
  Words(const Facts& facts, const Zone& zone) : facts_(&facts), zone_(&zone) {}

  void add(std::string_view key, std::string word) { implied_.emplace_back(key, std::move(word)); }
  [[nodiscard]] std::optional<std::string> find(std::string_view key) const;
  [[nodiscard]] const Zone& zone() const { return *zone_; }

 private:
  const Facts* facts_;
  const Zone* zone_;
  std::vector<std::pair<std::string_view, std::string>> implied_;
};

/// The first alternative of `pattern` for which there are words; empty if there is none.
[[nodiscard]] std::string fill(std::string_view pattern, const Words& words);

/// The same sentences as because(), with times in `zone`.
[[nodiscard]] std::string because(const Voice& voice, const Zone& zone);
[[nodiscard]] std::string because(const RungNote& note, const Zone& zone);
[[nodiscard]] std::string because(const TakenStep& step, const Zone& zone);
[[nodiscard]] std::string because(const WithheldStep& step, const Zone& zone);

[[nodiscard]] std::string headline(const DecisionRecord& record, const Zone& zone);

/// "policy/keep-cpu-at-55", "schedule/office-hours", "operator/anna".
[[nodiscard]] std::string full_name(const Voice& voice);
/// "keep-cpu-at-55".
[[nodiscard]] std::string short_name(const Voice& voice);
/// "launch 7", "terminate i-7f31", "terminate i-7f31 and 2 more".
[[nodiscard]] std::string act_text(StepOp op, const InstanceId& instance, Capacity count);
/// A number with at most four decimals; a mean of three would not end otherwise.
[[nodiscard]] std::string number_text(const Decimal& number);
/// Letters, not bytes: what a terminal needs as columns.
[[nodiscard]] std::size_t width(std::string_view text);
/// Columns as wide as their widest cell, two apart; a column that nobody uses takes no room.
[[nodiscard]] std::vector<std::string> aligned(const std::vector<std::vector<std::string>>& rows);
[[nodiscard]] std::string padded(std::string text, std::size_t columns);

/// "Mon 23 Nov 07:00 EET", for a moment that is near.
[[nodiscard]] std::string near_text(Time at, const Zone& zone);

}  // namespace settle
