// Target policies: as many instances as bring the measurement to its target.
#include <algorithm>

#include "reconcilers/fold.h"
#include "reconcilers/steadiness.h"
#include "reconcilers/voices.h"

namespace settle {
namespace {

bool counts(const InstanceMemory& instance) {
  return !instance.condemned && !instance.missing_since && !instance.draining_since;
}

/// What is known of the measurement: value x count / target is the proposal.
struct Measured {
  Decimal value;       // A mean, a total, or a sum over `count`.
  Capacity times = 1;  // What the value is multiplied with: a mean with the instances it is of.
  Capacity over = 1;   // What the value is divided by, to compare it with the target.
};

enum class Side : std::uint8_t { below, within, above };

/// Where the measurement lies: above its target, below, or so near that nothing should move.
Side side_of(const Measured& measured, const TargetPolicy& target, const Steadiness& steadiness) {
  const Decimal count(measured.over);
  const auto order = compare_ratios(measured.value, count, target.target, Decimal(1));
  if (order == 0) return Side::within;
  const Side side = order > 0 ? Side::above : Side::below;
  const Tolerance& tolerance =
      side == Side::above ? steadiness.out.tolerance : steadiness.in.tolerance;
  if (!tolerance.is_percent || tolerance.amount.is_zero()) return side;
  const Decimal band =
      side == Side::above ? Decimal(100) + tolerance.amount : Decimal(100) + -tolerance.amount;
  const auto edge = compare_ratios(measured.value, count, target.target * band, Decimal(100));
  const bool is_within = side == Side::above ? edge <= 0 : edge >= 0;
  return is_within ? Side::within : side;
}

void stay_within(const TargetPolicy& target, const Pace& pace, Voice& voice) {
  voice.verdict = Verdict::stays;
  voice.reason = Reason::within_tolerance;
  voice.facts.emplace_back("target", target.target);
  voice.facts.emplace_back("tolerance",
                           amount_text(pace.tolerance.amount, pace.tolerance.is_percent));
}

/// "26.32": what the proposal was before it was rounded up, to two places.
Decimal shown_ratio(const Measured& measured, const Decimal& target) {
  const Decimal exact = quotient(measured.value * Decimal(measured.times), target);
  std::int64_t digits = exact.digits();
  int exponent = exact.exponent();
  for (; exponent < -2; ++exponent) digits /= 10;
  return Decimal::of(digits, exponent);
}

void propose(const TargetPolicy& target, const Measured& measured, Voice& voice) {
  voice.verdict = Verdict::proposes;
  voice.reason = Reason::proposed;
  voice.proposes = ceil_scaled(measured.times, measured.value, target.target);
  voice.facts.reserve(4);
  voice.facts.emplace_back("target", target.target);
  if (!target.metric.is_total) voice.facts.emplace_back("ready", std::int64_t{measured.times});
  voice.facts.emplace_back("ratio", shown_ratio(measured, target.target));
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

void hear_whole(const Moment& moment, const Policy& policy, const TargetPolicy& target,
                Voice& voice) {
  const Decimal& value = voice.input->value;
  Measured measured{value, 1, 1};
  if (target.metric.is_total) {
    // Compared with what is desired: what is still being built or removed is on its way there.
    measured.over = moment.desired;
    if (measured.over == 0) return propose(target, measured, voice);
  } else {
    measured.times = std::max(moment.tally.ready - count_warming(moment), 0);
    if (measured.times == 0) {
      voice.reason = Reason::no_opinion;  // A mean over nobody says nothing.
      return;
    }
  }
  const Side side = side_of(measured, target, policy.steadiness);
  const bool is_above = value > target.target * Decimal(measured.over);
  const Pace& pace = is_above ? policy.steadiness.out : policy.steadiness.in;
  if (side != Side::within || pace.tolerance.amount.is_zero()) {
    return propose(target, measured, voice);
  }
  stay_within(target, pace, voice);
}

/// Instances by what their own samples say. Source: cases/hpa.json, resource_utilization.
struct Roll {
  Decimal sum;
  Capacity sampled = 0;  // Ready, with a sample that counts.
  Capacity silent = 0;   // Ready, without one.
  Capacity unready = 0;  // Still building, or warming up: what they say does not count.
  Heard problem;
};

Roll call_roll(const Moment& moment, const Metric& metric, Samples samples) {
  Roll roll;
  const RememberedSample* sample = samples.begin;
  for (const InstanceMemory& instance : moment.state.instances) {
    if (!counts(instance)) continue;
    const auto warm_at = instance.active_since
                             ? std::optional(*instance.active_since + moment.spec.warm_up)
                             : std::nullopt;
    if (!warm_at || *warm_at > moment.now) {
      moment.agenda.note(warm_at);
      ++roll.unready;
      continue;
    }
    while (sample != samples.end && sample->sample.instance < instance.id) ++sample;
    const bool is_its = sample != samples.end && sample->sample.instance == instance.id;
    const Heard heard = is_its ? judge(metric, *sample, moment.now) : Heard{};
    if (!heard.is_value()) {
      if (heard.sample != nullptr) roll.problem = heard;
      ++roll.silent;
      continue;
    }
    moment.agenda.note(sample->stamp.at + metric.stale_after + Duration{1});
    roll.sum = roll.sum + sample->sample.reading.value;
    ++roll.sampled;
  }
  return roll;
}

/// Those without a sample are taken at the target where the group would shrink, and at zero where
/// it would grow, and so are those not yet ready; it never changes sides by that.
void hear_each(const Moment& moment, const Policy& policy, const TargetPolicy& target,
               Samples samples, Voice& voice) {
  Roll roll = call_roll(moment, target.metric, samples);
  if (roll.sampled == 0) return be_missing(moment, target.metric, roll.problem, voice);
  voice.input = Reading{ReadingKind::value, quotient(roll.sum, Decimal(roll.sampled))};
  voice.facts.emplace_back("samples", std::int64_t{roll.sampled});

  Measured measured{roll.sum, 1, roll.sampled};
  const Side raw = side_of(measured, target, {});
  const bool grows = raw == Side::above;
  if (raw != Side::within) {
    measured.over += roll.silent + (grows ? roll.unready : 0);
    if (!grows) measured.value = measured.value + target.target * Decimal(roll.silent);
  }
  const Side side = side_of(measured, target, policy.steadiness);
  const Capacity number = ceil_scaled(1, measured.value, target.target);
  const bool turns = side != raw || (grows ? number < moment.desired : number > moment.desired);
  if (side == Side::within || turns) {
    return stay_within(target, grows ? policy.steadiness.out : policy.steadiness.in, voice);
  }
  voice.verdict = Verdict::proposes;
  voice.reason = Reason::proposed;
  voice.proposes = number;
  voice.facts.emplace_back("target", target.target);
  voice.facts.emplace_back("ready", std::int64_t{measured.over});
}

}  // namespace

void hear_target(const Moment& moment, const Policy& policy, const TargetPolicy& target,
                 Voice& voice) {
  voice.kind = VoiceKind::target;
  if (target.target.digits() <= 0) return;
  const Samples samples = samples_of(moment.state.memory, signal_name(policy, target.metric));
  const bool has_own = samples.begin != samples.end && samples.begin->sample.instance.value.empty();
  const Heard own = has_own ? judge(target.metric, *samples.begin, moment.now) : Heard{};
  const Samples each{samples.begin + (has_own ? 1 : 0), samples.end};
  if (own.is_value()) {
    have_read(moment, target.metric, *own.sample, voice);
    return hear_whole(moment, policy, target, voice);
  }
  if (each.begin != each.end) return hear_each(moment, policy, target, each, voice);
  be_missing(moment, target.metric, own, voice);
}

}  // namespace settle
