// Documentation out of the schema: `explain`, docs/CONFIG.md and docs/errors.md.
#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "config/codes.h"
#include "config/config.h"
#include "config/scalar.h"
#include "config/schema.h"
#include "config/values.h"

namespace settle {
namespace {

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    const std::size_t dot = path.find('.');
    segments.push_back(path.substr(0, dot));
    path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
  }
  return segments;
}

std::string type_text(const Field& field) {
  if (field.kind == Kind::choice || field.kind == Kind::choices) {
    const std::string words = fmt::format("{}", fmt::join(split_choices(field.choices), " | "));
    return field.kind == Kind::choices ? words + ", or a list of them" : words;
  }
  return std::string(kind_text(field.kind));
}

std::string range_text(const Field& field) {
  if (field.kind == Kind::duration) {
    const bool has_high = field.high >= 0;
    if (field.low == 0 && !has_high) return {};
    return has_high ? fmt::format("{} to {}", duration_setting(Duration{field.low}),
                                  duration_setting(Duration{field.high}))
                    : fmt::format("at least {}", duration_setting(Duration{field.low}));
  }
  if (field.kind == Kind::count) {
    return fmt::format("{} to {}", field.low, field.high < 0 ? 1'000'000 : field.high);
  }
  return field.kind == Kind::percent ? "0% to 100%" : "";
}

void describe_field(const Field& field, const Object& object, std::string& out) {
  const auto line = [&](std::string_view name, std::string_view text) {
    if (!text.empty()) fmt::format_to(std::back_inserter(out), "  {:<9} {}\n", name, text);
  };
  fmt::format_to(std::back_inserter(out), "{}{}{}: {}\n", object.path,
                 object.path.empty() ? "" : ".", field.key, field.about);
  line("takes", type_text(field));
  line("range", range_text(field));
  line("default", field.is_required ? "none: it must be given" : field.standard);
  line("example", fmt::format("{}: {}", field.key, field.example));
  line("since", field.since);
  if (field.object == nullptr) return;
  if (field.object->selector.empty()) {
    line("keys", fmt::format("{}", fmt::join(field.object->keys(), ", ")));
    return;
  }
  for (const Object* variant : field.object->variants) {
    line("keys", fmt::format("of {}: {}", variant->title, fmt::join(variant->keys(), ", ")));
  }
}

void describe_object(const Object& object, std::string& out) {
  fmt::format_to(std::back_inserter(out), "{}: {}\n", object.path, object.about);
  for (const Field& field : object.fields) {
    fmt::format_to(std::back_inserter(out), "  {:<16} {}\n", field.key, field.about);
  }
}

/// Every field that the segments can mean below `object`, as far as they are known.
void describe_below(const Object& object, const std::vector<std::string_view>& segments,
                    std::size_t at, std::string& out) {
  if (!object.selector.empty()) {
    for (const Object* variant : object.variants) {
      const bool is_named = variant->path.substr(variant->path.rfind('.') + 1) == segments[at];
      if (is_named && at + 1 == segments.size()) {
        describe_object(*variant, out);
      } else if (is_named) {
        describe_below(*variant, segments, at + 1, out);
      }
    }
    if (!out.empty() && at + 1 < segments.size()) return;
    for (const Object* variant : object.variants) describe_below(*variant, segments, at, out);
    return;
  }
  const Field* field = object.find(segments[at]);
  if (field == nullptr) return;
  if (at + 1 == segments.size()) {
    describe_field(*field, object, out);
    return;
  }
  if (field->object == nullptr) return;
  const std::size_t before = out.size();
  describe_below(*field->object, segments, at + 1, out);
  const bool may_skip_a_name = field->kind == Kind::objects_by_name && out.size() == before;
  if (may_skip_a_name && at + 2 < segments.size()) {
    describe_below(*field->object, segments, at + 2, out);
  }
}

std::string cell(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '|') result += '\\';
    result += c;
  }
  return result;
}

void write_object(const Object& object, std::set<const Object*>& seen, std::string& out) {
  if (!seen.insert(&object).second) return;
  if (object.selector.empty()) {
    fmt::format_to(std::back_inserter(out), "\n### {}\n\n{}{}\n\n",
                   object.path.empty() ? object.title : object.path, object.about,
                   object.path.empty() ? "" : fmt::format(" ({})", object.title));
    out += "| key | takes | default | meaning |\n|---|---|---|---|\n";
    for (const Field& field : object.fields) {
      const std::string range = range_text(field);
      fmt::format_to(std::back_inserter(out), "| `{}` | {}{} | {} | {} Example: `{}` |\n",
                     field.key, cell(type_text(field)), range.empty() ? "" : "; " + range,
                     field.is_required        ? "required"
                     : field.standard.empty() ? ""
                                              : fmt::format("`{}`", cell(field.standard)),
                     cell(field.about), cell(field.example));
    }
  }
  for (const Object* variant : object.variants) write_object(*variant, seen, out);
  for (const Field& field : object.fields) {
    if (field.object != nullptr) write_object(*field.object, seen, out);
  }
}

}  // namespace

std::string describe_key(std::string_view path) {
  const std::vector<std::string_view> segments = segments_of(path);
  std::string out;
  if (segments.empty()) return out;
  describe_below(main_schema(), segments, 0, out);
  describe_below(groups_schema(), segments, 0, out);
  return out;
}

std::string config_reference() {
  std::string out =
      "# Configuration\n\n"
      "Made from the schema in config/; a test compares. `settlectl explain KEY` says the same.\n\n"
      "Files are strict YAML: no anchors, aliases, merge keys or tags, no key twice, `true` and\n"
      "`false` alone for truth, at most 1 MiB, 32 levels and 100,000 values. Every error of every\n"
      "file is reported at once; with any error nothing is changed. What findings mean stands in\n"
      "[errors.md](errors.md).\n\n"
      "Durations are whole numbers with units: `250ms`, `30s`, `3m`, `1h30m`, `90d`. Numbers and\n"
      "percentages are exact. `${env:NAME}` and `${secret:NAME}` may stand in the texts of the\n"
      "main file.\n";
  std::set<const Object*> seen;
  out += "\n## The main file: settled.yaml\n";
  write_object(main_schema(), seen, out);
  out += "\n## Files of groups: groups.d/*.yaml\n";
  write_object(groups_schema(), seen, out);
  return out;
}

std::string error_reference() {
  std::string out =
      "# Findings of the configuration\n\n"
      "Made from the table in config/codes.cc; a test compares. Codes are stable. An error (E)\n"
      "stops the whole configuration from being taken; a warning (W) does not.\n\n"
      "| code | meaning | what to do |\n|---|---|---|\n";
  for (const CodeLine& line : code_lines()) {
    fmt::format_to(std::back_inserter(out), "| {} | {} | {} |\n", line.code, cell(line.meaning),
                   cell(line.remedy));
  }
  return out;
}

}  // namespace settle
