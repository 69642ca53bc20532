// What a Prometheus could answer, and queries of any shape: refused, or readings that follow the
// rules; and a query about age that is itself divided as its selectors are.
#include "daemon/sources/prometheus/readings.h"
#include "tests/fuzz/fuzz.h"

namespace settle::prometheus {
namespace {

using fuzz::must;

constexpr Time noon{Duration{1'795'435'200'000}};

Question question(const std::string& group_label, const std::string& per_instance) {
  Question asked{"q", group_label, {}};
  asked.takers.push_back({{"web"}, "cpu", {}, per_instance, Duration{120'000}});
  asked.takers.push_back({{"web"}, {}, "prom", "instance_id", {}});
  return asked;
}

void examine_signals(const Answer& answer) {
  for (const char* group_label : {"", "group"}) {
    for (const char* per_instance : {"", "instance_id"}) {
      const Question asked = question(group_label, per_instance);
      const Asking asking{asked, "/fuzz", noon, Duration{90'000}, false};
      Named named;
      Complaint complaint;
      const Ages ages(answer, freshness_of("q", group_label), group_label);
      for (const Signal& signal : signals_of(asking, answer, ages, named, complaint)) {
        must(signal.group.value == "web", "nobody else is told");
        must(signal.stamp.at <= noon, "nothing is from the future");
        const auto* sample = std::get_if<SampleClaim>(&signal.claim);
        if (sample == nullptr) continue;
        const bool is_value = sample->reading.kind == ReadingKind::value;
        must(is_value || sample->reading.value == Decimal(), "only a value has one");
        must(!is_value || !answer.elements.empty(), "nothing is never a number");
      }
    }
  }
}

}  // namespace
}  // namespace settle::prometheus

namespace settle::fuzz {

void examine(std::string_view input) {
  using namespace prometheus;
  if (const auto answer = read_answer(input)) {
    must(refusal_in(input).empty(), "what is read was not refused");
    examine_signals(*answer);
  }
  const Freshness freshness = freshness_of(input, "group");
  must(freshness.query.size() <= 16 * input.size() + 1'000, "a query about age stays bounded");
  (void)time_of(input);
}

}  // namespace settle::fuzz
