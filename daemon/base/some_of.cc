#include "daemon/base/some_of.h"

#include <algorithm>

#include <fmt/format.h>

namespace settle {

std::string some_of(const std::vector<std::string>& names, std::size_t most) {
  std::string text;
  for (std::size_t at = 0; at < std::min(names.size(), most); ++at) {
    text += (at == 0 ? "" : ", ") + names[at];
  }
  if (names.size() > most) text += fmt::format(" and {} more", names.size() - most);
  return text;
}

}  // namespace settle
