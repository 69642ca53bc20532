// Holds a document to the schema: every key known, nothing missing, every value of its kind and
// within its range. It does not know what values mean to each other.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/document.h"
#include "config/findings.h"
#include "config/schema.h"
#include "reconcilers/calendar/calendar.h"

namespace settle {

/// Loads each zone once.
class ZoneShelf {
 public:
  /// None if the tz database has no such zone.
  [[nodiscard]] std::optional<Zone> load(const std::string& name);
  /// The name that was probably meant; looked for a limited number of times.
  [[nodiscard]] std::string hint(std::string_view name);

 private:
  std::map<std::string, std::optional<Zone>> zones_;
  std::vector<std::string> names_;
  int hints_ = 0;
};

class Validator {
 public:
  Validator(Findings& findings, ZoneShelf& zones) : findings_(findings), zones_(zones) {}

  /// Reports what is wrong with `node`, and marks what must not be used. `owner` is where it is
  /// named, for what is missing from it.
  void check(Element& node, const Object& object, const Place& owner);
  /// The same for defaults: nothing is missing from them.
  void check_partial(Element& node, const Object& object, const Place& owner);

 private:
  void check_object(Element& node, const Object& object, const Place& owner);
  [[nodiscard]] const Object* select(const Element& node, const Object& object, const Place& owner);
  void check_field(Entry& entry, const Field& field);
  void check_names(Element& node, const Field& field);
  void check_list(Entry& entry, const Field& field);
  void check_texts(Element& node, const Field& field);
  void check_scalar(Element& node, const Field& field);
  void check_missing_kind(Entry& entry, const Field& field);
  void report_unknown(const Entry& entry, const Object& object);
  void reject(Element& node, std::string_view code, const Place& place, std::string message,
              std::string hint);
  void reject_shape(Entry& entry, const Field& field, std::string_view expected);

  Findings& findings_;
  ZoneShelf& zones_;
  bool is_partial_ = false;
};

/// True for what may name a group, a policy, a cloud.
[[nodiscard]] bool is_name(std::string_view text);

}  // namespace settle
