#include "config/validate.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "config/scalar.h"
#include "config/zone_names.h"

namespace settle {
namespace {

bool is_of_type(const Object& variant, std::string_view type) {
  const std::size_t dot = variant.path.rfind('.');
  return variant.path.substr(dot + 1) == type;
}

std::string more(const Object& object, std::string_view key = {}) {
  std::string path(object.path);
  if (!key.empty()) path += (path.empty() ? "" : ".") + std::string(key);
  return path.empty() ? std::string() : "more: settlectl explain " + path;
}

/// Where a key that is unknown here would be known.
std::string_view elsewhere(const Object& object, std::string_view key) {
  if (&object == &main_schema() && groups_schema().find(key) != nullptr) return "a file of groups";
  if (&object == &groups_schema() && main_schema().find(key) != nullptr) return "the main file";
  return {};
}

}  // namespace

std::optional<Zone> ZoneShelf::load(const std::string& name) {
  const auto found = zones_.find(name);
  if (found != zones_.end()) return found->second;
  return zones_.emplace(name, Zone::load(name)).first->second;
}

std::string ZoneShelf::hint(std::string_view name) {
  constexpr int hints_max = 50;
  if (++hints_ > hints_max) return {};
  if (names_.empty()) names_ = zone_names();
  return did_you_mean(name, {names_.begin(), names_.end()});
}

bool is_name(std::string_view text) {
  constexpr std::size_t name_max = 63;
  const auto is_alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !text.empty() && text.size() <= name_max && is_alphanumeric(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return is_alphanumeric(c) || c == '.' || c == '_' || c == '-';
         });
}

void Validator::check(Element& node, const Object& object, const Place& owner) {
  is_partial_ = false;
  check_object(node, object, owner);
}

void Validator::check_partial(Element& node, const Object& object, const Place& owner) {
  is_partial_ = true;
  check_object(node, object, owner);
  is_partial_ = false;
}

const Object* Validator::select(const Element& node, const Object& object, const Place& owner) {
  const Field& field = object.fields.front();
  const Element* type = node.find(object.selector);
  if (type == nullptr || type->kind != Element::Kind::scalar) {
    if (!is_partial_) {
      Diagnostic& found = findings_.add(
          "E0113", owner, fmt::format("{} without a {}", object.title, object.selector));
      found.hint = fmt::format("{}: {}", object.selector, joined(split_choices(field.choices)));
      found.notes.push_back(more(object));
    }
    return nullptr;
  }
  for (const Object* variant : object.variants) {
    if (is_of_type(*variant, type->text)) return variant;
  }
  const std::optional<ScalarProblem> problem = scalar_problem(field, type->text);
  if (problem) findings_.add(problem->code, type->place, problem->message).hint = problem->hint;
  return nullptr;
}

void Validator::check_object(Element& node, const Object& object, const Place& owner) {
  if (!object.selector.empty()) {
    const Object* variant = select(node, object, owner);
    if (variant == nullptr) {
      node.is_usable = false;
    } else {
      check_object(node, *variant, owner);
    }
    return;
  }
  for (Entry& entry : node.entries) {
    if (const Field* field = object.find(entry.key)) {
      check_field(entry, *field);
    } else {
      report_unknown(entry, object);
    }
  }
  if (is_partial_) return;
  for (const Field& field : object.fields) {
    if (!field.is_required || node.entry(field.key) != nullptr) continue;
    Diagnostic& found =
        findings_.add("E0113", owner, fmt::format("{} without {}", object.title, field.key));
    found.hint = fmt::format("{}: {}", field.key, field.example);
    const std::string note = more(object, field.key);
    if (!note.empty()) found.notes.push_back(note);
  }
}

void Validator::check_field(Entry& entry, const Field& field) {
  Element& node = entry.value;
  if (node.kind == Element::Kind::null) {
    reject(node, "E0113", entry.key_place, fmt::format("{} has no value", field.key),
           fmt::format("{}: {}", field.key, field.example));
    return;
  }
  switch (field.kind) {
    case Kind::object:
      if (node.kind != Element::Kind::map) return reject_shape(entry, field, "a mapping");
      return check_object(node, *field.object, entry.key_place);
    case Kind::objects_by_name:
      if (node.kind != Element::Kind::map) return reject_shape(entry, field, "a mapping of names");
      return check_names(node, field);
    case Kind::object_list:
      if (node.kind != Element::Kind::list) return reject_shape(entry, field, "a list");
      return check_list(entry, field);
    case Kind::rates:
      if (node.kind == Element::Kind::list) return check_list(entry, field);
      break;
    case Kind::texts:
    case Kind::choices:
    case Kind::texts_by_name:
      return check_texts(node, field);
    case Kind::missing:
      if (node.kind == Element::Kind::map) return check_missing_kind(entry, field);
      break;
    default:
      break;
  }
  if (node.kind != Element::Kind::scalar) return reject_shape(entry, field, "a single value");
  check_scalar(node, field);
}

