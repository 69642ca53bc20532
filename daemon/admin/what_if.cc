#include "daemon/admin/what_if.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <tuple>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "daemon/admin/routes.h"
#include "daemon/codec/json.h"
#include "daemon/partition/event.h"
#include "reconcilers/census.h"
#include "reconcilers/explain/explain.h"
#include "reconcilers/fold.h"
#include "reconcilers/foresight.h"
#include "reconcilers/memory.h"

namespace settle {
namespace {

namespace json = boost::json;

constexpr Duration hold_length{3'600'000};
constexpr const char* source = "what-if";
constexpr const char* dead = "DELETED";

std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (comma > 0) parts.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return parts;
}

std::optional<std::pair<std::string, std::string>> halves_of(const std::string& text) {
  const std::size_t equals = text.rfind('=');
  if (equals == std::string::npos || equals == 0) return std::nullopt;
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

std::optional<Capacity> count_of(const std::string& text) {
  Capacity count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool is_whole = error == std::errc{} && end == text.data() + text.size();
  if (!is_whole || count < 0 || count > capacity_limit) return std::nullopt;
  return count;
}

std::string read_signals(const std::string& text, Supposition& into) {
  for (const std::string& part : parts_of(text)) {
    const auto halves = halves_of(part);
    const bool is_none = halves && halves->second == "none";
    const auto value = halves ? Decimal::parse(halves->second) : std::nullopt;
    if (!value && !is_none) return part + ": a signal is set by SIGNAL=NUMBER or SIGNAL=none";
    into.signals.emplace_back(halves->first,
                              is_none ? Reading{} : Reading{ReadingKind::value, *value});
  }
  return {};
}

std::string read_alarms(const std::string& text, Supposition& into) {
  for (const std::string& part : parts_of(text)) {
    const auto halves = halves_of(part);
    if (!halves || (halves->second != "firing" && halves->second != "resolved")) {
      return part + ": an alarm is set by NAME=firing or NAME=resolved";
    }
    into.alarms.emplace_back(
        halves->first, halves->second == "firing" ? AlarmState::firing : AlarmState::resolved);
  }
  return {};
}

struct Reader {
  std::string name;  // The policy's; POLICY/METRIC of one that has several.
  const Metric* metric;
  std::string signal;
};

std::vector<Reader> readers_of(const GroupSpec& spec) {
  std::vector<Reader> readers;
  for (const Policy& policy : spec.policies) {
    if (const Metric* const only = metric_of(policy)) {
      readers.push_back({policy.name, only, signal_name(policy, *only)});
    } else if (const auto* target = std::get_if<TargetPolicy>(&policy.kind)) {
      for (const NamedMetric& named : target->metrics) {
        readers.push_back({policy.name + "/" + named.name, &named.metric, signal_name(named)});
      }
    }
  }
  return readers;
}

/// Where in time the round is; none if the text is no time.
std::optional<Time> moment_of(const std::string& text, const Zone& zone, Time now) {
  if (text.empty()) return now;
  if (const auto at = parse_time(text)) return at;
  if (const auto later = parse_wait(text)) return now + *later;
  const auto local = parse_time(text + ":00Z");  // Read as if it were UTC's, then as the zone's.
  if (!local) return std::nullopt;
  return zone.instant(Zone().local(*local));
}

/// The group in the other world, until something about it cannot be.
class OtherWorld {
 public:
  OtherWorld(const GroupView& view, Time now, Time at)
      : spec_(*view.spec), state_(view.state), seen_(*view.seen), at_(at) {
    seen_.at = at;
    for (RememberedSample& one : state_.memory.samples) one.stamp.at += at - now;
    if (!view.last) return;
    context_.partition = view.last->partition;
    context_.epoch = view.last->epoch;
    context_.revision = view.last->revision;
    context_.engine = view.last->engine;
    context_.tzdata = view.last->tzdata;
  }

  void suppose(const Supposition& supposed) {
    if (supposed.kill > 0) kill(supposed.kill);
    for (const auto& [name, reading] : supposed.signals) set(name, reading);
    for (const auto& [name, alarm] : supposed.alarms) sound(name, alarm);
    for (const std::string& policy : supposed.firings) fire(policy);
    if (supposed.hold) {
      claim(HoldOrder{*supposed.hold, at_ + hold_length, false, source, "what if"});
      told_.push_back(fmt::format("an operator holds it at {}", *supposed.hold));
    }
  }

  DecisionRecord decide() { return converge(spec_, state_, seen_, at_, context_).record; }

  /// After decide(): what comes if every signal goes on like this.
  [[nodiscard]] std::string forecast(const Tally& tally) const {
    const auto in = next_turn(spec_, state_, tally, at_, Way::in);
    const auto out = next_turn(spec_, state_, tally, at_, Way::out);
    if (!in && !out) return {};
    const Turn turn = !in || (out && out->at < in->at) ? *out : *in;
    return fmt::format("If it stays so: desired {} → {} on {}.\n", turn.from, turn.to,
                       clock_text(turn.at, spec_.zone));
  }

  [[nodiscard]] const std::vector<std::string>& told() const { return told_; }
  [[nodiscard]] const std::string& wrong() const { return wrong_; }

 private:
  void claim(Claim content) {
    const Signal signal{spec_.id, {at_, source, std::to_string(++claims_)}, std::move(content)};
    (void)merge(spec_, state_, signal, at_);
  }

  /// The signal of that name, or that the policy or metric of that name reads.
  [[nodiscard]] std::string signal_of(const std::string& name) {
    std::vector<std::string> known;
    for (const Reader& reader : readers_of(spec_)) {
      if (name == reader.signal || name == reader.name) return reader.signal;
      if (!reader.metric->over.empty() && name == reader.metric->over) return name;
      known.push_back(reader.signal);
    }
    wrong_ = fmt::format("{} reads no signal \"{}\"; it reads: {}", spec_.id.value, name,
                         known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", ")));
    return {};
  }

