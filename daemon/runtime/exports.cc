#include "daemon/runtime/exports.h"

#include <utility>

#include "daemon/base/secret.h"

namespace settle {

Result<std::unique_ptr<exporting::Exporter>> open_exporter(const DaemonConfig& config,
                                                           const std::string& cluster) {
  if (config.journal_export_to.empty()) return std::unique_ptr<exporting::Exporter>();
  const Result<std::string> url = resolve_secrets(config.journal_export_to, secret_folders());
  if (!url) return url.error();
  Result<exporting::Destination> destination = exporting::read_destination(*url);
  if (!destination) return destination.error();
  Result<std::unique_ptr<JournalReader>> reader = read_journal(config.journal);
  if (!reader) return reader.error();
  exporting::ExporterSettings settings;
  settings.destination = std::move(*destination);
  settings.position_path = config.journal + ".exported";
  settings.source = "/settle/" + cluster;
  return exporting::Exporter::open(std::move(settings), std::move(*reader));
}

}  // namespace settle
