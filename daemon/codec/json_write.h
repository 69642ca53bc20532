// One JSON object after another, member by member, in the order of the calls. It does not check
// that its caller closes what it opens.
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/codec/json.h"

namespace settle {

class JsonWriter {
 public:
  JsonWriter& open(char bracket) {
    separate();
    out_ += bracket;
    is_first_ = true;
    return *this;
  }
  JsonWriter& close(char bracket) {
    out_ += bracket;
    is_first_ = false;
    return *this;
  }
  /// REQUIRES: a name of ours, that needs no escape.
  JsonWriter& key(std::string_view name) {
    separate();
    out_ += '"';
    out_ += name;
    out_ += "\":";
    is_first_ = true;
    return *this;
  }
  JsonWriter& text(std::string_view value) {
    separate();
    append_json_text(out_, value);
    return *this;
  }
  /// REQUIRES: `value` is JSON itself.
  JsonWriter& raw(std::string_view value) {
    separate();
    out_ += value;
    return *this;
  }
  JsonWriter& null() { return raw("null"); }

  JsonWriter& member(std::string_view name, std::string_view value) {
    return key(name).text(value);
  }
  JsonWriter& member(std::string_view name, const char* value) { return key(name).text(value); }
  JsonWriter& member(std::string_view name, const std::string& value) {
    return key(name).text(value);
  }
  JsonWriter& member(std::string_view name, bool value) {
    return key(name).raw(value ? "true" : "false");
  }
  template <std::integral Number>
  JsonWriter& member(std::string_view name, Number value) {
    return key(name).raw(std::to_string(value));
  }
  JsonWriter& member(std::string_view name, const Decimal& value) {
    return key(name).raw(value.text());
  }
  JsonWriter& member(std::string_view name, Time value) { return key(name).text(time_text(value)); }
  template <typename T>
  JsonWriter& member(std::string_view name, const std::optional<T>& value) {
    return value ? member(name, *value) : key(name).null();
  }

  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void separate() {
    if (!is_first_) out_ += ',';
    is_first_ = false;
  }
  std::string out_;
  bool is_first_ = true;
};

}  // namespace settle
