// The descriptors of sources that speak HTTP: those that are asked, and those that call.
#include "config/schema_parts.h"

namespace settle {
namespace {

constexpr Field prometheus_budget_fields[] = {
    {.key = "calls_per_second",
     .kind = Kind::count,
     .about = "Calls to it in one second.",
     .standard = "20",
     .example = "20",
     .low = 1,
     .high = 10'000},
    {.key = "in_flight",
     .kind = Kind::count,
     .about = "Calls that wait for their answer at a time.",
     .standard = "8",
     .example = "8",
     .low = 1,
     .high = 1'000},
};
constexpr Object prometheus_budget{"the budget of a Prometheus",
                                   "sources.prometheus.budget",
                                   "How hard it may be worked.",
                                   prometheus_budget_fields,
                                   {},
                                   {}};

constexpr Field prometheus_query_fields[] = {
    {.key = "query",
     .kind = Kind::text,
     .about = "What is asked, once for all groups.",
     .example = "avg by (group) (instance:cpu_busy:ratio)",
     .is_required = true},
    {.key = "group_label",
     .kind = Kind::text,
     .about = "The label of the answer that names the group.",
     .standard = "group",
     .example = "scaling_group"},
};
constexpr Object prometheus_query{
    "a query for many groups",
    "sources.prometheus.queries",
    "One vector that many groups read, each its own element. A metric or a condition of health "
    "without a query of its own takes part in the one that is called as its signal is.",
    prometheus_query_fields,
    {},
    {}};

constexpr Field prometheus_fields[] = {
    {.key = "type",
     .kind = Kind::text,
     .about = "`prometheus`.",
     .example = "prometheus",
     .is_required = true},
    {.key = "url",
     .kind = Kind::setting,
     .about = "Its address: https, or http on this machine's own loopback.",
     .example = "https://prometheus.example.net",
     .is_required = true},
    {.key = "timeout",
     .kind = Kind::duration,
     .about = "How long an answer is waited for.",
     .standard = "5s",
     .example = "5s",
     .low = 1},
    {.key = "every",
     .kind = Kind::duration,
     .about = "How often each query is asked, give or take a twentieth.",
     .standard = "30s",
     .example = "30s",
     .low = 1'000},
    {.key = "bearer_token",
     .kind = Kind::secret,
     .about = "What it wants to see. Read before every call.",
     .example = "${secret:prometheus}"},
    {.key = "budget",
     .kind = Kind::object,
     .about = "How hard it may be worked.",
     .example = "{ calls_per_second: 20, in_flight: 8 }",
     .object = &prometheus_budget},
    {.key = "queries",
     .kind = Kind::objects_by_name,
     .about = "Queries that many groups read, by the name of the signal that they give.",
     .example = "{ cpu: { query: avg by (group) (instance:cpu_busy:ratio) } }",
     .object = &prometheus_query},
    {.key = "partial",
     .kind = Kind::choice,
     .about =
         "Whether an answer with warnings, from which data may be missing, counts as an error.",
     .standard = "refuse",
     .example = "accept",
     .choices = "refuse|accept"},
};

#define SETTLE_SENDER_KEYS                                                                  \
  {.key = "bearer_token",                                                                   \
   .kind = Kind::secret,                                                                    \
   .about = "What a sender must show in its Authorization header. Read at each call.",      \
   .example = "${secret:alerts-hook}"},                                                     \
  {                                                                                         \
    .key = "path_key", .kind = Kind::secret,                                                \
    .about =                                                                                \
        "What must stand behind the source's name: POST /hooks/NAME/KEY, for senders that " \
        "can show nothing else.",                                                           \
    .example = "${secret:alerts-path}"                                                      \
  }

constexpr Field alertmanager_fields[] = {
    {.key = "type",
     .kind = Kind::text,
     .about = "`alertmanager`.",
     .example = "alertmanager",
     .is_required = true},
    SETTLE_SENDER_KEYS,
    {.key = "expire_after",
     .kind = Kind::duration,
     .about = "A firing alert that is not repeated for so long has ended: twice Alertmanager's "
              "repeat_interval, or more. 0 for never.",
     .standard = "8h",
     .example = "8h"},
    {.key = "url",
     .kind = Kind::setting,
     .about = "Alertmanager's own address: it is then asked what fires, so that nothing that was "
              "lost on the way stays lost. https, or http on this machine's own loopback.",
     .example = "https://alertmanager.example.net"},
    {.key = "check_every",
     .kind = Kind::duration,
     .about = "How often it is asked.",
     .standard = "1m",
     .example = "1m",
     .low = 1'000},
};

constexpr Field aodh_fields[] = {
    {.key = "type", .kind = Kind::text, .about = "`aodh`.", .example = "aodh", .is_required = true},
    SETTLE_SENDER_KEYS,
    {.key = "expire_after",
     .kind = Kind::duration,
     .about = "An alarm that is not repeated for so long has ended; 0 for never. Only for alarms "
              "with repeat_actions.",
     .standard = "0",
     .example = "30m"},
};
#undef SETTLE_SENDER_KEYS

constexpr Field webhook_fields[] = {
    {.key = "type",
     .kind = Kind::text,
     .about = "`webhook`.",
     .example = "webhook",
     .is_required = true},
    {.key = "pass_file",
     .kind = Kind::setting,
     .about = "Where `settlectl webhook create` keeps who may call. Holds no secret; every member "
              "of a cluster needs it.",
     .standard = "/etc/settled/webhooks",
     .example = "/etc/settled/webhooks"},
    {.key = "signing_key",
     .kind = Kind::secret,
     .about = "Where it is given, calls must be signed with it (docs/SOURCES.md).",
     .example = "${secret:webhook-signing}"},
    {.key = "calls_per_minute",
     .kind = Kind::count,
     .about = "Calls of one pass in a minute, and at once.",
     .standard = "60",
     .example = "60",
     .low = 1,
     .high = 60'000},
};

}  // namespace

namespace schema_parts {

constexpr Object prometheus_source{"a source of type prometheus",
                                   "sources.prometheus",
                                   "Answers the queries of metrics and of health.",
                                   prometheus_fields,
                                   {},
                                   {}};

constexpr Object alertmanager_source{"a source of type alertmanager",
                                     "sources.alertmanager",
                                     "Receives alerts: Alertmanager's webhook, POST /hooks/NAME.",
                                     alertmanager_fields,
                                     {},
                                     {}};

constexpr Object aodh_source{"a source of type aodh",
                             "sources.aodh",
                             "Receives OpenStack's alarms: an alarm action of POST /hooks/NAME.",
                             aodh_fields,
                             {},
                             {}};

constexpr Object webhook_source{"a source of type webhook",
                                "sources.webhook",
                                "Lets webhook policies fire: POST /hooks/NAME/TOKEN.",
                                webhook_fields,
                                {},
                                {}};

}  // namespace schema_parts
}  // namespace settle
