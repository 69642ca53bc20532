// Our cron beside python3-croniter, an implementation that is not ours, in UTC: what the clocks'
// changes do to a cron is our own rule, and cron_test.cc holds it.
#include <sstream>

#include "calendar_text.h"
#include "oracle.h"

namespace settle {
namespace {

// Prints EXPRESSION|SECONDS|NEXT SECONDS|PREVIOUS SECONDS, one case a line.
constexpr const char* oracle = R"(/usr/bin/python3 - 2>/dev/null <<'END'
import random
from croniter import croniter
pick = random.Random(20261122)
def field(low, high):
    a = pick.randint(low, high)
    kind = pick.randrange(6)
    if kind == 0: return "*"
    if kind == 1: return "*/%d" % pick.randint(2, (high - low) // 2)
    if kind == 2 and a > low: return "%d-%d" % (a, pick.randint(a, high))
    if kind == 3 and a > low and high - a > 3: return "%d-%d/%d" % (a, high, pick.randint(2, 3))
    return ",".join(str(n) for n in sorted(set([a, pick.randint(low, high)])))
for i in range(3000):
    rule = " ".join([field(0, 59), field(0, 23),
                     pick.choice(["*", field(1, 31)]), pick.choice(["*", field(1, 12)]),
                     pick.choice(["*", field(0, 6)])])
    start = pick.randrange(0, 4102444800)
    try:
        first = croniter(rule, start).get_next(float)
        last = croniter(rule, start).get_prev(float)
    except Exception:
        continue  # It gives up on some that fire rarely.
    if croniter(rule, last).get_next(float) < start or croniter(rule, first).get_prev(float) > start:
        continue  # It contradicts itself, as it does around the end of February.
    print("%s|%d|%d|%d" % (rule, start, first, last))
END
)";

TEST(CronOracle, AgreesWithCroniterInUtc) {
  std::istringstream lines(output_of(oracle));
  int compared = 0;
  for (std::string line; std::getline(lines, line); ++compared) {
    std::istringstream parts(line);
    std::string rule;
    std::int64_t start = 0;
    std::int64_t first = 0;
    std::int64_t last = 0;
    char bar = 0;
    std::getline(parts, rule, '|');
    parts >> start >> bar >> first >> bar >> last;
    const auto at = [](std::int64_t seconds) { return Time{std::chrono::seconds{seconds}}; };
    ASSERT_EQ(text(cron(rule).next(Zone(), at(start))), text(at(first))) << line;
    // Theirs is strictly before, ours at or before.
    ASSERT_EQ(text(cron(rule).previous(Zone(), at(start) - Duration{1})), text(at(last))) << line;
  }
  if (compared == 0) {
    GTEST_SKIP() << "python3-croniter is not installed";
  }
  EXPECT_GT(compared, 2000);
}

}  // namespace
}  // namespace settle
