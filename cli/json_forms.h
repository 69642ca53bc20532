// JSON in the other forms that people's tools read. It knows nothing of what is said.
#pragma once

#include <string>
#include <vector>

#include <boost/json/fwd.hpp>

namespace settle {

/// Block style, keys in their order; a text that YAML could take for something else is quoted.
[[nodiscard]] std::string yaml_text(const boost::json::value& value);

/// RFC 4180: a line of names, then a line for each row. A member within a member is "outer.inner",
/// a list is its JSON. All members in the order of their first appearance, or the named `columns`.
[[nodiscard]] std::string csv_text(const boost::json::array& rows,
                                   const std::vector<std::string>& columns);

/// The names of all members, as csv_text's first line has them.
[[nodiscard]] std::vector<std::string> member_names(const boost::json::array& rows);

/// Whether the row has a member by such a name.
[[nodiscard]] bool has_member(const boost::json::object& row, const std::string& column);

/// A row's member by such a name; empty where there is none.
[[nodiscard]] std::string member_text(const boost::json::object& row, const std::string& column);

}  // namespace settle
