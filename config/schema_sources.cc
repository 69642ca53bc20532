// The descriptors of `sources`: one object for each type that there is.
#include "config/schema_parts.h"

namespace settle {
namespace {

constexpr Field prometheus_fields[] = {
    {.key = "type",
     .kind = Kind::text,
     .about = "`prometheus`.",
     .example = "prometheus",
     .is_required = true,
     .pending = "*"},
    {.key = "url",
     .kind = Kind::setting,
     .about = "Its address.",
     .example = "http://prometheus.example.net:9090",
     .is_required = true},
    {.key = "timeout",
     .kind = Kind::duration,
     .about = "How long an answer is waited for.",
     .example = "5s",
     .low = 1},
    {.key = "every",
     .kind = Kind::duration,
     .about = "How often queries are asked.",
     .example = "30s",
     .low = 1'000},
    {.key = "bearer_token",
     .kind = Kind::secret,
     .about = "What it wants to see.",
     .example = "${secret:prometheus}"},
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

constexpr Field source_type[] = {
    {.key = "type",
     .kind = Kind::choice,
     .about = "Which kind of source.",
     .example = "prometheus",
     .choices = "prometheus|alertmanager",
     .is_required = true},
};
constexpr const Object* source_variants[] = {&prometheus, &alertmanager};

}  // namespace

namespace schema_parts {

constexpr Object source{"a source",  "sources", "Where signals come from, besides events.",
                        source_type, "type",    source_variants};

}  // namespace schema_parts
}  // namespace settle
