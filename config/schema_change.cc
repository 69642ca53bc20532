// The descriptors of how instances are changed: rolling change, hooks, the warm pool and the pools
// of a load balancer.
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

constexpr Field load_balancer_fields[] = {
    {.key = "pools",
     .kind = Kind::texts,
     .about = "Pools, by name or id. An instance in service is a member of each.",
     .example = "[web-pool]",
     .is_required = true},
    {.key = "port",
     .kind = Kind::count,
     .about = "The port that members serve on.",
     .example = "8080",
     .low = 1,
     .high = 65'535,
     .is_required = true},
    {.key = "weight",
     .kind = Kind::count,
     .about = "Of a member in service, beside the pool's others. While it drains it is 0.",
     .standard = "1",
     .example = "10",
     .low = 1,
     .high = 256},
    {.key = "network",
     .kind = Kind::text,
     .about = "The network whose address a member has. The first, in order of name, unless given.",
     .example = "frontend"},
    {.key = "drain_timeout",
     .kind = Kind::duration,
     .about = "From weight 0 until an instance is taken out of the pools and terminated, so that "
              "connections end; or `drain.timeout`, where that is longer.",
     .standard = "5m",
     .example = "2m"},
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

constexpr Object load_balancer{
    "a load balancer",
    "groups.load_balancer",
    "Membership is a set of steps of its own: an instance joins once it is up, and serves once the "
    "balancer shows it; before its end it drains and leaves.",
    load_balancer_fields,
    {},
    {}};

}  // namespace schema_parts
}  // namespace settle
