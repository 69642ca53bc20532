// What somebody else's JSON says, member by member: what is missing or of another kind is empty.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace settle::nova {

/// None unless it is JSON, whole.
[[nodiscard]] std::optional<boost::json::value> parse(std::string_view text);

[[nodiscard]] const boost::json::object* object_in(const boost::json::object& from,
                                                   std::string_view key);
[[nodiscard]] const boost::json::array* array_in(const boost::json::object& from,
                                                 std::string_view key);
[[nodiscard]] std::string text_in(const boost::json::object& from, std::string_view key);

/// The member `key` of an answer that is an object; null if the text is none with it.
[[nodiscard]] const boost::json::object* object_in(const std::optional<boost::json::value>& from,
                                                   std::string_view key);
[[nodiscard]] const boost::json::array* array_in(const std::optional<boost::json::value>& from,
                                                 std::string_view key);

}  // namespace settle::nova
