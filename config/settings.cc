#include "config/settings.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "config/resolve.h"
#include "config/schema.h"
#include "config/values.h"

namespace settle {
namespace {

struct Setting {
  std::string text;      // As it is shown.
  std::string meaning;   // Equal where two texts mean the same.
  std::string standard;  // What holds where it is not written, as it is shown.
  std::string standard_meaning;
  bool is_heading = false;  // A named object as a whole; its own settings follow.
};
using Settings = std::map<std::string, Setting>;

// Between the parts of a key, and before one item of a list: names may hold dots of their own.
constexpr char separator = '\x1f';
constexpr char item_mark = '\x1e';

std::string dotted(std::string key) {
  key.resize(std::min(key.find(item_mark), key.size()));
  std::replace(key.begin(), key.end(), separator, '.');
  return key;
}

/// However many blanks lie between them.
std::vector<std::string> split_words(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t at = text.find_first_not_of(' '); at != std::string::npos;) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    words.push_back(text.substr(at, end - at));
    at = text.find_first_not_of(' ', end);
  }
  return words;
}

std::string meaning_of(const Field& field, const std::string& text) {
  switch (field.kind) {
    case Kind::duration:
      if (const auto duration = parse_duration(text)) return duration_setting(*duration);
      return text;
    case Kind::count:
    case Kind::decimal:
    case Kind::percent:
    case Kind::amount:
    case Kind::change:
    case Kind::tolerance:
    case Kind::rates:
      if (const auto amount = parse_amount(text)) {
        return amount->number.text() + (amount->is_percent ? "%" : "");
      }
      return text;
    case Kind::days:
      if (const auto days = parse_days(text)) return std::to_string(*days);
      return text;
    case Kind::cron:
      return fmt::format("{}", fmt::join(split_words(text), " "));
    default:
      return text;
  }
}

/// "{ add: 12, at_least: 20000 }"; items of one list follow their key together.
std::string inline_text(const Settings& settings) {
  std::string text;
  std::string last;
  for (const auto& [key, setting] : settings) {
    if (setting.is_heading) continue;
    std::string name = dotted(key);
    const bool goes_on = name == last;
    text += text.empty() ? "{ " : ", ";
    text += goes_on ? setting.text : fmt::format("{}: {}", name, setting.text);
    last = std::move(name);
  }
  return text.empty() ? "{}" : text + " }";
}

class Flattening {
 public:
  void object(const Element& node, const Object& given, const std::string& prefix) {
    const Object& object = variant_of(node, given);
    for (const Entry& entry : node.entries) {
      if (const Field* field = object.find(entry.key)) one(entry.value, *field, prefix + entry.key);
    }
  }
  Settings settings;

 private:
  static const Object& variant_of(const Element& node, const Object& object) {
    if (object.selector.empty()) return object;
    const Element* type = node.find(object.selector);
    if (type == nullptr) return object;
    for (const Object* variant : object.variants) {
      if (variant->path.substr(variant->path.rfind('.') + 1) == type->text) return *variant;
    }
    return object;
  }

  static Settings alone(const Element& node, const Object& object) {
    Flattening inner;
    inner.object(node, object, {});
    return std::move(inner.settings);
  }

  void text(const Field& field, const std::string& key, std::string written) {
    Setting setting;
    setting.meaning = meaning_of(field, written);
    setting.text = std::move(written);
    setting.standard = field.standard;
    setting.standard_meaning = meaning_of(field, setting.standard);
    settings[key] = std::move(setting);
  }

  void list(const Element& node, const Field& field, const std::string& key) {
    for (const Element& item : node.items) {
      // A list is a set here: what it holds is told, and not where.
      std::string text = item.kind == Element::Kind::map && field.object != nullptr
                             ? inline_text(alone(item, *field.object))
                             : item.text;
      Setting setting;
      setting.text = text;
      setting.meaning = text;
      settings[key + item_mark + text] = std::move(setting);
    }
  }

  void named(const Element& node, const Field& field, const std::string& key) {
    for (const Entry& entry : node.entries) {
      const std::string path = key + separator + entry.key;
      if (field.object == nullptr) {
        text(field, path, entry.value.text);
        continue;
      }
      Setting heading;
      heading.is_heading = true;
      heading.text = inline_text(alone(entry.value, *field.object));
      settings[path] = std::move(heading);
      object(entry.value, *field.object, path + separator);
    }
  }

