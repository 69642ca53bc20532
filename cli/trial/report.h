// A trial as one HTML page that needs nothing else: figures, pictures, and every change with why.
#pragma once

#include <string>
#include <vector>

#include "cli/trial/trial.h"

namespace settle {

struct ReportOptions {
  std::string title;
  std::string about;  // What was tried; a sentence.
};

[[nodiscard]] std::string report(const Trial& trial, const std::vector<GroupSpec>& specs,
                                 const ReportOptions& options);

}  // namespace settle
