// Target policies: as many instances as bring the measurement to its target.
#include <algorithm>

#include "reconcilers/breach.h"
#include "reconcilers/fold.h"
#include "reconcilers/measure.h"
#include "reconcilers/steadiness.h"
#include "reconcilers/voices.h"

namespace settle {
namespace {

bool counts(const InstanceMemory& instance) {
  return !instance.condemned && !instance.missing_since && !instance.draining_since;
}

enum class Side : std::uint8_t { below, within, above };

/// Where the measurement lies: above its target, below, or so near that nothing should move.
Side side_of(const Measured& measured, const Decimal& target, const Steadiness& steadiness) {
  const Decimal& count = measured.over;
  const auto order = compare_ratios(measured.value, count, target, Decimal(1));
  if (order == 0) return Side::within;
  const Side side = order > 0 ? Side::above : Side::below;
  const Tolerance& tolerance =
      side == Side::above ? steadiness.out.tolerance : steadiness.in.tolerance;
  if (!tolerance.is_percent || tolerance.amount.is_zero()) return side;
  const Decimal band =
      side == Side::above ? Decimal(100) + tolerance.amount : Decimal(100) + -tolerance.amount;
  const auto edge = compare_ratios(measured.value, count, target * band, Decimal(100));
  const bool is_within = side == Side::above ? edge <= 0 : edge >= 0;
  return is_within ? Side::within : side;
}

void stay_within(const Decimal& target, const Pace& pace, Voice& voice) {
  voice.verdict = Verdict::stays;
  voice.reason = Reason::within_tolerance;
  voice.facts.emplace_back("target", target);
  voice.facts.emplace_back("tolerance",
                           amount_text(pace.tolerance.amount, pace.tolerance.is_percent));
}

void propose(const Aim& aim, const Measured& measured, Voice& voice) {
  voice.verdict = Verdict::proposes;
  voice.reason = Reason::proposed;
  voice.proposes = ceil_scaled(measured.times, measured.value, aim.target);
  voice.facts.reserve(4);
  voice.facts.emplace_back("target", aim.target);
  if (!aim.metric.is_total) voice.facts.emplace_back("ready", std::int64_t{measured.times});
  const Decimal exact = quotient(measured.value * Decimal(measured.times), aim.target);
  voice.facts.emplace_back("ratio", to_two_places(exact));
}

/// Instances whose warm-up has not ended serve, but their samples mean nothing yet.
Capacity count_warming(const Moment& moment) {
  if (moment.spec.warm_up <= Duration::zero()) return 0;
  Capacity warming = 0;
  for (const InstanceMemory& instance : moment.state.instances) {
    if (!instance.active_since || !counts(instance)) continue;
    const Time warm_at = *instance.active_since + moment.spec.warm_up;
    if (warm_at <= moment.now) continue;
    moment.agenda.note(warm_at);
    ++warming;
  }
  return warming;
}

/// A mean is of those who were ready when it was taken: whoever drains only since then was one of
/// them. Without these, a group would shrink again and again by one and the same sample.
Capacity count_drained_since(const Moment& moment, Time sampled_at) {
  const auto& instances = moment.state.instances;
  return static_cast<Capacity>(
      std::count_if(instances.begin(), instances.end(), [&](const InstanceMemory& instance) {
        return instance.draining_since && *instance.draining_since >= sampled_at;
      }));
}

void hear_whole(const Moment& moment, const Aim& aim, Measured& measured, Voice& voice) {
  const Decimal& value = voice.input->value;
  measured.value = value;
  if (aim.metric.is_total) {
    // Compared with what is desired: what is still being built or removed is on its way there.
    measured.over = Decimal(moment.desired);
    if (moment.desired == 0) return propose(aim, measured, voice);
  } else {
    measured.times = std::max(moment.tally.ready - count_warming(moment), 0);
    if (measured.times > 0) measured.times += count_drained_since(moment, measured.at);
    if (measured.times == 0) {
      voice.reason = Reason::no_opinion;  // A mean over nobody says nothing.
      return;
    }
  }
  const Side side = side_of(measured, aim.target, aim.steadiness);
  const bool is_above = value > aim.target * measured.over;
  const Pace& pace = is_above ? aim.steadiness.out : aim.steadiness.in;
  if (side != Side::within || pace.tolerance.amount.is_zero()) {
    return propose(aim, measured, voice);
  }
  stay_within(aim.target, pace, voice);
}

/// Instances by what their own samples say. Source: Kubernetes HPA, replica_calculator.go; the
/// cases in tests/cases/data/hpa.json, resource_utilization.
struct Roll {
  Decimal sum;   // Of what those sampled say,
  Decimal over;  // and of what it is divided by: one each, unless the metric is a ratio.
  Decimal silent_over;
  Decimal unready_over;
  Capacity sampled = 0;  // Ready, with a sample that counts.
  Capacity silent = 0;   // Ready, without one.
  Capacity unready = 0;  // Still building, or warming up: what they say does not count.
  bool is_whole = true;  // Of every ready one it is known what to divide by.
  Time newest;           // Of the samples that count.
  Heard problem;
};

/// Walks samples beside instances, both in order of instance.
class Walk {
 public:
  Walk(const Metric& metric, Samples samples, Time now)
      : metric_(metric), at_(samples.begin), end_(samples.end), now_(now) {}

