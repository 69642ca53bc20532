// The descriptors of guards and of draining.
#include "config/schema.h"
#include "config/schema_parts.h"

namespace settle {
namespace {

constexpr Field budget_fields[] = {
    {.key = "at_most",
     .kind = Kind::amount,
     .about = "Instances, or a percentage of desired.",
     .example = "10%"},
    {.key = "per",
     .kind = Kind::duration,
     .about = "The sliding period.",
     .example = "10m",
     .low = 1'000},
    {.key = "at_least",
     .kind = Kind::count,
     .about = "A percentage allows at least so many.",
     .example = "1"},
};
constexpr Object budget{
    "a budget",
    "groups.guards.terminations",
    "So many steps within a sliding period. Launches: 100%, at least 4, per 1m. "
    "Terminations: 10%, at least 1, per 10m.",
    budget_fields,
    {},
    {}};

constexpr Field disruption_fields[] = {
    {.key = "at_most",
     .kind = Kind::amount,
     .about = "Instances, or a percentage of desired.",
     .standard = "20%",
     .example = "20%"},
    {.key = "at_least",
     .kind = Kind::count,
     .about = "A percentage allows at least so many.",
     .standard = "1",
     .example = "1"},
};
constexpr Object disruption{"the disruption budget",
                            "groups.guards.disruption",
                            "Instances that are unavailable at one time by our doing.",
                            disruption_fields,
                            {},
                            {}};

constexpr Field flapping_fields[] = {
    {.key = "reversals",
     .kind = Kind::count,
     .about = "So many changes of direction hold scale-in; 0 for never.",
     .standard = "0",
     .example = "3",
     .high = 1'000},
    {.key = "within",
     .kind = Kind::duration,
     .about = "The period they are counted in.",
     .standard = "30m",
     .example = "30m",
     .low = 1'000},
    {.key = "hold",
     .kind = Kind::duration,
     .about = "For how long.",
     .standard = "30m",
     .example = "30m",
     .low = 1'000},
};
constexpr Object flapping{"the flapping guard",
                          "groups.guards.flapping",
                          "Ends a fight between voices.",
                          flapping_fields,
                          {},
                          {}};

constexpr Field freeze_fields[] = {
    {.key = "on",
     .kind = Kind::days,
     .about = "Days on which the window begins.",
     .standard = "daily",
     .example = "Mon-Fri"},
    {.key = "from",
     .kind = Kind::moment,
     .about = "When the window begins: a time of day, a day of the week with it, or a date.",
     .example = "Fri 16:00"},
    {.key = "until",
     .kind = Kind::moment,
     .about = "When it ends, as `from` has it.",
     .example = "Mon 07:00"},
    {.key = "cron",
     .kind = Kind::cron,
     .about = "When the window begins.",
     .example = "0 22 * * *"},
    {.key = "for",
     .kind = Kind::duration,
     .about = "How long the window lasts after `cron`.",
     .example = "8h",
     .low = 1'000},
    {.key = "block",
     .kind = Kind::choices,
     .about = "The steps that wait until the window ends.",
     .standard = "all",
     .example = "[scale-in, replace]",
     .choices = "scale-in|scale-out|replace|replace-outdated|all"},
};
constexpr Object freeze{
    "a freeze window", "groups.guards.freeze", "When steps wait.", freeze_fields, {}, {}};

constexpr Field daily_fields[] = {
    {.key = "at_most",
     .kind = Kind::amount,
     .about = "Instances, or a percentage of the group's max.",
     .standard = "2000%",
     .example = "500"},
    {.key = "at_least",
     .kind = Kind::count,
     .about = "A percentage allows at least so many.",
     .standard = "200",
     .example = "200"},
};
constexpr Object daily{"a cap of a day",
                       "groups.guards.launches_a_day",
                       "So many within 24 hours, remembered across restarts and successions.",
                       daily_fields,
                       {},
                       {}};

constexpr Field spend_fields[] = {
    {.key = "at_most",
     .kind = Kind::text,
     .about = "Money an hour, of all that may exist. No launch goes beyond it, a repair included.",
     .example = "40 EUR/h"},
    {.key = "price",
     .kind = Kind::texts_by_name,
     .about = "What one instance costs, by flavor (`launch: { flavor: ... }`).",
     .example = "{ c1.xlarge: 0.19 EUR/h }"},
};
constexpr Object spend{
    "the spend guard", "groups.guards.spend", "What the group may cost.", spend_fields, {}, {}};

constexpr Field guards_fields[] = {
    {.key = "launches",
     .kind = Kind::object,
     .about = "Launches within a period.",
     .example = "{ at_most: 20, per: 5m }",
     .object = &budget},
    {.key = "terminations",
     .kind = Kind::object,
     .about = "Terminations within a period.",
     .example = "{ at_most: 10%, per: 10m }",
     .object = &budget},
    {.key = "disruption",
     .kind = Kind::object,
     .about = "Unavailable at one time by our doing.",
     .example = "{ at_most: 20% }",
     .object = &disruption},
    {.key = "flapping",
     .kind = Kind::object,
     .about = "Ends a fight between voices.",
     .example = "{ reversals: 3 }",
     .object = &flapping},
    {.key = "freeze",
     .kind = Kind::objects_by_name,
     .about = "Windows in which steps wait.",
     .example = "{ weekend: { from: Fri 16:00, until: Mon 07:00, block: [scale-in] } }",
     .object = &freeze},
    {.key = "mass_change",
     .kind = Kind::percent,
     .about = "With more of the group lost at once than this nothing is destroyed.",
     .standard = "20%",
     .example = "20%"},
    {.key = "spend",
     .kind = Kind::object,
     .about = "What the group may cost.",
     .example = "{ at_most: 40 EUR/h, price: { c1.xlarge: 0.19 EUR/h } }",
     .object = &spend},
    {.key = "launches_a_day",
     .kind = Kind::object,
     .about = "Launches within a day, whatever they are for: where a runaway ends.",
     .standard = "2000%, at least 200",
     .example = "{ at_most: 500 }",
     .object = &daily},
    {.key = "terminations_a_day",
     .kind = Kind::object,
     .about = "The same of terminations.",
     .standard = "2000%, at least 200",
     .example = "{ at_most: 500 }",
     .object = &daily},
};

constexpr Field drain_fields[] = {
    {.key = "timeout",
     .kind = Kind::duration,
     .about = "An instance is taken out of service and goes after so long; 0 for at once.",
     .standard = "0",
     .example = "5m"},
};

}  // namespace

namespace schema_parts {

constexpr Object guards{"guards",
                        "groups.guards",
                        "What withholds steps. A guard never changes what is desired.",
                        guards_fields,
                        {},
                        {}};
constexpr Object drain{
    "drain", "groups.drain", "What happens before an instance goes.", drain_fields, {}, {}};

}  // namespace schema_parts
}  // namespace settle
