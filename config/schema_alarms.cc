// The descriptors of `alarms`: alarms over many groups.
#include "config/schema_parts.h"

namespace settle {
namespace {

constexpr Field over_fields[] = {
    {.key = "signal",
     .kind = Kind::name,
     .about = "Samples of this signal, of groups and of instances alike.",
     .example = "errors"},
    {.key = "events",
     .kind = Kind::choice,
     .about = "Or every event of this kind, each as the number 1.",
     .example = "health",
     .choices = "adjust|alarm|health"},
};
constexpr Object over{
    "what an alarm is over", "alarms.over", "Which events are measured.", over_fields, {}, {}};

constexpr Field window_fields[] = {
    {.key = "tumbling",
     .kind = Kind::duration,
     .about = "Windows of this length, one after the other.",
     .example = "5m",
     .low = 1'000,
     .high = 86'400'000},
    {.key = "sliding",
     .kind = Kind::duration,
     .about = "Or windows of this length that begin `every` so often.",
     .example = "10m",
     .low = 1'000,
     .high = 86'400'000},
    {.key = "every",
     .kind = Kind::duration,
     .about = "From one sliding window to the next; `sliding` is 2 to 60 times as long.",
     .example = "1m",
     .low = 1'000,
     .high = 86'400'000},
};
constexpr Object window{
    "the windows of an alarm",
    "alarms.window",
    "Stretches of the events' own time; they begin at whole multiples since 1970.",
    window_fields,
    {},
    {}};

constexpr Field when_fields[] = {
    {.key = "at_least",
     .kind = Kind::decimal,
     .about = "Fires where a window has so much or more.",
     .example = "250"},
    {.key = "at_most", .kind = Kind::decimal, .about = "Or so much or less.", .example = "0.5"},
    {.key = "clears",
     .kind = Kind::decimal,
     .about = "Once it fires, it does so until a window is below this; with `at_most`, above.",
     .example = "200"},
};
constexpr Object when{"when an alarm fires", "alarms.when", "Its threshold.", when_fields, {}, {}};

constexpr Field alarm_fields[] = {
    {.key = "over",
     .kind = Kind::object,
     .about = "Which events are measured.",
     .example = "{ signal: errors }",
     .object = &over,
     .is_required = true},
    {.key = "by",
     .kind = Kind::text,
     .about = "What holds events together: `group`, `tenant` (of the group), `all`, or else the "
              "name of an extension attribute of the events. One without it is not measured.",
     .standard = "group",
     .example = "customer"},
    {.key = "window",
     .kind = Kind::object,
     .about = "How long it looks at.",
     .example = "{ tumbling: 5m }",
     .object = &window,
     .is_required = true},
    {.key = "compute",
     .kind = Kind::text,
     .about = "`count`, `sum`, `mean`, `min`, `max`, `rate` (a second), `absence`, or "
              "`percentile P`, which is known to within 1/128 of itself.",
     .example = "percentile 99",
     .is_required = true},
    {.key = "when",
     .kind = Kind::object,
     .about = "When it fires; `absence` needs none.",
     .example = "{ at_least: 250, clears: 200 }",
     .object = &when},
    {.key = "lateness",
     .kind = Kind::duration,
     .about = "A window is judged so long after its end; what comes later is a dead letter.",
     .standard = "1m",
     .example = "30s",
     .high = 3'600'000},
    {.key = "alerts",
     .kind = Kind::texts,
     .about =
         "Groups, or `tenant:NAME`, whose alert policies of the alarm's name hear of it; one of "
         "the name ALARM/KEY hears of that key alone. Left out with `by: group` or `by: tenant`: "
         "the groups that the key names.",
     .example = "[web, \"tenant:shop\"]"},
    {.key = "keys",
     .kind = Kind::count,
     .about = "Keys in one partition at a time; the events of more are dead letters (TooManyKeys).",
     .standard = "10000",
     .example = "500",
     .low = 1,
     .high = 1'000'000},
    {.key = "events_a_window",
     .kind = Kind::count,
     .about =
         "Events of one key in one window, or step of a sliding one, until it is judged; more are "
         "asked to come again (503).",
     .standard = "1000",
     .example = "5000",
     .low = 1,
     .high = 100'000},
    {.key = "forget_after",
     .kind = Kind::duration,
     .about = "A key that is silent for so long is forgotten; if it fires, as no data.",
     .standard = "1d",
     .example = "6h",
     .low = 60'000},
};

}  // namespace

namespace schema_parts {

constexpr Object alarm{"an alarm",   "alarms", "Something that is measured over many groups.",
                       alarm_fields, {},       {}};

}  // namespace schema_parts
}  // namespace settle
