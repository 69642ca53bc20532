#include "cli/json_forms.h"

#include <algorithm>
#include <string_view>

#include <boost/json.hpp>

namespace settle {
namespace {

namespace json = boost::json;

std::string plain(const json::value& value) {
  if (value.is_string()) return json::value_to<std::string>(value);
  return value.is_null() ? std::string() : json::serialize(value);
}

// A plain scalar begins with a letter, so that it is no number, and none of these words.
bool is_safe_plain(std::string_view text) {
  constexpr std::string_view reserved[] = {"true", "false", "null", "yes", "no",
                                           "on",   "off",   "y",    "n"};
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  });
  if (std::find(std::begin(reserved), std::end(reserved), lower) != std::end(reserved))
    return false;
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !text.empty() && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' ||
                  c == '/';
         });
}

std::string scalar(const json::value& value) {
  if (value.is_string()) {
    const std::string text = json::value_to<std::string>(value);
    if (is_safe_plain(text)) return text;
  }
  return json::serialize(value);  // Quoted as JSON, which YAML reads.
}

bool is_block(const json::value& value) {
  return (value.is_object() && !value.get_object().empty()) ||
         (value.is_array() && !value.get_array().empty());
}

void write(std::string& out, const json::value& value, std::size_t depth) {
  const std::string margin(depth * 2, ' ');
  if (value.is_object()) {
    bool is_first = true;  // It stands behind the "- " of a list, where there is one.
    for (const auto& member : value.get_object()) {
      const std::string key(member.key().data(), member.key().size());
      if (!is_first) out += margin;
      is_first = false;
      out += scalar(json::value(key)) + ":";
      if (is_block(member.value())) {
        out += "\n" + margin + (member.value().is_array() ? "" : "  ");
        write(out, member.value(), depth + (member.value().is_array() ? 0 : 1));
      } else {
        out += " " + scalar(member.value()) + "\n";
      }
    }
    return;
  }
  bool is_first = true;
  for (const json::value& item : value.get_array()) {
    if (!is_first) out += margin;
    is_first = false;
    out += "- ";
    if (is_block(item)) {
      write(out, item, depth + 1);
    } else {
      out += scalar(item) + "\n";
    }
  }
}

void gather(const json::object& row, const std::string& prefix, std::vector<std::string>& columns) {
  for (const auto& member : row) {
    const std::string name = prefix + std::string(member.key().data(), member.key().size());
    if (member.value().is_object()) {
      gather(member.value().get_object(), name + ".", columns);
    } else if (std::find(columns.begin(), columns.end(), name) == columns.end()) {
      columns.push_back(name);
    }
  }
}

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

}  // namespace

std::string yaml_text(const json::value& value) {
  if (!is_block(value)) return scalar(value) + "\n";
  std::string out;
  write(out, value, 0);
  return out;
}

std::string member_text(const json::object& row, const std::string& column) {
  if (const json::value* whole = row.if_contains(column)) return plain(*whole);
  for (std::size_t dot = column.find('.'); dot != std::string::npos;
       dot = column.find('.', dot + 1)) {
    const json::value* outer = row.if_contains(column.substr(0, dot));
    if (outer != nullptr && outer->is_object()) {
      return member_text(outer->get_object(), column.substr(dot + 1));
    }
  }
  return {};
}

bool has_member(const json::object& row, const std::string& column) {
  if (row.contains(column)) return true;
  for (std::size_t dot = column.find('.'); dot != std::string::npos;
       dot = column.find('.', dot + 1)) {
    const json::value* outer = row.if_contains(column.substr(0, dot));
    if (outer != nullptr && outer->is_object()) {
      return has_member(outer->get_object(), column.substr(dot + 1));
    }
  }
  return false;
}

std::vector<std::string> member_names(const json::array& rows) {
  std::vector<std::string> names;
  for (const json::value& row : rows) {
    if (row.is_object()) gather(row.get_object(), {}, names);
  }
  return names;
}

std::string csv_text(const json::array& rows, const std::vector<std::string>& columns) {
  const std::vector<std::string> names = columns.empty() ? member_names(rows) : columns;
  std::string out;
  const auto line = [&](const auto& cell_of) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (i > 0) out += ',';
      out += csv_cell(cell_of(names[i]));
    }
    out += "\r\n";
  };
  line([](const std::string& name) { return name; });
  for (const json::value& row : rows) {
    if (!row.is_object()) continue;
    line([&](const std::string& name) { return member_text(row.get_object(), name); });
  }
  return out;
}

}  // namespace settle
