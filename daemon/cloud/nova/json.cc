#include "daemon/cloud/nova/json.h"

#include <boost/json/parse.hpp>

namespace settle::nova {

std::optional<boost::json::value> parse(std::string_view text) {
  boost::json::error_code error;
  boost::json::value value = boost::json::parse({text.data(), text.size()}, error);
  if (error) return std::nullopt;
  return value;
}

const boost::json::object* object_in(const boost::json::object& from, std::string_view key) {
  const boost::json::value* found = from.if_contains({key.data(), key.size()});
  return found == nullptr ? nullptr : found->if_object();
}

const boost::json::array* array_in(const boost::json::object& from, std::string_view key) {
  const boost::json::value* found = from.if_contains({key.data(), key.size()});
  return found == nullptr ? nullptr : found->if_array();
}

std::string text_in(const boost::json::object& from, std::string_view key) {
  const boost::json::value* found = from.if_contains({key.data(), key.size()});
  const boost::json::string* text = found == nullptr ? nullptr : found->if_string();
  return text == nullptr ? std::string() : std::string(text->data(), text->size());
}

const boost::json::object* object_in(const std::optional<boost::json::value>& from,
                                     std::string_view key) {
  return from && from->is_object() ? object_in(from->get_object(), key) : nullptr;
}

const boost::json::array* array_in(const std::optional<boost::json::value>& from,
                                   std::string_view key) {
  return from && from->is_object() ? array_in(from->get_object(), key) : nullptr;
}

}  // namespace settle::nova
