// The descriptors of how instances are changed: rolling change, hooks and the warm pool.
#include "config/schema.h"
#include "config/schema_parts.h"

namespace settle {
namespace {

constexpr Field rollout_fields[] = {
    {.key = "canary",
     .kind = Kind::count,
     .about = "So many are replaced first, and soaked for `canary_soak`; 0 for none.",
     .standard = "0",
     .example = "1"},
    {.key = "canary_soak",
     .kind = Kind::duration,
     .about = "For how long the canaries prove themselves.",
     .standard = "10m",
     .example = "10m"},
    {.key = "batch",
     .kind = Kind::change,
     .about = "So many are replaced at one time, or a percentage of desired, at least one.",
     .standard = "10%",
     .example = "2"},
    {.key = "soak",
     .kind = Kind::duration,
     .about = "For how long each batch proves itself before the next.",
     .standard = "0",
     .example = "5m"},
    {.key = "failures",
     .kind = Kind::count,
     .about = "So many new members that failed halt the change.",
     .standard = "1",
     .example = "2",
     .low = 1,
     .high = 1'000},
    {.key = "on_failure",
     .kind = Kind::choice,
     .about = "What a halted change does: nothing further, or it returns to the last template that "
              "was rolled out to the end.",
     .standard = "halt",
     .example = "roll-back",
     .choices = "halt|roll-back"},
};

constexpr Field hook_fields[] = {
    {.key = "on",
     .kind = Kind::choice,
     .about = "Whether it holds a new instance from serving, or one that leaves from going.",
     .standard = "launch",
     .example = "terminate",
     .choices = "launch|terminate"},
    {.key = "deadline",
     .kind = Kind::duration,
     .about = "How long an answer is waited for.",
     .standard = "10m",
     .example = "5m",
     .low = 1'000},
    {.key = "default",
     .kind = Kind::choice,
     .about = "What holds if nobody answers. A new instance that is abandoned is replaced.",
     .standard = "continue",
     .example = "abandon",
     .choices = "continue|abandon"},
};

constexpr Field warm_pool_fields[] = {
    {.key = "size",
     .kind = Kind::count,
     .about = "So many are kept ready beyond desired, within max.",
     .standard = "0",
     .example = "3"},
};

}  // namespace

namespace schema_parts {

constexpr Object rollout{"a rolling change",
                         "groups.rollout",
                         "With it, members that were made from an earlier launch template, or have "
                         "reached max_instance_age, are replaced some at a time.",
                         rollout_fields,
                         {},
                         {}};
constexpr Object hook{
    "a hook", "groups.hooks", "Who is heard before an instance serves or goes.", hook_fields, {},
    {}};
constexpr Object warm_pool{"the warm pool",
                           "groups.warm_pool",
                           "Instances that are ready and out of service.",
                           warm_pool_fields,
                           {},
                           {}};

}  // namespace schema_parts
}  // namespace settle
