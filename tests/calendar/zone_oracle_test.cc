// Our zones beside Python's zoneinfo, which reads the same tz database by itself: every zone there
// is, at random moments from 1970 to 2100.
#include <map>
#include <sstream>

#include "calendar_text.h"
#include "oracle.h"

namespace settle {
namespace {

// Prints ZONE SECONDS OFFSET ABBREVIATION, one case a line.
constexpr const char* oracle = R"(/usr/bin/python3 - 2>/dev/null <<'END'
import datetime, random, zoneinfo
pick = random.Random(1883)
for name in sorted(zoneinfo.available_timezones()):
    if not name[0].isupper() or name == "Factory":
        continue
    zone = zoneinfo.ZoneInfo(name)
    for i in range(40):
        at = pick.randrange(0, 4133980800)
        local = datetime.datetime.fromtimestamp(at, zone)
        print(name, at, int(local.utcoffset().total_seconds()), local.tzname())
END
)";

TEST(ZoneOracle, AgreesWithZoneinfoInEveryZone) {
  std::istringstream lines(output_of(oracle));
  std::map<std::string, Zone> zones;
  int compared = 0;
  for (std::string line; std::getline(lines, line); ++compared) {
    std::istringstream parts(line);
    std::string name;
    std::string abbreviation;
    std::int64_t seconds = 0;
    int offset = 0;
    parts >> name >> seconds >> offset >> abbreviation;
    if (zones.find(name) == zones.end()) {
      zones.emplace(name, zone(name));
    }
    const Zone& in = zones.at(name);
    const Time at{std::chrono::seconds{seconds}};
    ASSERT_EQ(in.offset_seconds(at), offset) << line;
    ASSERT_EQ(in.abbreviation(at), abbreviation) << line;
    const LocalTime local = in.local(at);
    ASSERT_TRUE(in.instant(local) == at || (in.is_repeated(local) && in.instant(local) < at))
        << line;
  }
  if (compared == 0) {
    GTEST_SKIP() << "python3 with zoneinfo is not installed";
  }
  EXPECT_GT(zones.size(), 300U);
}

}  // namespace
}  // namespace settle