  void set(const std::string& name, const Reading& reading) {
    const std::string signal = signal_of(name);
    if (signal.empty()) return;
    std::erase_if(state_.memory.samples,
                  [&](const RememberedSample& one) { return one.sample.signal == signal; });
    claim(SampleClaim{signal, reading, {}});
    told_.push_back(
        fmt::format("{} reads {}", signal,
                    reading.kind == ReadingKind::value ? reading.value.text() : "nothing"));
  }

  void kill(Capacity wanted) {
    std::vector<Instance*> serving;
    for (Instance& one : seen_.instances) {
      if (fate(one.state) == Fate::keep && !one.is_draining) serving.push_back(&one);
    }
    std::sort(serving.begin(), serving.end(), [](const Instance* a, const Instance* b) {
      return std::tie(a->created, a->id) < std::tie(b->created, b->id);
    });
    const std::size_t count = std::min(serving.size(), static_cast<std::size_t>(wanted));
    for (std::size_t i = 0; i < count; ++i) serving[i]->state = dead;
    told_.push_back(fmt::format("{} of {} serving instances are dead", count, serving.size()));
    if (count > 0 && count < serving.size()) share_load(serving.size(), serving.size() - count);
  }

  /// The load stays what it was, so that a mean over fewer instances is larger.
  void share_load(std::size_t before, std::size_t after) {
    std::set<std::string> means;
    for (const Reader& reader : readers_of(spec_)) {
      if (reader.metric->is_total || !reader.metric->over.empty()) continue;
      means.insert(reader.signal);
    }
    for (RememberedSample& one : state_.memory.samples) {
      Reading& reading = one.sample.reading;
      const bool is_mean = one.sample.instance.value.empty() && means.contains(one.sample.signal);
      if (!is_mean || reading.kind != ReadingKind::value) continue;
      reading.value = quotient(reading.value * Decimal(static_cast<std::int64_t>(before)),
                               Decimal(static_cast<std::int64_t>(after)));
      told_.push_back(fmt::format("{} reads {}, the load of {} on {}", one.sample.signal,
                                  reading.value.text(), before, after));
    }
  }

