// Configuration: strict YAML in, validated specs out, every error of every file at once.
//
// One descriptor table (schema.cc) is the only source of truth for keys, types, units, defaults,
// ranges and documentation. This room reads text; it opens no file but the tz database.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/result.h"
#include "reconcilers/converge.h"
#include "reconcilers/fleet.h"
#include "reconcilers/spec.h"
#include "reconcilers/windows/watch.h"

namespace settle {

struct ConfigFile {
  std::string path;  // As it is shown in errors.
  std::string text;
};

enum class Severity : std::uint8_t { error, warning };

/// One finding, with a place to look at and a way out.
struct Diagnostic {
  Severity severity = Severity::error;
  std::string code;     // "E0112", stable; docs/errors.md has a line for each.
  std::string message;  // `unknown key "tolerence" in a target policy`
  std::string path;
  int line = 0;                    // From one; zero if it is about the file as a whole.
  int column = 0;                  // From one.
  int length = 1;                  // Of what the carets underline.
  std::string hint;                // `did you mean "tolerance"?`
  std::vector<std::string> notes;  // `keys here: metric, target, ...`
};

/// A cloud or a source. ${env:X} and ${secret:NAME} stand here as they were written.
struct CloudConfig {
  std::string type;
  std::map<std::string, std::string> settings;  // Lists joined by ", ", mappings dotted.
  friend bool operator==(const CloudConfig&, const CloudConfig&) = default;
};

struct DaemonConfig {
  std::string node_name;
  std::string node_zone;
  std::string node_address;  // Where other members reach its API; empty: as `http` has it.
  std::string store{"sqlite:/var/lib/settled/settle.db"};
  Duration zookeeper_session{15'000};
  Duration zookeeper_tick{2'000};
  Duration zookeeper_quarantine{5'000};
  std::string zookeeper_digest_file;  // Empty: the tree is open to all.
  std::string zookeeper_changelog;    // "kafka://..."; empty: records lie in ZooKeeper.
  std::string journal{"/var/lib/settled/journal.db"};
  Duration journal_keep{90LL * 24 * 3'600'000};
  std::string journal_export_to;
  std::uint32_t partitions = 256;
  std::vector<std::string> groups;  // Globs, relative to the main file.
  Authority mode = Authority::act;
  std::string socket{"/run/settled/admin.sock"};
  std::string http{"127.0.0.1:8470"};         // Empty: none.
  std::map<std::string, CloudConfig> clouds;  // "simulated" always exists.
  std::map<std::string, CloudConfig> sources;
  std::vector<FleetBudget> budgets;    // In order of name.
  std::vector<windows::Watch> alarms;  // Over many groups; in order of name.
  std::string log_level{"info"};
  std::string log_format{"journald"};
  friend bool operator==(const DaemonConfig&, const DaemonConfig&) = default;
};

struct Compiled {
  DaemonConfig daemon;               // Defaults where no main file was given.
  std::vector<GroupSpec> specs;      // In order of id. Empty if there is any error.
  std::string revision;              // "r-" and the hash of the files' content.
  std::vector<Diagnostic> findings;  // In order of file and line.
  [[nodiscard]] bool has_errors() const;
};

/// Reads the main file (settled.yaml: it has no `groups:` mapping) and group files together.
/// Total: any text gives findings, never a crash, within bounded time and memory.
/// Errors and specs depend on the texts and the tz database alone. `as_of` adds warnings about
/// what the calendar of the two years from then on has in store.
[[nodiscard]] Compiled compile(const std::vector<ConfigFile>& files,
                               std::optional<Time> as_of = std::nullopt);

/// Only the daemon's part of the main file: which group files to read is among it.
[[nodiscard]] Compiled compile_main(const ConfigFile& file);

/// Puts what `lookup` knows in the place of each ${env:NAME}, and nothing where it knows nothing.
/// ${secret:NAME} stays for whoever needs the secret. Returns the names that are not known.
std::vector<std::string> resolve_environment(
    DaemonConfig& config,
    const std::function<std::optional<std::string>(const std::string& name)>& lookup);

/// The findings as a person reads them: file, line, the line itself, carets, hint, notes, and a
/// last line that counts.
[[nodiscard]] std::string render(const std::vector<Diagnostic>& findings,
                                 const std::vector<ConfigFile>& files);

/// What the schema says of a key: "groups.policies.target", "groups.web.capacity.max", "mode".
/// Empty if there is no such key.
[[nodiscard]] std::string describe_key(std::string_view path);
/// Markdown of every key, and of every code that a finding can bear: docs/CONFIG.md and
/// docs/errors.md are these texts.
[[nodiscard]] std::string config_reference();
[[nodiscard]] std::string error_reference();

}  // namespace settle
