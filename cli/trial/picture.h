// A trial as a picture: SVG of its own, without script, font or file from elsewhere.
//
// Each group has a chart of instances (limits, what exists, what serves, what is desired, what is
// needed; a mark at every change and every new refusal) over one chart for each of its signals.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/trial/trial.h"

namespace settle {

struct PictureOptions {
  std::string title;
  int width = 1'100;
};

/// All groups, one below the other. `specs` lend zones and targets.
[[nodiscard]] std::string picture(const Trial& trial, const std::vector<GroupSpec>& specs,
                                  const PictureOptions& options);

/// Text as XML and HTML may hold it.
[[nodiscard]] std::string markup(std::string_view text);

}  // namespace settle
