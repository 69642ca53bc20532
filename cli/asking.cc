#include "cli/asking.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/json_forms.h"
#include "cli/table.h"

namespace settle {
namespace {

namespace json = boost::json;

constexpr const char* default_address = "unix:/run/settled/admin.sock";
constexpr const char* dash = "–";

// Says what a problem+json body says, and which exit code it means.
Exit complain(const Reply& reply) {
  boost::system::error_code failed;
  const json::value body = json::parse(reply.body, failed);
  std::string title = fmt::format("settled answered {}", reply.status);
  std::string detail;
  if (!failed && body.is_object()) {
    if (const auto* text = body.as_object().if_contains("title"); text && text->is_string()) {
      title = json::value_to<std::string>(*text);
    }
    if (const auto* text = body.as_object().if_contains("detail"); text && text->is_string()) {
      detail = json::value_to<std::string>(*text);
    }
  }
  fmt::print(stderr, "settlectl: {}{}{}\n", title, detail.empty() ? "" : ": ", detail);
  return reply.status == 409 || reply.status == 423 ? Exit::refused : Exit::failed;
}

std::optional<Reply> checked(Result<Reply> reply, Exit& exit) {
  if (!reply) {
    fmt::print(stderr, "settlectl: {}\n", reply.error().message);
    exit = Exit::unreachable;
    return std::nullopt;
  }
  if (reply->status >= 300) {
    exit = complain(*reply);
    return std::nullopt;
  }
  return std::move(*reply);
}

}  // namespace

void add_output(CLI::App& command, std::string& output) {
  command.add_option("-o,--output", output, "table, json, jsonl, yaml or csv")
      ->check(CLI::IsMember({"table", "json", "jsonl", "yaml", "csv"}));
}

std::shared_ptr<Asking> add_asking(CLI::App& command) {
  auto asking = std::make_shared<Asking>();
  asking->address = default_address;
  command
      .add_option("--address", asking->address,
                  fmt::format("unix:PATH or http://127.0.0.1:PORT (default {})", default_address))
      ->envname("SETTLE_ADDR");
  add_output(command, asking->output);
  return asking;
}

std::shared_ptr<Asking> add_asking_rows(CLI::App& command) {
  auto asking = add_asking(command);
  command
      .add_option("--columns", asking->columns,
                  "Only these members of each row, as -o json names them: desired,limits.max")
      ->delimiter(',');
  command.add_flag("-q,--quiet", asking->is_quiet, "Only the name of each row");
  return asking;
}

std::optional<json::value> ask(const Asking& asking, std::string_view path, Exit& exit) {
  const auto text = ask_text(asking, path, exit);
  if (!text) return std::nullopt;
  boost::system::error_code failed;
  json::value value = json::parse(*text, failed);
  if (failed) {
    fmt::print(stderr, "settlectl: the answer from {} is not JSON: {}\n", asking.address,
               failed.message());
    exit = Exit::failed;
    return std::nullopt;
  }
  return value;
}

std::optional<std::string> ask_text(const Asking& asking, std::string_view path, Exit& exit) {
  auto reply = checked(DaemonClient(asking.address).get(path), exit);
  if (!reply) return std::nullopt;
  return std::move(reply->body);
}

std::optional<json::object> give_order(const Asking& asking, std::string_view path,
                                       const json::object& body, Exit& exit) {
  const auto reply = checked(DaemonClient(asking.address).post(path, json::serialize(body)), exit);
  if (!reply) return std::nullopt;
  if (asking.output != "table") fmt::print("{}\n", reply->body);
  boost::system::error_code failed;
  json::value value = json::parse(reply->body, failed);
  if (failed || !value.is_object()) return json::object();
  return std::move(value.as_object());
}

Exit order(const Asking& asking, std::string_view path, const json::object& body) {
  Exit exit = Exit::ok;
  (void)give_order(asking, path, body, exit);
  return exit;
}

namespace {

/// What a row is called: the first of these that it has.
std::string name_of(const json::object& row) {
  for (const char* key : {"decision", "id", "group", "sequence", "name"}) {
    if (row.contains(key)) return member_text(row, key);
  }
  return {};
}

json::object chosen(const json::object& row, const std::vector<std::string>& columns) {
  if (columns.empty()) return row;
  json::object some;
  for (const std::string& column : columns) {
    const json::value* whole = row.if_contains(column);
    some[column] = whole != nullptr ? *whole : json::value(member_text(row, column));
  }
  return some;
}

void print_table(const json::array& rows, const std::vector<std::string>& columns) {
  Table table(columns);
  for (const json::value& row : rows) {
    std::vector<std::string> cells;
    cells.reserve(columns.size());
    for (const std::string& column : columns) cells.push_back(member_text(row.as_object(), column));
    table.add(std::move(cells));
  }
  fmt::print("{}", table.text());
}

/// Whether the rows know each of these; says on stderr which they do not, and which there are.
bool has_columns(const json::array& rows, const std::vector<std::string>& columns) {
  if (rows.empty()) return true;
  for (const std::string& column : columns) {
    const auto knows = [&](const json::value& row) {
      return row.is_object() && has_member(row.as_object(), column);
    };
    if (std::any_of(rows.begin(), rows.end(), knows)) continue;
    fmt::print(stderr, "settlectl: there is no column \"{}\"; there are {}\n", column,
               fmt::join(member_names(rows), ", "));
    return false;
  }
  return true;
}

void print_chosen(const Asking& asking, const json::array& rows) {
  if (asking.is_quiet) {
    for (const json::value& row : rows) fmt::print("{}\n", name_of(row.as_object()));
    return;
  }
  if (asking.output == "csv") return fmt::print("{}", csv_text(rows, asking.columns));
  if (asking.output == "table") return print_table(rows, asking.columns);
  json::array some;
  for (const json::value& row : rows) some.push_back(chosen(row.as_object(), asking.columns));
  if (asking.output == "yaml") return fmt::print("{}", yaml_text(some));
  if (asking.output == "json") return fmt::print("{}\n", json::serialize(some));
  for (const json::value& row : some) fmt::print("{}\n", json::serialize(row));
}

}  // namespace

Exit print_json(const Asking& asking, const json::value& value, std::string_view list) {
  const json::value* found = value.is_object() ? value.as_object().if_contains(list) : nullptr;
  const bool has_rows = found != nullptr && found->is_array();
  const bool is_whole = !has_rows || (asking.columns.empty() && !asking.is_quiet);
  if (is_whole && asking.output == "yaml") {
    fmt::print("{}", yaml_text(value));
  } else if (!has_rows && asking.output == "csv") {
    fmt::print("{}", csv_text(json::array{value}, asking.columns));
  } else if (!has_rows || (is_whole && asking.output == "json")) {
    fmt::print("{}\n", json::serialize(value));
  } else {
    if (!has_columns(found->as_array(), asking.columns)) return Exit::usage;
    print_chosen(asking, found->as_array());
  }
  return Exit::ok;
}

const json::array& rows_of(const json::value& reply, std::string_view key) {
  static const json::array none;
  const json::value* const rows = reply.is_object() ? reply.as_object().if_contains(key) : nullptr;
  return rows != nullptr && rows->is_array() ? rows->as_array() : none;
}

std::string cell(const json::object& row, std::string_view key) {
  const json::value* value = row.if_contains(key);
  if (value == nullptr || value->is_null()) return dash;
  if (value->is_string()) {
    return value->as_string().empty() ? dash : json::value_to<std::string>(*value);
  }
  return json::serialize(*value);
}

Exit print_rows(const Asking& asking, std::string_view path, std::string_view list,
                const std::vector<std::string>& headings, const std::vector<std::string>& members) {
  Exit exit = Exit::ok;
  const auto reply = ask(asking, path, exit);
  if (!reply) return exit;
  if (!asking.is_for_people()) {
    return print_json(asking, *reply, list);
  }
  Table table(headings);
  const json::value* rows = reply->is_object() ? reply->as_object().if_contains(list) : nullptr;
  if (rows != nullptr && rows->is_array()) {
    for (const json::value& value : rows->as_array()) {
      std::vector<std::string> cells;
      cells.reserve(members.size());
      for (const std::string& member : members) cells.push_back(cell(value.as_object(), member));
      table.add(std::move(cells));
    }
  }
  if (table.empty()) {
    fmt::print(stderr, "none\n");
    return Exit::ok;
  }
  fmt::print("{}", table.text());
  return Exit::ok;
}

}  // namespace settle
