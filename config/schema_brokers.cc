// The descriptors of those `sources` that are brokers of messages.
#include "config/schema_parts.h"

namespace settle {
namespace {

constexpr Field kafka_fields[] = {
    {.key = "type",
     .kind = Kind::text,
     .about = "`kafka`.",
     .example = "kafka",
     .is_required = true},
    {.key = "brokers",
     .kind = Kind::texts,
     .about = "Some of the cluster's brokers, as HOST:PORT; the others are found through them.",
     .example = "[k1:9092, k2:9092]",
     .is_required = true},
    {.key = "topic",
     .kind = Kind::setting,
     .about = "The topic of CloudEvents, structured or binary. Keyed by group, with as many "
              "partitions as `partitions` says, every event goes to its owner without a detour.",
     .example = "settle.events",
     .is_required = true},
    {.key = "start",
     .kind = Kind::choice,
     .about = "Where a partition of the topic begins that was never read.",
     .standard = "latest",
     .example = "earliest",
     .choices = "earliest|latest"},
    {.key = "on_gap",
     .kind = Kind::choice,
     .about = "What to do where the topic does not have, or no longer, what is to be read next. "
              "It is a dead letter in any case. `stop` reads no more of that partition until this "
              "is `skip`, which goes on with the oldest that there is.",
     .standard = "stop",
     .example = "skip",
     .choices = "stop|skip"},
    {.key = "dead_letter_topic",
     .kind = Kind::setting,
     .about = "Where records go that are no events, besides the journal's dead letters.",
     .example = "settle.dead-letters"},
    {.key = "in_flight",
     .kind = Kind::count,
     .about = "Records that are read and not yet held by a commit, at most.",
     .standard = "50000",
     .example = "50000",
     .low = 1,
     .high = 1'000'000},
    {.key = "options",
     .kind = Kind::texts_by_name,
     .about = "More of librdkafka's settings, such as security.protocol, sasl.username, "
              "sasl.password and ssl.ca.location. ${secret:NAME} may stand in them.",
     .example = "{ security.protocol: SASL_SSL, sasl.password: \"${secret:kafka}\" }"},
};

constexpr Field rabbitmq_fields[] = {
    {.key = "type",
     .kind = Kind::text,
     .about = "`rabbitmq`.",
     .example = "rabbitmq",
     .is_required = true},
    {.key = "url",
     .kind = Kind::setting,
     .about =
         "amqp://USER:PASSWORD@HOST:PORT/VHOST. Without encryption: to another machine through "
         "a tunnel alone.",
     .example = "amqp://settle:${secret:rabbitmq}@127.0.0.1/",
     .is_required = true},
    {.key = "queue",
     .kind = Kind::setting,
     .about =
         "The queues are called QUEUE.0 to QUEUE.(P-1), P being `partitions`, and are made where "
         "they are not there. Whoever owns a partition reads its queue.",
     .example = "settle.events",
     .is_required = true},
    {.key = "dead_letter_exchange",
     .kind = Kind::setting,
     .about = "Where messages go that are no events, besides the journal's dead letters. It holds "
              "for queues that are made here.",
     .example = "settle.dead-letters"},
    {.key = "in_flight",
     .kind = Kind::count,
     .about = "Messages that are read and not yet held by a commit, at most.",
     .standard = "2000",
     .example = "2000",
     .low = 1,
     .high = 65'535},
};

constexpr Field nova_fields[] = {
    {.key = "type", .kind = Kind::text, .about = "`nova`.", .example = "nova", .is_required = true},
    {.key = "url",
     .kind = Kind::setting,
     .about = "amqp://USER:PASSWORD@HOST:PORT/VHOST of the broker that Nova notifies by.",
     .example = "amqp://nova:${secret:rabbitmq}@127.0.0.1/",
     .is_required = true},
    {.key = "queue",
     .kind = Kind::setting,
     .about = "A queue of our own, made where it is not there and bound to `exchange`.",
     .standard = "settle.nova",
     .example = "settle.nova"},
    {.key = "exchange",
     .kind = Kind::setting,
     .about = "Nova's `control_exchange`.",
     .standard = "nova",
     .example = "nova"},
    {.key = "topic",
     .kind = Kind::setting,
     .about = "One of Nova's `versioned_notifications_topics`.",
     .standard = "versioned_notifications",
     .example = "versioned_notifications"},
};

}  // namespace

namespace schema_parts {

constexpr Object rabbitmq_source{
    "a source of type rabbitmq",
    "sources.rabbitmq",
    "Reads CloudEvents from queues. A message is acked once a commit holds its event.",
    rabbitmq_fields,
    {},
    {}};

constexpr Object nova_source{"a source of type nova",
                             "sources.nova",
                             "Nova's versioned notifications, as hints to look at a group sooner.",
                             nova_fields,
                             {},
                             {}};

constexpr Object kafka_source{
    "a source of type kafka",
    "sources.kafka",
    "Reads a topic. Each event counts once: the position is committed with what it changed.",
    kafka_fields,
    {},
    {}};

}  // namespace schema_parts
}  // namespace settle