  void sound(const std::string& name, AlarmState alarm) {
    for (const Policy& policy : spec_.policies) {
      const auto* alert = std::get_if<AlertPolicy>(&policy.kind);
      if (alert == nullptr || (name != policy.name && name != alert->alarm)) continue;
      // All that sound it now are replaced by the one that is supposed.
      std::erase_if(state_.memory.alarms, [&](const RememberedAlarm& one) {
        return one.alarm.alarm == alert->alarm && !one.alarm.alert.empty();
      });
      claim(AlarmClaim{alert->alarm, alarm, std::nullopt});
      told_.push_back(fmt::format("the alarm {} is {}", alert->alarm,
                                  alarm == AlarmState::firing ? "firing" : "resolved"));
      return;
    }
    wrong_ = fmt::format("{} has no alert policy for \"{}\"", spec_.id.value, name);
  }

  void fire(const std::string& name) {
    for (const Policy& policy : spec_.policies) {
      if (policy.name != name || !std::holds_alternative<WebhookPolicy>(policy.kind)) continue;
      claim(AdjustClaim{name});
      told_.push_back(fmt::format("the webhook {} fires", name));
      return;
    }
    wrong_ = fmt::format("{} has no webhook policy \"{}\"", spec_.id.value, name);
  }

  const GroupSpec& spec_;
  GroupState state_;
  Observation seen_;
  RoundContext context_;
  const Time at_;
  std::size_t claims_ = 0;
  std::vector<std::string> told_;
  std::string wrong_;
};

}  // namespace

std::variant<Supposition, std::string> read_supposition(
    const std::map<std::string, std::string>& query) {
  Supposition supposed;
  for (const auto& [key, text] : query) {
    std::string wrong;
    if (key == "set") {
      wrong = read_signals(text, supposed);
    } else if (key == "alarm") {
      wrong = read_alarms(text, supposed);
    } else if (key == "fire") {
      supposed.firings = parts_of(text);
    } else if (key == "at") {
      supposed.at = text;
    } else if (key == "kill" || key == "hold") {
      const auto count = count_of(text);
      if (!count) wrong = fmt::format("{}: \"{}\" is no number of instances", key, text);
      if (key == "hold") supposed.hold = count;
      if (key == "kill") supposed.kill = count.value_or(0);
    } else {
      wrong = fmt::format("\"{}\" is none of set, kill, alarm, fire, hold and at", key);
    }
    if (!wrong.empty()) return wrong;
  }
  return supposed;
}

HttpResponse what_if(const GroupView& view, const Supposition& supposed, Time now) {
  const auto at = moment_of(supposed.at, view.spec->zone, now);
  if (!at) {
    return problem(400, "This request cannot be read",
                   "\"at\" is a time such as 2026-11-27T18:00 (local to the group), one of RFC "
                   "3339, or a time from now such as 2h.");
  }
  if (!view.seen) {
    return problem(409, "Not looked at yet", "The group's instances are not known yet.");
  }
  OtherWorld other(view, now, *at);
  other.suppose(supposed);
  if (!other.wrong().empty()) return problem(404, "No such thing", other.wrong());
  const DecisionRecord record = other.decide();
  std::string text = "If ";
  for (const std::string& one : other.told())
    text += one + (&one == &other.told().back() ? "" : ", and ");
  if (other.told().empty()) text += "nothing else changes";
  text += fmt::format("{}:\n\n{}{}", supposed.at.empty() ? "" : ", at that time",
                      page(record, {}, view.spec->zone), other.forecast(record.tally));
  json::object answer{{"group", view.spec->id.value}, {"at", time_text(*at)}};
  answer["supposed"] = json::array(other.told().begin(), other.told().end());
  answer["decision"] = json::parse(record_json(record));
  answer["text"] = text;
  return json_response(json::serialize(answer));
}

}  // namespace settle
