#include "daemon/sources/prometheus/readings.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace settle::prometheus {
namespace {

using Elements = std::vector<const Element*>;

constexpr std::size_t name_max = 256;  // Bytes of an instance's name.

std::string label_of(const Element& element, const std::string& label) {
  const auto found = element.labels.find(label);
  return found == element.labels.end() ? std::string() : found->second;
}

Stamp stamp_of(const Asking& asking, const std::string& about, Time at) {
  return {at, asking.source, fmt::format("{}/{}", about, asking.asked.time_since_epoch().count())};
}

Signal sample(const Asking& asking, const Taker& taker, Time at, Reading reading,
              const std::string& instance = {}) {
  return {taker.group, stamp_of(asking, taker.signal, at),
          SampleClaim{taker.signal, reading, {instance}}};
}

/// The one value of these elements, or why there is none.
Reading read_one(const Elements& elements, const std::string& whose, Complaint& complaint) {
  if (elements.empty()) {
    complaint.add(fmt::format("the query gives nothing{}", whose));
    return {ReadingKind::no_data, {}};
  }
  if (elements.size() > 1) {
    complaint.add(fmt::format("the query gives {} series{} where one is wanted: aggregate over {}",
                              elements.size(), whose, differing_labels(elements)));
    return {ReadingKind::error, {}};
  }
  if (elements.front()->reading.kind == ReadingKind::invalid) {
    complaint.add(fmt::format("the query gives {}{}", elements.front()->text, whose));
  }
  return elements.front()->reading;
}

/// Elements by the label that names their instance; those without one are nobody's.
std::map<std::string, Elements> by_instance(const Elements& elements, const std::string& label,
                                            Complaint& complaint) {
  std::map<std::string, Elements> divided;
  for (const Element* element : elements) {
    const std::string instance = label_of(*element, label);
    if (instance.empty() || instance.size() > name_max) {
      complaint.add(fmt::format("an element without a usable label \"{}\"", label));
    } else {
      divided[instance].push_back(element);
    }
  }
  return divided;
}

class Teller {
 public:
  Teller(const Asking& asking, const Ages& ages, Named& named, Complaint& complaint)
      : asking_(asking), ages_(ages), named_(named), complaint_(complaint) {}

  void tell(const Taker& taker, const Elements& elements) {
    if (taker.is_about_health()) return tell_health(taker, elements);
    const std::string whose =
        asking_.question.group_label.empty() ? "" : fmt::format(" for {}", taker.group.value);
    const std::optional<Duration> age = ages_.of(group_of(taker));
    if (!elements.empty() && !age) {
      complaint_.add(
          fmt::format("no sample is recent enough{}: what the query gives is old", whose));
      signals_.push_back(sample(asking_, taker, asking_.asked, {ReadingKind::no_data, {}}));
      return;
    }
    const Time at = asking_.asked - age.value_or(Duration{});
    if (taker.per_instance.empty() || elements.empty()) {
      const Reading reading = read_one(elements, whose, complaint_);
      signals_.push_back(sample(asking_, taker, elements.empty() ? asking_.asked : at, reading));
      return;
    }
    for (const auto& [instance, own] : by_instance(elements, taker.per_instance, complaint_)) {
      const Reading reading = read_one(own, " for " + instance, complaint_);
      signals_.push_back(sample(asking_, taker, at, reading, instance));
    }
  }

  std::vector<Signal> take() { return std::move(signals_); }

 private:
  [[nodiscard]] std::string group_of(const Taker& taker) const {
    return asking_.question.group_label.empty() ? std::string() : taker.group.value;
  }

  void say(const Taker& taker, const std::string& instance, HealthStatus status, Time at) {
    HealthClaim claim{{instance}, status, taker.reporter, {}, {}};
    if (status == HealthStatus::unhealthy) {
      claim.reason = "named by the query";
      claim.until = asking_.asked + asking_.holds_for;
    }
    signals_.push_back(
        {taker.group, stamp_of(asking_, taker.reporter + "/" + instance, at), std::move(claim)});
  }

  void tell_health(const Taker& taker, const Elements& elements) {
    const auto ill = by_instance(elements, taker.per_instance, complaint_);
    std::set<InstanceId>& known = named_[{taker.group, taker.reporter}];
    for (const InstanceId& instance : known) {
      if (ill.find(instance.value) != ill.end()) continue;
      say(taker, instance.value, HealthStatus::healthy, asking_.asked);
    }
    for (const auto& [instance, own] : ill) {
      // Nobody knows what it was before this process began to ask: no run of reports goes so far.
      if (known.insert({instance}).second) {
        say(taker, instance, HealthStatus::unknown, asking_.asked - Duration{1});
      }
      say(taker, instance, HealthStatus::unhealthy, asking_.asked);
    }
  }

  const Asking& asking_;
  const Ages& ages_;
  Named& named_;
  Complaint& complaint_;
  std::vector<Signal> signals_;
};

}  // namespace

Ages::Ages(const Answer& answer, const Freshness& freshness, const std::string& group_label) {
  for (const Element& element : answer.elements) {
    const std::string group = group_label.empty() ? "" : label_of(element, group_label);
    if (!group_label.empty() && group.empty()) continue;
    const std::optional<Time> newest = time_of(element.text);
    if (!newest) continue;
    const Duration age = std::max(element.at - *newest, Duration{});
    const auto [known, is_new] = ages_.emplace(group, age);
    if (!is_new) known->second = std::max(known->second, age);
  }
  // A label that no raw sample bears was made by the query: then nothing is known of ages.
  is_known_ = !freshness.query.empty() && !freshness.may_come_from_nothing &&
              (!ages_.empty() || group_label.empty());
}

std::optional<Duration> Ages::of(const std::string& group) const {
  const auto found = ages_.find(group);
  if (found != ages_.end()) return found->second;
  return is_known_ ? std::nullopt : std::optional(Duration{});
}

std::vector<Signal> signals_of(const Asking& asking, const Answer& answer, const Ages& ages,
                               Named& named, Complaint& complaint) {
  if (!answer.warnings.empty() && !asking.takes_partial) {
    complaint.add("the answer may be partial: " + answer.warnings.front());
    return errors_of(asking);
  }
  const Question& question = asking.question;
  std::map<std::string, Elements> by_group;
  for (const Element& element : answer.elements) {
    by_group[question.group_label.empty() ? "" : label_of(element, question.group_label)].push_back(
        &element);
  }
  Teller teller(asking, ages, named, complaint);
  static const Elements none;
  for (const Taker& taker : question.takers) {
    const auto found = by_group.find(question.group_label.empty() ? "" : taker.group.value);
    teller.tell(taker, found == by_group.end() ? none : found->second);
  }
  return teller.take();
}

std::vector<Signal> errors_of(const Asking& asking) {
  std::vector<Signal> signals;
  for (const Taker& taker : asking.question.takers) {
    if (taker.is_about_health()) continue;
    signals.push_back(sample(asking, taker, asking.asked, {ReadingKind::error, {}}));
  }
  return signals;
}

std::vector<Signal> errors_of(const Asking& asking, std::optional<Time> answered) {
  std::vector<Signal> signals;
  for (const Taker& taker : asking.question.takers) {
    if (taker.is_about_health()) continue;
    if (answered && asking.asked < *answered + taker.stale_after) continue;
    signals.push_back(sample(asking, taker, asking.asked, {ReadingKind::error, {}}));
  }
  return signals;
}

}  // namespace settle::prometheus
