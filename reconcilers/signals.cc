// A policy's signal: which sample counts, whether it still does, and what its absence means.
#include <algorithm>

#include "reconcilers/memory.h"
#include "reconcilers/steadiness.h"
#include "reconcilers/voices.h"

namespace settle {

Fact adjustment_fact(const Adjustment& adjustment) {
  const bool is_percent = adjustment.kind == Adjustment::Kind::change_percent;
  if (adjustment.kind == Adjustment::Kind::set) return {"set", adjustment.amount.text()};
  const bool removes = adjustment.amount.is_negative();
  return {removes ? "remove" : "add",
          amount_text(removes ? -adjustment.amount : adjustment.amount, is_percent)};
}

Samples samples_of(const Memory& memory, std::string_view signal) {
  const auto& samples = memory.samples;
  const auto begin = std::lower_bound(samples.begin(), samples.end(), signal,
                                      [](const RememberedSample& entry, std::string_view name) {
                                        return entry.sample.signal < name;
                                      });
  auto end = begin;
  while (end != samples.end() && end->sample.signal == signal) ++end;
  const RememberedSample* const first = samples.data() + (begin - samples.begin());
  return {first, first + (end - begin)};
}

Heard judge(const Metric& metric, const RememberedSample& sample, Time now) {
  const Reading& reading = sample.sample.reading;
  if (sample.stamp.at > now + future_max) return {Reason::metric_invalid, &sample};
  switch (reading.kind) {
    case ReadingKind::no_data:
      return {Reason::metric_missing, &sample};
    case ReadingKind::error:
      return {Reason::metric_error, &sample};
    case ReadingKind::invalid:
      return {Reason::metric_invalid, &sample};
    case ReadingKind::value:
      break;
  }
  if (reading.value.is_negative() && !metric.may_be_negative) {
    return {Reason::metric_invalid, &sample};
  }
  if (now - sample.stamp.at > metric.stale_after) return {Reason::metric_stale, &sample};
  return {Reason::proposed, &sample};
}

void have_read(const Moment& moment, const Metric& metric, const RememberedSample& sample,
               Voice& voice) {
  voice.input = sample.sample.reading;
  voice.input_at = sample.stamp.at;
  moment.agenda.note(sample.stamp.at + metric.stale_after + Duration{1});
}

void be_missing(const Moment& moment, const Metric& metric, const Heard& heard, Voice& voice) {
  voice.verdict = Verdict::missing;
  voice.reason = heard.problem;
  if (heard.sample != nullptr) {
    voice.input = heard.sample->sample.reading;
    voice.input_at = heard.sample->stamp.at;
    if (heard.problem == Reason::metric_stale) {
      voice.facts.emplace_back("age", moment.now - heard.sample->stamp.at);
      voice.facts.emplace_back("stale_after", metric.stale_after);
    } else if (heard.problem == Reason::metric_missing) {
      voice.facts.emplace_back("since", heard.sample->stamp.at);
    } else if (heard.problem == Reason::metric_invalid) {
      voice.facts.emplace_back("signal", heard.sample->sample.signal);
    }
  }
  if (!metric.source.empty() && heard.problem == Reason::metric_error) {
    voice.facts.emplace_back("source", metric.source);
  }
  if (metric.when_missing == WhenMissing::ignore) {
    voice.verdict = Verdict::silent;
  } else if (metric.when_missing == WhenMissing::fallback) {
    voice.verdict = Verdict::proposes;
    voice.proposes = std::max(moment.desired, metric.fallback);
    voice.facts.emplace_back("reason", std::string(name(heard.problem)));
    voice.facts.emplace_back("fallback", std::int64_t{metric.fallback});
    voice.reason = Reason::fallback_used;
  }
}

}  // namespace settle
