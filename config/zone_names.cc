#include "config/zone_names.h"

#include <fstream>

namespace settle {

std::vector<std::string> zone_names() {
  std::vector<std::string> names;
  std::ifstream database("/usr/share/zoneinfo/tzdata.zi");
  for (std::string line; std::getline(database, line);) {
    if (line.size() < 3 || line[1] != ' ') continue;
    const std::size_t second = line.find(' ', 2);
    if (second == std::string::npos) continue;
    if (line[0] == 'Z') names.push_back(line.substr(2, second - 2));  // "Z NAME offset ..."
    if (line[0] == 'L') names.push_back(line.substr(second + 1));     // "L target NAME"
  }
  return names;
}

}  // namespace settle