  [[nodiscard]] Heard of(const InstanceId& instance) {
    while (at_ != end_ && at_->sample.instance < instance) ++at_;
    const bool is_its = at_ != end_ && at_->sample.instance == instance;
    return is_its ? judge(metric_, *at_, now_) : Heard{};
  }

 private:
  const Metric& metric_;
  const RememberedSample* at_;
  const RememberedSample* end_;
  Time now_;
};

Roll call_roll(const Moment& moment, const Metric& metric, Samples samples, Samples divisors) {
  Roll roll;
  Walk walk(metric, samples, moment.now);
  Walk divisor(metric, divisors, moment.now);
  const bool is_ratio = !metric.over.empty();
  for (const InstanceMemory& instance : moment.state.instances) {
    if (!counts(instance)) continue;
    const Heard below = is_ratio ? divisor.of(instance.id) : Heard{};
    const bool is_known =
        !is_ratio || (below.is_value() && below.sample->sample.reading.value > Decimal());
    const Decimal one = is_ratio && is_known ? below.sample->sample.reading.value : Decimal(1);
    const auto warm_at = instance.active_since
                             ? std::optional(*instance.active_since + moment.spec.warm_up)
                             : std::nullopt;
    if (!warm_at || *warm_at > moment.now) {
      moment.agenda.note(warm_at);
      ++roll.unready;
      if (is_known) roll.unready_over = roll.unready_over + one;
      continue;
    }
    roll.is_whole = roll.is_whole && is_known;
    const Heard heard = walk.of(instance.id);
    if (!heard.is_value()) {
      if (heard.sample != nullptr) roll.problem = heard;
      ++roll.silent;
      roll.silent_over = roll.silent_over + one;
      continue;
    }
    moment.agenda.note(heard.sample->stamp.at + metric.stale_after + Duration{1});
    roll.sum = roll.sum + heard.sample->sample.reading.value;
    roll.over = roll.over + one;
    roll.newest = std::max(roll.newest, heard.sample->stamp.at);
    ++roll.sampled;
  }
  return roll;
}

/// What one that says nothing is taken to use, where the group would shrink: as much as is aimed
/// at. Of a ratio it is known what all of it would be, and it is taken to use no less than that.
Decimal feared(const Aim& aim) {
  const bool is_ratio = !aim.metric.over.empty();
  return is_ratio && aim.target < Decimal(1) ? Decimal(1) : aim.target;
}

/// Those without a sample are taken at what is feared where the group would shrink, and at zero
/// where it would grow, and so are those not yet ready; it never changes sides by that.
void hear_each(const Moment& moment, const Aim& aim, const Roll& roll, Measured& measured,
               Voice& voice) {
  voice.input = Reading{ReadingKind::value, quotient(roll.sum, roll.over)};
  voice.facts.emplace_back("samples", std::int64_t{roll.sampled});

  measured = {roll.sum, roll.sampled, roll.over, true, roll.newest};
  const Side raw = side_of(measured, aim.target, {});
  const bool grows = raw == Side::above;
  if (raw != Side::within) {
    measured.times += roll.silent + (grows ? roll.unready : 0);
    measured.over = measured.over + roll.silent_over;
    if (grows) measured.over = measured.over + roll.unready_over;
    if (!grows) measured.value = measured.value + feared(aim) * roll.silent_over;
  }
  const Side side = side_of(measured, aim.target, aim.steadiness);
  const Capacity number = ceil_scaled(measured.times, measured.value, aim.target * measured.over);
  const bool turns = side != raw || (grows ? number < moment.desired : number > moment.desired);
  if (side == Side::within || turns) {
    return stay_within(aim.target, grows ? aim.steadiness.out : aim.steadiness.in, voice);
  }
  voice.verdict = Verdict::proposes;
  voice.reason = Reason::proposed;
  voice.proposes = number;
  voice.facts.emplace_back("target", aim.target);
  voice.facts.emplace_back("ready", std::int64_t{measured.times});
}

/// The group's own sample of a signal, and those of its instances.
struct Spoken {
  Heard own;
  Samples each;
};

Spoken spoken(const Moment& moment, const Metric& metric, const std::string& signal) {
  const Samples samples = samples_of(moment.state.memory, signal);
  const bool has_own = samples.begin != samples.end && samples.begin->sample.instance.value.empty();
  return {has_own ? judge(metric, *samples.begin, moment.now) : Heard{},
          {samples.begin + (has_own ? 1 : 0), samples.end}};
}

/// Both parts of a ratio, or what is wrong with one of them.
void hear_ratio(const Moment& moment, const Aim& aim, const Heard& over, const Heard& under,
                Measured& measured, Voice& voice) {
  if (!under.is_value()) return be_missing(moment, aim.metric, under, voice);
  const Decimal& divisor = under.sample->sample.reading.value;
  if (divisor <= Decimal()) {
    return be_missing(moment, aim.metric, {Reason::metric_invalid, under.sample}, voice);
  }
  have_read(moment, aim.metric, *under.sample, voice);
  have_read(moment, aim.metric, *over.sample, voice);
  measured.at = std::max(under.sample->stamp.at, over.sample->stamp.at);
  voice.input = Reading{ReadingKind::value, quotient(over.sample->sample.reading.value, divisor)};
  hear_whole(moment, aim, measured, voice);
}

}  // namespace

Decimal to_two_places(const Decimal& exact) {
  std::int64_t digits = exact.digits();
  int exponent = exact.exponent();
  for (; exponent < -2; ++exponent) digits /= 10;
  return Decimal::of(digits, exponent);
}

namespace {

// Nothing is a multiple of zero: configuration refuses such a target.
bool is_sound(const TargetPolicy& target) {
  return target.target > Decimal() &&
         std::all_of(target.metrics.begin(), target.metrics.end(),
                     [](const NamedMetric& named) { return named.target > Decimal(); });
}

}  // namespace

Measured hear_metric(const Moment& moment, const Aim& aim, Voice& voice) {
  Measured measured;
  const Metric& metric = aim.metric;
  const Spoken over = spoken(moment, metric, aim.signal);
  const Spoken under = metric.over.empty() ? Spoken{} : spoken(moment, metric, metric.over);
  if (over.own.is_value()) {
    if (!metric.over.empty()) {
      hear_ratio(moment, aim, over.own, under.own, measured, voice);
      return measured;
    }
    have_read(moment, metric, *over.own.sample, voice);
    measured.at = over.own.sample->stamp.at;
    hear_whole(moment, aim, measured, voice);
    return measured;
  }
  if (over.own.sample != nullptr) measured.at = over.own.sample->stamp.at;
  if (over.each.begin == over.each.end) {
    be_missing(moment, metric, over.own, voice);
    return measured;
  }
  const Roll roll = call_roll(moment, metric, over.each, under.each);
  // Without what to divide by, a ratio would be a guess.
  const bool is_told = roll.sampled > 0 && roll.is_whole;
  if (!is_told) {
    be_missing(moment, metric, roll.problem, voice);
    return measured;
  }
  hear_each(moment, aim, roll, measured, voice);
  return measured;
}

void hear_target(const Moment& moment, const Policy& policy, const TargetPolicy& target,
                 Voice& voice) {
  voice.kind = VoiceKind::target;
  if (!is_sound(target)) return;
  Time at;
  if (target.metrics.empty()) {
    const Aim aim{target.metric, signal_name(policy, target.metric), target.target,
                  policy.steadiness};
    at = hear_metric(moment, aim, voice).at;
  } else {
    at = hear_several(moment, policy, target, voice);
  }
  if (policy.breach.of > 1) confirm_number(moment, policy, at, voice);
}

std::optional<Load> load_of(const Moment& moment, const Policy& policy,
                            const TargetPolicy& target) {
  if (!is_sound(target)) return std::nullopt;
  if (!target.metrics.empty()) return load_of_several(moment, target);
  Voice voice;
  static const Steadiness at_once;
  const Aim aim{target.metric, signal_name(policy, target.metric), target.target, at_once};
  const Measured measured = hear_metric(moment, aim, voice);
  const std::optional<Need> need = need_of(aim, measured, voice);
  if (!need || voice.reason == Reason::fallback_used) return std::nullopt;  // Nobody measured it.
  return Load{measured.at, need->instances * target.target};
}

}  // namespace settle
