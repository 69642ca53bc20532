// The descriptors of policies and steadiness.
#include "config/schema.h"
#include "config/schema_parts.h"
#include "reconcilers/spec.h"

namespace settle {
namespace {

// What one metric is, alone or among several.
#define SETTLE_METRIC_FIELDS                                                                       \
  {.key = "from",                                                                                  \
   .kind = Kind::name,                                                                             \
   .about = "A source that is asked. Left out: samples arrive as events.",                         \
   .example = "prometheus"},                                                                       \
      {.key = "query",                                                                             \
       .kind = Kind::text,                                                                         \
       .about =                                                                                    \
           "What is asked, in the source's language. Left out, with `from`: the source's own "     \
           "query that is called as the signal is.",                                               \
       .example = "sum(http_queue_length)"},                                                       \
      {.key = "signal",                                                                            \
       .kind = Kind::name,                                                                         \
       .about =                                                                                    \
           "The name that samples bear. Left out: the policy's own name, or that of one of "       \
           "several "                                                                              \
           "metrics.",                                                                             \
       .example = "queue"},                                                                        \
      {.key = "divide_by",                                                                         \
       .kind = Kind::choice,                                                                       \
       .about =                                                                                    \
           "`instances`: the value is a total of the group, to be shared by its instances. Left "  \
           "out: it is a mean per instance.",                                                      \
       .example = "instances",                                                                     \
       .choices = "instances"},                                                                    \
      {.key = "over",                                                                              \
       .kind = Kind::name,                                                                         \
       .about =                                                                                    \
           "The signal that this one is divided by, of the group or of each instance: the target " \
           "is a ratio of the two. Of an instance that says only this one, all of it is taken to " \
           "be used where the group would shrink.",                                                \
       .example = "cpu_request"},                                                                  \
      {.key = "per_instance",                                                                      \
       .kind = Kind::text,                                                                         \
       .about =                                                                                    \
           "The label of the answer that names an instance: each element is that one's own "       \
           "value. "                                                                               \
           "Left out: one value for the group.",                                                   \
       .example = "instance_id"},                                                                  \
      {.key = "stale_after",                                                                       \
       .kind = Kind::duration,                                                                     \
       .about = "An older sample counts as missing.",                                              \
       .standard = "2m",                                                                           \
       .example = "2m",                                                                            \
       .low = 1'000},                                                                              \
      {.key = "when_missing",                                                                      \
       .kind = Kind::missing,                                                                      \
       .about =                                                                                    \
           "Without a sample the policy holds (nothing shrinks), asks for at least N instances "   \
           "({ fallback: N }), or is left out (ignore).",                                          \
       .standard = "hold",                                                                         \
       .example = "{ fallback: 12 }"},                                                             \
  {                                                                                                \
    .key = "may_be_negative", .kind = Kind::truth,                                                 \
    .about = "Otherwise a negative value is invalid, and counts as missing.", .standard = "false", \
    .example = "true"                                                                              \
  }

constexpr Field metric_fields[] = {SETTLE_METRIC_FIELDS};
constexpr Object metric{
    "a metric", "groups.policies.metric", "The signal that a policy follows.", metric_fields, {},
    {}};

constexpr Field named_metric_fields[] = {
    SETTLE_METRIC_FIELDS,
    {.key = "target",
     .kind = Kind::decimal,
     .about = "What this metric is to be. Left out: the policy's own target.",
     .example = "100"},
    {.key = "instead",
     .kind = Kind::name,
     .about = "The metric that speaks while this one is missing, and at no other time.",
     .example = "requests"},
};
constexpr Object named_metric{"one of several metrics",
                              "groups.policies.metrics",
                              "One of the signals that a target policy follows together.",
                              named_metric_fields,
                              {},
                              {}};

#undef SETTLE_METRIC_FIELDS

constexpr Field breach_fields[] = {
    {.key = "readings",
     .kind = Kind::count,
     .about = "So many of them must agree.",
     .example = "2",
     .low = 1,
     .high = breach_of_max,
     .is_required = true},
    {.key = "of",
     .kind = Kind::count,
     .about = "Of so many last readings. Left out: all of them must.",
     .example = "3",
     .low = 1,
     .high = breach_of_max},
};
constexpr Object breach{"a breach",
                        "groups.policies.breach",
                        "How many of the last readings must ask for a change before it is made.",
                        breach_fields,
                        {},
                        {}};
constexpr Field breach_field{
    .key = "breach",
    .kind = Kind::object,
    .about = "So many of the last readings must agree, out as in. Left out: one does.",
    .example = "{ readings: 2, of: 3 }",
    .object = &breach};

constexpr Field rate_fields[] = {
    {.key = "at_most",
     .kind = Kind::change,
     .about = "Instances, or a percentage of those at the beginning of the period.",
     .example = "50%",
     .is_required = true},
    {.key = "per",
     .kind = Kind::duration,
     .about = "The sliding period.",
     .standard = "1m",
     .example = "1m",
     .low = 1'000},
};
constexpr Object rate{"a rate",
                      "groups.policies.scale_out.at_most",
                      "So much change at most within a sliding period.",
                      rate_fields,
                      {},
                      {}};

constexpr Field pace_fields[] = {
    {.key = "settle",
     .kind = Kind::duration,
     .about = "The change must have been asked for throughout so long.",
     .standard = "0",
     .example = "10m"},
    {.key = "at_most",
     .kind = Kind::rates,
     .about = "So much change per period, or a list of such rates.",
     .example = "50%",
     .object = &rate,
     .low = 1},
    {.key = "per",
     .kind = Kind::duration,
     .about = "The period of `at_most`.",
     .standard = "1m",
     .example = "5m",
     .low = 1'000},
    {.key = "select",
     .kind = Kind::choice,
     .about = "Which of several rates holds; `disabled`: no change in this direction.",
     .standard = "largest",
     .example = "smallest",
     .choices = "largest|smallest|disabled"},
    {.key = "cooldown",
     .kind = Kind::duration,
     .about = "After a change in this direction, how long until the next.",
     .standard = "0",
     .example = "5m"},
    {.key = "tolerance",
     .kind = Kind::tolerance,
     .about = "A band in which nothing moves; goes before the tolerance for both directions.",
     .standard = "0",
     .example = "10%"},
};
constexpr Object pace{"scale_out and scale_in",
                      "groups.policies.scale_out",
                      "Steadiness in one direction.",
                      pace_fields,
                      {},
                      {}};

#define SETTLE_STEADINESS_FIELDS                                                     \
  {.key = "tolerance",                                                               \
   .kind = Kind::tolerance,                                                          \
   .about = "A band around the present in which nothing moves, in both directions.", \
   .standard = "0",                                                                  \
   .example = "10%"},                                                                \
      {.key = "scale_out",                                                           \
       .kind = Kind::object,                                                         \
       .about = "Steadiness on the way out.",                                        \
       .example = "{ settle: 1m, at_most: 50% }",                                    \
       .object = &pace},                                                             \
  {                                                                                  \
    .key = "scale_in", .kind = Kind::object, .about = "Steadiness on the way in.",   \
    .example = "{ settle: 10m, at_most: 2 }", .object = &pace                        \
  }

constexpr Field steadiness_fields[] = {SETTLE_STEADINESS_FIELDS};

constexpr Field type_field{.key = "type",
                           .kind = Kind::choice,
                           .about = "What kind of voice it is.",
                           .example = "target",
                           .choices = "target|steps|alert|webhook|forecast",
                           .is_required = true};

constexpr Field target_fields[] = {
    type_field,
    {.key = "metric",
     .kind = Kind::object,
     .about = "The signal. Left out: events bear it.",
     .example = "{ from: prometheus, query: avg(cpu) }",
     .object = &metric},
    {.key = "metrics",
     .kind = Kind::objects_by_name,
     .about = "Several signals, in place of `metric`.",
     .example = "{ cpu: { query: avg(cpu), instead: load }, load: { target: 4 } }",
     .object = &named_metric},
    {.key = "combine",
     .kind = Kind::choice,
     .about =
         "Which of the numbers that several metrics ask for holds, or what they make together.",
     .standard = "max",
     .example = "sum",
     .choices = "max|min|sum|mean"},
    {.key = "target",
     .kind = Kind::decimal,
     .about = "What the metric is to be, per instance; above zero.",
     .example = "55",
     .is_required = true},
    breach_field,
    SETTLE_STEADINESS_FIELDS,
};
constexpr Object target{"a target policy",
                        "groups.policies.target",
                        "Asks for as many instances as bring the metric to its target.",
                        target_fields,
                        {},
                        {}};

constexpr Field step_fields[] = {
    {.key = "at_least",
     .kind = Kind::decimal,
     .about = "Matches this value and above.",
     .example = "5000"},
    {.key = "at_most",
     .kind = Kind::decimal,
     .about = "Matches this value and below.",
     .example = "200"},
    {.key = "add", .kind = Kind::change, .about = "So many more than desired.", .example = "4"},
    {.key = "remove", .kind = Kind::change, .about = "So many fewer than desired.", .example = "1"},
    {.key = "set", .kind = Kind::count, .about = "Exactly so many.", .example = "10"},
    {.key = "min_change",
     .kind = Kind::count,
     .about = "A percentage changes desired by at least so many.",
     .standard = "0",
     .example = "2"},
};
constexpr Object step{"a step",
                      "groups.policies.steps.steps",
                      "One range of the metric and what it asks for.",
                      step_fields,
                      {},
                      {}};

constexpr Field steps_fields[] = {
    type_field,
    {.key = "metric",
     .kind = Kind::object,
     .about = "The signal. Left out: events bear it.",
     .example = "{ from: prometheus, query: sum(queue) }",
     .object = &metric},
    {.key = "steps",
     .kind = Kind::object_list,
     .about = "The most extreme that matches wins; ends are inclusive.",
     .example = "[ { at_least: 5000, add: 4 } ]",
     .object = &step,
     .is_required = true},
    {.key = "wait",
     .kind = Kind::duration,
     .about = "After a change of its own, how long until it asks for another.",
     .standard = "3m",
     .example = "3m"},
    breach_field,
    SETTLE_STEADINESS_FIELDS,
};
constexpr Object steps{"a steps policy",
                       "groups.policies.steps",
                       "Adjusts desired by the range that the metric is in.",
                       steps_fields,
                       {},
                       {}};

#define SETTLE_ADJUSTMENT_FIELDS                                                                  \
  {.key = "add", .kind = Kind::change, .about = "So many more than desired.", .example = "25%"},  \
      {.key = "remove",                                                                           \
       .kind = Kind::change,                                                                      \
       .about = "So many fewer than desired.",                                                    \
       .example = "1"},                                                                           \
      {.key = "set", .kind = Kind::count, .about = "Exactly so many.", .example = "10"}, {        \
    .key = "at_least", .kind = Kind::count,                                                       \
    .about = "A percentage changes desired by at least so many.", .standard = "0", .example = "2" \
  }

constexpr Field alert_fields[] = {
    type_field,
    {.key = "from",
     .kind = Kind::name,
     .about = "The source of its alerts. Left out: alarms arrive as events.",
     .example = "alerts"},
    {.key = "match",
     .kind = Kind::texts_by_name,
     .about = "Labels that an alert must bear.",
     .example = "{ alertname: WebSlow, severity: page }"},
    {.key = "alarm",
     .kind = Kind::text,
     .about = "The name that alarm events bear, or ALARM/KEY of one over many groups. Left out: "
              "match.alertname, or the policy's name.",
     .example = "WebSlow"},
    SETTLE_ADJUSTMENT_FIELDS,
    {.key = "release_after",
     .kind = Kind::duration,
     .about = "For so long after its alarm is resolved it still asks.",
     .standard = "0",
     .example = "30m"},
    SETTLE_STEADINESS_FIELDS,
};
constexpr Object alert{"an alert policy",
                       "groups.policies.alert",
                       "Asks for an adjustment while an alarm fires.",
                       alert_fields,
                       {},
                       {}};

constexpr Field webhook_fields[] = {
    type_field,
    SETTLE_ADJUSTMENT_FIELDS,
    {.key = "hold_for",
     .kind = Kind::duration,
     .about =
         "Beside a target, steps or alert policy its result stands for so long; without one it "
         "lasts.",
     .standard = "15m",
     .example = "15m",
     .low = 1'000},
    SETTLE_STEADINESS_FIELDS,
};
constexpr Object webhook{"a webhook policy",
                         "groups.policies.webhook",
                         "Adjusts desired once for each event.",
                         webhook_fields,
                         {},
                         {}};

constexpr Field forecast_fields[] = {
    type_field,
    {.key = "of",
     .kind = Kind::name,
     .about = "The target policy of this group whose load is learnt.",
     .example = "keep-cpu-at-55",
     .is_required = true},
    {.key = "lead",
     .kind = Kind::duration,
     .about = "It asks so long ahead: what a launch takes until it serves.",
     .standard = "5m",
     .example = "10m",
     .high = 86'400'000},
    {.key = "mode",
     .kind = Kind::choice,
     .about = "`forecast_only` shows what it would ask for, and how far off it was; `act` asks.",
     .standard = "forecast_only",
     .example = "act",
     .choices = "forecast_only|act"},
};
constexpr Object forecast{
    "a forecast policy",
    "groups.policies.forecast",
    "Asks beforehand for what a target policy is going to need, by time of day and of week.",
    forecast_fields,
    {},
    {}};

#undef SETTLE_STEADINESS_FIELDS
#undef SETTLE_ADJUSTMENT_FIELDS

constexpr Field policy_fields[] = {type_field};
constexpr const Object* policy_variants[] = {&target, &steps, &alert, &webhook, &forecast};

}  // namespace

namespace schema_parts {

constexpr Object policy{
    "a policy", "groups.policies", "A voice that asks for capacity.", policy_fields,
    "type",     policy_variants};
constexpr Object steadiness{"steadiness",
                            "groups.steadiness",
                            "How fast the group as a whole may change.",
                            steadiness_fields,
                            {},
                            {}};
}  // namespace schema_parts
}  // namespace settle
