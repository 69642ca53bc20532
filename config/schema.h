// The schema: one table of descriptors for each object of the configuration. Parsing, error
// texts, `explain` and docs/CONFIG.md are all made from it.
//
// Defaults stand in reconcilers/spec.h and config.h; a test holds `standard` to them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace settle {

enum class Kind : std::uint8_t {
  text,             // Anything, as it stands.
  setting,          // Text in which ${env:X} and ${secret:NAME} may stand.
  secret,           // ${secret:NAME} and nothing else.
  name,             // Letters, digits, ".", "_" and "-".
  count,            // A whole number within [low, high].
  decimal,          // A number, exactly.
  percent,          // "30%".
  amount,           // A whole number, or a percentage.
  change,           // The same, at least one.
  tolerance,        // A number, or a percentage.
  duration,         // "3m"; low and high in milliseconds.
  choice,           // One of `choices`.
  truth,            // true or false.
  moment,           // "06:30", "Fri 16:00" or "2026-11-27T00:00".
  local_time,       // "2026-11-27T00:00".
  days,             // "Mon-Fri".
  cron,             // Five fields.
  zone,             // A name of the tz database.
  missing,          // hold, ignore, "fallback: N" or { fallback: N }.
  texts,            // A text, or a list of them.
  choices,          // One of `choices`, or a list of them.
  texts_by_name,    // A mapping of texts.
  object,           // A mapping with the keys of `object`.
  objects_by_name,  // A mapping from names to `object`.
  object_list,      // A list of `object`.
  rates,            // An amount, or a list of `object`.
};

struct Object;

struct Field {
  std::string_view key{};
  Kind kind = Kind::text;
  std::string_view about{};     // One sentence or two.
  std::string_view standard{};  // What holds if it is left out, as it would be written.
  std::string_view example{};
  const Object* object = nullptr;
  std::string_view choices{};  // Of a choice: "oldest|newest".
  std::int64_t low = 0;
  std::int64_t high = -1;  // Below zero: what the kind itself allows.
  bool is_required = false;
  std::string_view since = "0.1";
};

struct Object {
  std::string_view title{};  // "a target policy".
  std::string_view path{};   // "groups.policies.target": where documentation has it.
  std::string_view about{};
  std::span<const Field> fields{};
  // Where the value of one key decides which keys there are besides it: those objects, whose
  // titles end in that value. `fields` then holds that key alone.
  std::string_view selector{};
  std::span<const Object* const> variants{};

  [[nodiscard]] const Field* find(std::string_view key) const;
  [[nodiscard]] std::vector<std::string_view> keys() const;
};

/// settled.yaml.
[[nodiscard]] const Object& main_schema();
/// A file of groups.
[[nodiscard]] const Object& groups_schema();

/// "a|b" as its parts.
[[nodiscard]] std::vector<std::string_view> split_choices(std::string_view choices);

}  // namespace settle