  void one(const Element& node, const Field& field, const std::string& key) {
    switch (field.kind) {
      case Kind::object:
        object(node, *field.object, key + separator);
        return;
      case Kind::objects_by_name:
      case Kind::texts_by_name:
        named(node, field, key);
        return;
      case Kind::missing: {
        const Element* fallback = node.find("fallback");
        text(field, key, fallback == nullptr ? node.text : "fallback: " + fallback->text);
        return;
      }
      case Kind::texts:
      case Kind::choices: {
        std::vector<std::string> words;
        for (const Element& item : node.items) words.push_back(item.text);
        text(field, key,
             node.items.empty() ? node.text : fmt::format("{}", fmt::join(words, ", ")));
        return;
      }
      default:
        node.kind == Element::Kind::list ? list(node, field, key) : text(field, key, node.text);
    }
  }
};

Settings settings_of(const Element& node, const Object& object) {
  Flattening flattening;
  flattening.object(node, object, {});
  return std::move(flattening.settings);
}

/// Whether `key` lies within an object that one side has as a whole and the other has not.
bool is_told_already(const std::string& key, const std::string& told) {
  return !told.empty() && key.starts_with(told + separator);
}

std::vector<SettingChange> compare(const Settings& base, const Settings& wanted) {
  using How = SettingChange::Kind;
  std::map<std::string, std::pair<const Setting*, const Setting*>> all;
  for (const auto& [key, setting] : base) all[key].first = &setting;
  for (const auto& [key, setting] : wanted) all[key].second = &setting;
  std::vector<SettingChange> changes;
  std::string told;
  for (const auto& [key, sides] : all) {
    const auto& [from, to] = sides;
    if (is_told_already(key, told)) continue;
    const Setting& either = from != nullptr ? *from : *to;
    if (either.is_heading) {
      if (from != nullptr && to != nullptr) continue;
      told = key;
      changes.push_back(from == nullptr ? SettingChange{How::added, dotted(key), {}, to->text}
                                        : SettingChange{How::removed, dotted(key), from->text, {}});
      continue;
    }
    const std::string& before = from != nullptr ? from->meaning : either.standard_meaning;
    const std::string& after = to != nullptr ? to->meaning : either.standard_meaning;
    if (before == after) continue;
    SettingChange change{How::changed, dotted(key), from != nullptr ? from->text : either.standard,
                         to != nullptr ? to->text : either.standard};
    if (change.from.empty()) change.kind = How::added;
    if (change.to.empty()) change.kind = How::removed;
    changes.push_back(std::move(change));
  }
  return changes;
}

std::map<std::string, Settings> groups_of(const Resolved& resolved) {
  const Object& group = *groups_schema().find("groups")->object;
  std::map<std::string, Settings> groups;
  for (const Entry& entry : resolved.groups) groups[entry.key] = settings_of(entry.value, group);
  return groups;
}

/// What a reader wants to know first of a group that comes or goes.
std::vector<SettingChange> outline(const Settings& settings, SettingChange::Kind kind) {
  std::vector<SettingChange> lines;
  for (const auto& [key, setting] : settings) {
    if (!dotted(key).starts_with("capacity.")) continue;
    const bool is_new = kind == SettingChange::Kind::added;
    lines.push_back({kind, dotted(key), is_new ? "" : setting.text, is_new ? setting.text : ""});
  }
  return lines;
}

}  // namespace

std::vector<GroupChange> compare(const std::vector<ConfigFile>& base,
                                 const std::vector<ConfigFile>& wanted) {
  using How = SettingChange::Kind;
  const auto from = resolve(base);
  const auto to = resolve(wanted);
  std::vector<GroupChange> changes;
  if (!from || !to) return changes;
  if (from->main && to->main) {
    auto own =
        compare(settings_of(*from->main, main_schema()), settings_of(*to->main, main_schema()));
    if (!own.empty()) changes.push_back({{}, How::changed, std::move(own)});
  }
  const auto before = groups_of(*from);
  const auto after = groups_of(*to);
  std::map<std::string, std::pair<const Settings*, const Settings*>> all;
  for (const auto& [name, settings] : before) all[name].first = &settings;
  for (const auto& [name, settings] : after) all[name].second = &settings;
  for (const auto& [name, sides] : all) {
    if (sides.first == nullptr) {
      changes.push_back({name, How::added, outline(*sides.second, How::added)});
    } else if (sides.second == nullptr) {
      changes.push_back({name, How::removed, outline(*sides.first, How::removed)});
    } else if (auto inner = compare(*sides.first, *sides.second); !inner.empty()) {
      changes.push_back({name, How::changed, std::move(inner)});
    }
  }
  return changes;
}

}  // namespace settle
