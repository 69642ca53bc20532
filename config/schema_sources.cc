// The descriptors of `sources`: one object for each type that there is.
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
     .is_required = true,
     .pending = "*"},
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
constexpr Object prometheus{"a source of type prometheus",
                            "sources.prometheus",
                            "Answers the queries of metrics and of health.",
                            prometheus_fields,
                            {},
                            {}};

constexpr Field alertmanager_fields[] = {
    {.key = "type",
     .kind = Kind::text,
     .about = "`alertmanager`.",
     .example = "alertmanager",
     .is_required = true,
     .pending = "*"},
    {.key = "bearer_token",
     .kind = Kind::secret,
     .about = "What a sender must show.",
     .example = "${secret:alertmanager-hook}"},
    {.key = "expire_after",
     .kind = Kind::duration,
     .about = "A firing alert that is not repeated for so long is forgotten.",
     .example = "8h",
     .low = 1'000},
};
constexpr Object alertmanager{"a source of type alertmanager",
                              "sources.alertmanager",
                              "Receives alerts.",
                              alertmanager_fields,
                              {},
                              {}};

constexpr Field file_fields[] = {
    {.key = "type", .kind = Kind::text, .about = "`file`.", .example = "file", .is_required = true},
    {.key = "path",
     .kind = Kind::setting,
     .about = "A file of CloudEvents, one a line, that grows at its end. In a cluster every member "
              "has to see it.",
     .example = "/var/spool/settled/events.jsonl",
     .is_required = true},
};
constexpr Object file{"a source of type file",
                      "sources.file",
                      "Follows a file of events; each counts once, whatever happens.",
                      file_fields,
                      {},
                      {}};

constexpr Field exec_fields[] = {
    {.key = "type", .kind = Kind::text, .about = "`exec`.", .example = "exec", .is_required = true},
    {.key = "command",
     .kind = Kind::texts,
     .about =
         "A program that speaks JSON lines (docs/LINES_SOURCE.md), and its arguments. No shell.",
     .example = "[/usr/local/lib/settle/stock-feed, --exchange=hel]",
     .is_required = true},
    {.key = "environment",
     .kind = Kind::texts_by_name,
     .about = "What it finds in its environment, beside PATH.",
     .example = "{ API: \"https://feed.example.net\" }"},
    {.key = "silent_after",
     .kind = Kind::duration,
     .about = "Without a word for so long it is started anew; left out, it may be silent.",
     .example = "5m",
     .low = 1'000},
};
constexpr Object exec{"a source of type exec",
                      "sources.exec",
                      "Any other feed, as a program of yours.",
                      exec_fields,
                      {},
                      {}};

constexpr Field source_type[] = {
    {.key = "type",
     .kind = Kind::choice,
     .about = "Which kind of source.",
     .example = "prometheus",
     .choices = "prometheus|alertmanager|file|kafka|exec",
     .is_required = true},
};
constexpr const Object* source_variants[] = {&prometheus, &alertmanager, &file,
                                             &schema_parts::kafka_source, &exec};

}  // namespace

namespace schema_parts {

constexpr Object source{"a source",  "sources", "Where signals come from, besides events.",
                        source_type, "type",    source_variants};

}  // namespace schema_parts
}  // namespace settle
