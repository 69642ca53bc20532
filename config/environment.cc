// ${env:NAME} in the texts of the main file.
#include <algorithm>
#include <initializer_list>

#include "config/config.h"
#include "config/values.h"

namespace settle {
namespace {

using Lookup = std::function<std::optional<std::string>(const std::string&)>;

void resolve(std::string& text, const Lookup& lookup, std::vector<std::string>& unknown) {
  const std::optional<std::vector<Reference>> references = parse_references(text);
  if (!references || references->empty()) return;
  std::string result;
  std::size_t copied = 0;
  for (const Reference& reference : *references) {
    if (reference.is_secret) continue;
    constexpr std::size_t opening = 6;  // "${env:"
    const auto begin = static_cast<std::size_t>(reference.name.data() - text.data()) - opening;
    result.append(text, copied, begin - copied);
    copied = begin + opening + reference.name.size() + 1;
    const std::string name(reference.name);
    if (const std::optional<std::string> value = lookup(name)) {
      result += *value;
    } else if (std::find(unknown.begin(), unknown.end(), name) == unknown.end()) {
      unknown.push_back(name);
    }
  }
  text = result + text.substr(copied);
}

}  // namespace

std::vector<std::string> resolve_environment(DaemonConfig& config, const Lookup& lookup) {
  std::vector<std::string> unknown;
  for (std::string* text :
       {&config.node_name, &config.node_zone, &config.store, &config.journal,
        &config.journal_export_to, &config.zookeeper_changelog, &config.socket, &config.http}) {
    resolve(*text, lookup, unknown);
  }
  for (auto* adapters : {&config.clouds, &config.sources}) {
    for (auto& [name, adapter] : *adapters) {
      for (auto& [key, text] : adapter.settings) resolve(text, lookup, unknown);
    }
  }
  return unknown;
}

}  // namespace settle
