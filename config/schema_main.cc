// The descriptors of settled.yaml.
#include "config/schema_parts.h"

namespace settle {
namespace {

constexpr Field node_fields[] = {
    {.key = "name",
     .kind = Kind::setting,
     .about = "What this machine is called in records.",
     .standard = "",
     .example = "${env:HOSTNAME}"},
    {.key = "zone",
     .kind = Kind::setting,
     .about = "Where this machine stands; `settlectl members` shows it.",
     .standard = "",
     .example = "hel1-a"},
    {.key = "address",
     .kind = Kind::setting,
     .about = "Where other members of the cluster reach this one's API; as `listen.http` if it is "
              "left out.",
     .standard = "",
     .example = "127.0.0.1:8470"},
};
constexpr Object node{"the node", "node", "This machine.", node_fields, {}, {}};

constexpr Field listen_fields[] = {
    {.key = "socket",
     .kind = Kind::setting,
     .about = "The Unix socket of settlectl; open to the Unix group \"settle\".",
     .standard = "/run/settled/admin.sock",
     .example = "/run/settled/admin.sock"},
    {.key = "http",
     .kind = Kind::setting,
     .about = "Address and port of the JSON API, events and /metrics; `none` for no HTTP at all.",
     .standard = "127.0.0.1:8470",
     .example = "127.0.0.1:8470"},
};
constexpr Object listen{"the listeners", "listen", "Where the daemon can be reached.",
                        listen_fields,   {},       {}};

constexpr Field journal_fields[] = {
    {.key = "path",
     .kind = Kind::setting,
     .about = "The journal's file.",
     .standard = "/var/lib/settled/journal.db",
     .example = "/var/lib/settled/journal.db"},
    {.key = "keep",
     .kind = Kind::duration,
     .about = "How long decisions are kept.",
     .standard = "90d",
     .example = "90d",
     .low = 3'600'000},
    {.key = "export_to",
     .kind = Kind::setting,
     .about = "A topic of Kafka that every decision is copied to, as a CloudEvent keyed by its "
              "group: at least once, in order, from where the last run came to. Options of "
              "librdkafka may follow, as in ?security.protocol=SSL&ssl.ca.location=FILE.",
     .example = "kafka://k1:9092,k2:9092/settle.decisions"},
};
constexpr Object journal{"the journal",  "journal", "Where every decision is kept.",
                         journal_fields, {},        {}};

constexpr Field log_fields[] = {
    {.key = "level",
     .kind = Kind::choice,
     .about = "What is worth a line.",
     .standard = "info",
     .example = "info",
     .choices = "debug|info|warning|error"},
    {.key = "format",
     .kind = Kind::choice,
     .about = "Lines with journald's priorities, or lines for people.",
     .standard = "journald",
     .example = "journald",
     .choices = "journald|text"},
};
constexpr Object log{"the log", "log", "What the daemon writes to stderr.", log_fields, {}, {}};

constexpr Field zookeeper_fields[] = {
    {.key = "session_timeout",
     .kind = Kind::duration,
     .about = "After so long without a word from a node, others take over what it owned.",
     .standard = "15s",
     .example = "6s",
     .low = 1'000,
     .high = 120'000},
    {.key = "server_tick",
     .kind = Kind::duration,
     .about = "`tickTime` of the ensemble; a node trusts its session that much less long.",
     .standard = "2s",
     .example = "1s",
     .low = 100,
     .high = 10'000},
    {.key = "quarantine",
     .kind = Kind::duration,
     .about =
         "So long a new owner sends nothing to a cloud, unless the one before let go in order: "
         "the longest that a call of that one may still be under way.",
     .standard = "5s",
     .example = "10s",
     .high = 120'000},
    {.key = "digest_file",
     .kind = Kind::setting,
     .about = "A file with `USER:PASSWORD`. The cluster's tree is then closed to everybody else.",
     .standard = "",
     .example = "/etc/settled/zookeeper.digest"},
    {.key = "changelog",
     .kind = Kind::setting,
     .about =
         "For more than about 20,000 groups: their records go to this compacted topic of Kafka, "
         "with as many partitions as the cluster has, and ZooKeeper keeps a mark for each. Fixed "
         "for the life of a cluster. librdkafka's options may follow: ?security.protocol=SSL.",
     .standard = "",
     .example = "kafka://k1:9092,k2:9092/settle.records"},
};
constexpr Object zookeeper{
    "the ensemble",   "zookeeper", "The connection of `store: zookeeper://...`.",
    zookeeper_fields, {},          {}};

constexpr Field shared_budget_fields[] = {
    {.key = "cloud",
     .kind = Kind::name,
     .about = "Of groups in this cloud; left out, in any.",
     .example = "helsinki"},
    {.key = "tenant",
     .kind = Kind::name,
     .about = "Of groups of this tenant; left out, of any.",
     .example = "team-media"},
    {.key = "instances",
     .kind = Kind::count,
     .about = "That may exist at one time, all of these groups together.",
     .example = "200"},
    {.key = "launches_a_day",
     .kind = Kind::count,
     .about = "Launches of theirs within 24 hours.",
     .example = "500"},
    {.key = "spend",
     .kind = Kind::text,
     .about = "Money an hour, by the groups' own prices (`guards.spend.price`).",
     .example = "40 EUR/h"},
};
constexpr Object shared_budget{
    "a shared budget",
    "budgets",
    "One limit over many groups. Where it is short, a group that is below its min goes first, then "
    "the larger priority. What is withheld names the budget and who uses most of it.",
    shared_budget_fields,
    {},
    {}};

constexpr Field main_fields[] = {
    {.key = "version",
     .kind = Kind::count,
     .about = "Of this format: 1.",
     .standard = "1",
     .example = "1",
     .low = 1,
     .high = 1},
    {.key = "node",
     .kind = Kind::object,
     .about = "This machine.",
     .example = "{ name: n1 }",
     .object = &node},
    {.key = "store",
     .kind = Kind::setting,
     .about = "Where intents are committed before they are acted on: sqlite:PATH for one daemon, "
              "zookeeper://HOST:PORT,HOST:PORT/CHROOT for several that are one.",
     .standard = "sqlite:/var/lib/settled/settle.db",
     .example = "sqlite:/var/lib/settled/settle.db"},
    {.key = "zookeeper",
     .kind = Kind::object,
     .about = "The connection to the ensemble, where the store is one.",
     .example = "{ session_timeout: 6s }",
     .object = &zookeeper},
    {.key = "partitions",
     .kind = Kind::count,
     .about = "Groups are hashed onto so many; fixed for the life of a store.",
     .standard = "256",
     .example = "64",
     .low = 1,
     .high = 65'536},
    {.key = "groups",
     .kind = Kind::texts,
     .about = "Files of groups, as paths or globs; relative ones begin at this file's folder.",
     .example = "groups.d/*.yaml"},
    {.key = "mode",
     .kind = Kind::choice,
     .about = "`act`, or `observe`: decide and explain, and never change anything in a cloud.",
     .standard = "act",
     .example = "observe",
     .choices = "act|observe"},
    {.key = "listen",
     .kind = Kind::object,
     .about = "Where the daemon can be reached.",
     .example = "{ http: 127.0.0.1:8470 }",
     .object = &listen},
    {.key = "clouds",
     .kind = Kind::objects_by_name,
     .about = "Where instances live, by name.",
     .example = "{ lab: { type: simulated, boot_time: 90s } }",
     .object = &schema_parts::cloud},
    {.key = "sources",
     .kind = Kind::objects_by_name,
     .about = "Where signals come from, by name.",
     .example = "{ alerts: { type: alertmanager } }",
     .object = &schema_parts::source},
    {.key = "alarms",
     .kind = Kind::objects_by_name,
     .about = "What is measured over many groups, by name (docs/WINDOWS.md).",
     .example = "{ crowded: { over: { signal: rps }, by: tenant, window: { tumbling: 5m }, "
                "compute: sum, when: { at_least: 9000 } } }",
     .object = &schema_parts::alarm},
    {.key = "budgets",
     .kind = Kind::objects_by_name,
     .about = "Limits that groups share, by name.",
     .example = "{ media: { tenant: team-media, instances: 50 } }",
     .object = &shared_budget},
    {.key = "journal",
     .kind = Kind::object,
     .about = "Where every decision is kept.",
     .example = "{ keep: 90d }",
     .object = &journal},
    {.key = "log",
     .kind = Kind::object,
     .about = "What the daemon writes to stderr.",
     .example = "{ level: info }",
     .object = &log},
};
constexpr Object main_object{"the main file", "", "settled.yaml: the daemon itself.",
                             main_fields,     {}, {}};

}  // namespace

const Object& main_schema() {
  return main_object;
}

}  // namespace settle