void Validator::check_names(Element& node, const Field& field) {
  // Groups go by the million; of what one of them has, each is compared with the others.
  constexpr std::size_t names_max = 1'000;
  if (field.key != "groups" && node.entries.size() > names_max) {
    reject(node, "E0103", node.entries[names_max].key_place,
           fmt::format("{} holds {} names; at most {} are read", field.key, node.entries.size(),
                       names_max),
           "");
    return;
  }
  for (Entry& entry : node.entries) {
    if (!is_name(entry.key)) {
      reject(
          entry.value, "E0121", entry.key_place,
          fmt::format("{} cannot be the name of {}", quoted(entry.key), field.object->title),
          "letters, digits, \".\", \"_\" and \"-\", beginning with a letter or digit; at most 63");
      continue;
    }
    if (entry.value.kind != Element::Kind::map) {
      reject(entry.value, "E0114", entry.key_place,
             fmt::format("{} is {}, and so a mapping", quoted(entry.key), field.object->title),
             fmt::format("such as {}", field.example));
      continue;
    }
    check_object(entry.value, *field.object, entry.key_place);
  }
}

void Validator::check_list(Entry& entry, const Field& field) {
  if (entry.value.items.empty() && field.is_required) {
    reject(entry.value, "E0113", entry.key_place, fmt::format("{} is an empty list", field.key),
           fmt::format("{}: {}", field.key, field.example));
    return;
  }
  for (Element& item : entry.value.items) {
    if (item.kind == Element::Kind::map) {
      check_object(item, *field.object, item.place);
    } else {
      reject(item, "E0114", item.kind == Element::Kind::null ? entry.key_place : item.place,
             fmt::format("each of {} is {}, and so a mapping", field.key, field.object->title),
             fmt::format("such as {}", field.example));
    }
  }
}

void Validator::check_texts(Element& node, const Field& field) {
  if (node.kind == Element::Kind::scalar && field.kind != Kind::texts_by_name) {
    return check_scalar(node, field);
  }
  const bool by_name = field.kind == Kind::texts_by_name;
  if (node.kind != (by_name ? Element::Kind::map : Element::Kind::list)) {
    return reject(node, "E0114", node.place, fmt::format("{} has the wrong shape", field.key),
                  fmt::format("it takes {}, such as {}", kind_text(field.kind), field.example));
  }
  const auto check_one = [&](Element& item, const Place& place) {
    if (item.kind == Element::Kind::scalar) return check_scalar(item, field);
    reject(item, "E0114", place, fmt::format("{} takes single texts", field.key),
           fmt::format("such as {}", field.example));
  };
  for (Element& item : node.items) check_one(item, item.place);
  for (Entry& entry : node.entries) check_one(entry.value, entry.key_place);
}

void Validator::check_scalar(Element& node, const Field& field) {
  if (field.kind == Kind::zone) {
    if (zones_.load(node.text)) return;
    const std::string hint = zones_.hint(node.text);
    return reject(node, "E0203", node.place,
                  fmt::format("{} is not in this machine's tz database", quoted(node.text)),
                  hint.empty() ? "a name such as Europe/Helsinki" : hint);
  }
  std::optional<ScalarProblem> problem = scalar_problem(field, node.text);
  if (problem) {
    reject(node, problem->code, node.place, std::move(problem->message), std::move(problem->hint));
  }
}

void Validator::check_missing_kind(Entry& entry, const Field& field) {
  const Element* fallback = entry.value.find("fallback");
  const bool is_fine = entry.value.entries.size() == 1 && fallback != nullptr &&
                       fallback->kind == Element::Kind::scalar &&
                       !scalar_problem({.key = "fallback", .kind = Kind::count}, fallback->text);
  if (!is_fine) reject_shape(entry, field, kind_text(field.kind));
}

void Validator::report_unknown(const Entry& entry, const Object& object) {
  Diagnostic& found =
      findings_.add("E0112", entry.key_place,
                    fmt::format("unknown key {} in {}", quoted(entry.key), object.title));
  const std::vector<std::string_view> keys = object.keys();
  const std::string_view place = elsewhere(object, entry.key);
  found.hint =
      place.empty() ? did_you_mean(entry.key, keys) : fmt::format("it belongs into {}", place);
  found.notes.push_back("keys here: " + joined(keys));
  if (const std::string note = more(object); !note.empty()) found.notes.push_back(note);
}

void Validator::reject(Element& node, std::string_view code, const Place& place,
                       std::string message, std::string hint) {
  node.is_usable = false;
  findings_.add(code, place, std::move(message)).hint = std::move(hint);
}

void Validator::reject_shape(Entry& entry, const Field& field, std::string_view expected) {
  reject(entry.value, "E0114", entry.key_place, fmt::format("{} takes {}", field.key, expected),
         fmt::format("such as {}: {}", field.key, field.example));
}

}  // namespace settle
