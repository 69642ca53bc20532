// What doctor says of clouds, by how they have answered the daemon: whether they can be listed, and
// what they hold that no group knows of.
#include <boost/json.hpp>
#include <fmt/format.h>

#include "cli/asking.h"
#include "cli/examination.h"
#include "daemon/codec/json.h"

namespace settle {
namespace {

namespace json = boost::json;

/// What to do about a cloud that cannot be listed, by the reason that it gave.
std::string remedy_for(const std::string& reason) {
  if (reason == "CloudRefused") return "look at its credentials and at what they may do";
  if (reason == "CloudThrottled") return "raise observe_every, or lower the cloud's budget";
  return "look at its address, at its certificate and at the way there; settlectl clouds";
}

void examine_cloud(const json::object& cloud, Examination& examination) {
  const std::string name = cell(cloud, "cloud");
  const auto complete = parse_time(cell(cloud, "last_complete_listing"));
  const auto failed = parse_time(cell(cloud, "last_failed_look"));
  if (!complete && !failed) return;  // No group is there.
  if (failed && (!complete || *complete < *failed)) {
    const std::string reason = cell(cloud, "last_failure");
    examination.bad("cloud",
                    fmt::format("{} did not let itself be listed at {}: {}", name,
                                cell(cloud, "last_failed_look"), reason),
                    remedy_for(reason));
  } else {
    examination.good("cloud", fmt::format("{} was listed in full at {}", name,
                                          cell(cloud, "last_complete_listing")));
  }
  if (cell(cloud, "breaker") == "open") {
    examination.doubt("cloud", name + " failed repeatedly and is left alone for a moment",
                      "settlectl clouds " + name);
  }
  if (cell(cloud, "quota_last_refused") != "–") {
    examination.doubt("cloud",
                      fmt::format("a quota of {} refused a launch at {}", name,
                                  cell(cloud, "quota_last_refused")),
                      "ask for a larger quota, or lower capacity.max");
  }
}

}  // namespace

void examine_clouds(const json::value& clouds, const json::value& orphans,
                    Examination& examination) {
  for (const json::value& cloud : rows_of(clouds, "clouds")) {
    if (cloud.is_object()) examine_cloud(cloud.as_object(), examination);
  }
  const std::size_t lost = rows_of(orphans, "orphans").size();
  if (lost == 0) return;
  examination.doubt("orphans",
                    fmt::format("{} instances bear this cluster's mark and no known group's", lost),
                    "settlectl orphans; put their group back, or delete them in the cloud");
}

}  // namespace settle
