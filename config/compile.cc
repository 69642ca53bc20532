#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "config/bind.h"
#include "config/checks.h"
#include "config/config.h"
#include "config/document.h"
#include "config/resolve.h"
#include "config/revision.h"
#include "config/schema.h"
#include "config/validate.h"

namespace settle {
namespace {

constexpr std::size_t merged_nodes_max = 2'000'000;  // Of a file's groups with its defaults.

enum class Role : std::uint8_t { main, groups, neither };

Role role_of(const Element& root) {
  if (root.kind != Element::Kind::map || root.entries.empty()) return Role::neither;
  const Entry* groups = root.entry("groups");
  const bool has_groups = groups != nullptr && groups->value.kind == Element::Kind::map;
  return has_groups || root.entry("defaults") != nullptr ? Role::groups : Role::main;
}

/// One reading of a set of files.
class Compilation {
 public:
  Compilation(const std::vector<ConfigFile>& files, std::optional<Time> as_of)
      : calendar_(as_of), findings_(paths_of(files)), validator_(findings_, zones_) {
    result_.revision = revision_of(files);
    for (std::size_t i = 0; i < files.size(); ++i) {
      read_file(files[i], static_cast<std::uint16_t>(i));
    }
  }

  Compiled finish() {
    check_groups();
    result_.findings = findings_.take();
    if (findings_.errors() > 0) return std::move(result_);
    for (BoundGroup& group : groups_) {
      for (const FleetBudget& budget : result_.daemon.budgets) {
        if (applies(budget, group.spec)) group.spec.budgets.push_back(budget.name);
      }
      result_.specs.push_back(std::move(group.spec));
    }
    std::sort(result_.specs.begin(), result_.specs.end(),
              [](const GroupSpec& a, const GroupSpec& b) { return a.id < b.id; });
    return std::move(result_);
  }

  std::optional<Resolved> resolve() {
    if (finish().has_errors()) return std::nullopt;
    Resolved resolved{std::move(main_), {}};
    for (Entry& entry : entries_) resolved.groups.push_back(std::move(entry));
    return resolved;
  }

 private:
  static std::vector<std::string> paths_of(const std::vector<ConfigFile>& files) {
    std::vector<std::string> paths;
    paths.reserve(files.size());
    for (const ConfigFile& file : files) paths.push_back(file.path);
    return paths;
  }

  void read_file(const ConfigFile& file, std::uint16_t number) {
    std::optional<Element> root = read_document(file.text, number, findings_);
    if (!root) return;
    const Place whole{number, 0, 0, 1};
    switch (role_of(*root)) {
      case Role::neither:
        findings_.add("E0123", whole, "this is neither a main file nor a file of groups").hint =
            "a file of groups has a mapping `groups:`";
        return;
      case Role::main:
        read_main(*root, whole);
        return;
      case Role::groups:
        read_groups(*root, whole);
        return;
    }
  }

  [[nodiscard]] bool is_readable_version(const Element& root) {
    const Element* version = root.find("version");
    if (version == nullptr || version->text == "1") return true;
    findings_
        .add("E0122", version->place,
             fmt::format("version {} of the format is not known here", quoted(version->text)))
        .hint = "this reads version 1";
    return false;
  }

  void read_main(Element& root, const Place& whole) {
    if (has_main_) {
      findings_.add("E0124", whole, "there are two main files");
      return;
    }
    has_main_ = true;
    if (!is_readable_version(root)) return;
    validator_.check(root, main_schema(), whole);
    result_.daemon = bind_main(root, findings_);
    main_ = std::move(root);
  }

  void read_groups(Element& root, const Place& whole) {
    if (!is_readable_version(root)) return;
    const auto defaults = std::find_if(root.entries.begin(), root.entries.end(),
                                       [](const Entry& one) { return one.key == "defaults"; });
    if (defaults != root.entries.end() && defaults->value.kind == Element::Kind::map) {
      if (!merge_defaults(defaults->value, root)) return;
      const Object& group = *groups_schema().find("defaults")->object;
      validator_.check_partial(defaults->value, group, defaults->key_place);
      root.entries.erase(defaults);  // Checked and merged.
    }
    validator_.check(root, groups_schema(), whole);
    for (Entry& one : root.entries) {
      if (one.key == "groups" && one.value.is_usable) keep_groups(one.value);
    }
  }

  void keep_groups(Element& groups) {
    for (Entry& entry : groups.entries) {
      if (entry.value.is_usable) keep_group(std::move(entry));
    }
  }

  [[nodiscard]] bool merge_defaults(const Element& defaults, Element& root) {
    const auto found = std::find_if(root.entries.begin(), root.entries.end(),
                                    [](const Entry& one) { return one.key == "groups"; });
    if (found == root.entries.end()) return true;
    Element& groups = found->value;
    if (count_nodes(defaults) * groups.entries.size() > merged_nodes_max) {
      findings_.add("E0103", defaults.place,
                    fmt::format("these defaults in {} groups make more than {} values",
                                groups.entries.size(), merged_nodes_max));
      return false;
    }
    for (Entry& entry : groups.entries) {
      if (entry.value.kind == Element::Kind::map) entry.value = merged(defaults, entry.value);
    }
    return true;
  }

  void keep_group(Entry&& entry) {
    const auto [first, is_new] = names_.try_emplace(entry.key, entry.key_place);
    if (!is_new) {
      findings_
          .add("E0212", entry.key_place,
               fmt::format("a second group is called {}", quoted(entry.key)))
          .hint = fmt::format("the first is in {}, line {}", findings_.path(first->second.file),
                              first->second.line);
      return;
    }
    entries_.push_back(std::move(entry));
    groups_.push_back(bind_group(entries_.back(), findings_, zones_));
  }

  void check_groups() {
    for (const BoundGroup& group : groups_) {
      check_group(group, findings_);
      calendar_.check(group, findings_);
      if (has_main_) check_references(group, result_.daemon, findings_);
      if (has_main_) check_shared_budgets(group, result_.daemon, findings_);
    }
    // Of a main file alone nothing is known of groups.
    if (main_ && !groups_.empty()) check_hearers(groups_, *main_, result_.daemon, findings_);
  }

  CalendarCheck calendar_;
  Compiled result_;
  Findings findings_;
  ZoneShelf zones_;
  Validator validator_;
  bool has_main_ = false;
  std::optional<Element> main_;  // Once it has been read.
  std::map<std::string, Place> names_;
  std::deque<Entry> entries_;  // What groups_ points to.
  std::vector<BoundGroup> groups_;
};

}  // namespace

bool Compiled::has_errors() const {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Diagnostic& one) { return one.severity == Severity::error; });
}

Compiled compile(const std::vector<ConfigFile>& files, std::optional<Time> as_of) {
  return Compilation(files, as_of).finish();
}

std::optional<Resolved> resolve(const std::vector<ConfigFile>& files) {
  return Compilation(files, std::nullopt).resolve();
}

Compiled compile_main(const ConfigFile& file) {
  return compile({file});
}

}  // namespace settle
