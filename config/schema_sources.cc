// The descriptors of `sources`: one object for each type that there is.
#include "config/schema_parts.h"

namespace settle {
namespace {

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
     .choices = "prometheus|alertmanager|aodh|webhook|file|kafka|exec|rabbitmq|nova",
     .is_required = true},
};
constexpr const Object* source_variants[] = {&schema_parts::prometheus_source,
                                             &schema_parts::alertmanager_source,
                                             &schema_parts::aodh_source,
                                             &schema_parts::webhook_source,
                                             &file,
                                             &schema_parts::kafka_source,
                                             &exec,
                                             &schema_parts::rabbitmq_source,
                                             &schema_parts::nova_source};

}  // namespace

namespace schema_parts {

constexpr Object source{"a source",  "sources", "Where signals come from, besides events.",
                        source_type, "type",    source_variants};

}  // namespace schema_parts
}  // namespace settle
