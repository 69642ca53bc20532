#include "config/schema.h"

#include <algorithm>

namespace settle {

const Field* Object::find(std::string_view key) const {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const Field& field) { return field.key == key; });
  return found == fields.end() ? nullptr : &*found;
}

std::vector<std::string_view> Object::keys() const {
  std::vector<std::string_view> result;
  result.reserve(fields.size());
  for (const Field& field : fields) result.push_back(field.key);
  return result;
}

std::vector<std::string_view> split_choices(std::string_view choices) {
  std::vector<std::string_view> result;
  while (!choices.empty()) {
    const std::size_t bar = choices.find('|');
    result.push_back(choices.substr(0, bar));
    choices.remove_prefix(bar == std::string_view::npos ? choices.size() : bar + 1);
  }
  return result;
}

}  // namespace settle
