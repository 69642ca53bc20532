// What the commands that ask a daemon have in common: where it is, how to print what it says, and
// which exit code a refusal is.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/fwd.hpp>

#include "cli/command.h"
#include "cli/daemon_client.h"

namespace settle {

struct Asking {
  std::string address;               // --address, SETTLE_ADDR, or the default socket.
  std::string output = "table";      // table | json | jsonl | yaml | csv
  std::vector<std::string> columns;  // Of the reply's members; empty: as the command shows them.
  bool is_quiet = false;             // Names alone, for the next command of a pipe.

  /// Whether the command prints its own table, made for people.
  [[nodiscard]] bool is_for_people() const {
    return output == "table" && columns.empty() && !is_quiet;
  }
};

/// Adds --address and -o.
std::shared_ptr<Asking> add_asking(CLI::App& command);
/// The same, of a command that answers with rows: also --columns and -q.
std::shared_ptr<Asking> add_asking_rows(CLI::App& command);
/// Adds -o only.
void add_output(CLI::App& command, std::string& output);

/// The reply's JSON. None after it has said on stderr what is wrong, with `exit` set.
std::optional<boost::json::value> ask(const Asking& asking, std::string_view path, Exit& exit);
/// The reply's text, as it is.
std::optional<std::string> ask_text(const Asking& asking, std::string_view path, Exit& exit);
/// Posts an order. The reply; printed, where the output is not for people. None after it has said
/// what is wrong, with `exit` set.
std::optional<boost::json::object> give_order(const Asking& asking, std::string_view path,
                                              const boost::json::object& body, Exit& exit);
/// Posts an order; prints what the daemon answered.
Exit order(const Asking& asking, std::string_view path, const boost::json::object& body);

/// For machines: `value` whole (json, yaml), or each element of its array `list` on a line (jsonl,
/// csv). With columns, only those; a table of them where the output is one. Exit::usage after it
/// has said which columns there are, if one of them is in no row.
Exit print_json(const Asking& asking, const boost::json::value& value, std::string_view list);

/// Asks, and prints the rows of `list` with these members as the columns of `headings`.
Exit print_rows(const Asking& asking, std::string_view path, std::string_view list,
                const std::vector<std::string>& headings, const std::vector<std::string>& members);

/// The array under `key`; empty where there is none.
const boost::json::array& rows_of(const boost::json::value& reply, std::string_view key);

/// A member as people read it: text as it is, numbers plainly, "–" where there is none.
std::string cell(const boost::json::object& row, std::string_view key);

}  // namespace settle
