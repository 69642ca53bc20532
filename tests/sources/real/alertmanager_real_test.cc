// The source as the receiver of Debian's Alertmanager.
#include <algorithm>
#include <atomic>
#include <set>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "daemon/base/wall_clock.h"
#include "daemon/sources/alerts/alert_source.h"
#include "tests/http/raw_server.h"
#include "tests/runtime/daemon.h"
#include "tests/sources/intake.h"
#include "tests/sources/real/server.h"

namespace settle::alerts {
namespace {

using namespace std::chrono_literals;
using http::plain_reply;
using http::RawReply;
using http::RawServer;

constexpr const char* program = "/usr/bin/prometheus-alertmanager";

struct Stage {
  explicit Stage(int alerts_max = 0, bool is_checked = false)
      : door([this](const std::string& request) { return take(request); }),
        alertmanager(program,
                     {"--config.file=@/am.yml", "--storage.path=@/data",
                      "--web.listen-address=127.0.0.1:0", "--cluster.listen-address="},
                     {{"am.yml",
                       fmt::format("route: {{ receiver: settle, group_by: [alertname], group_wait: "
                                   "10ms, group_interval: 100ms, repeat_interval: 1h }}\n"
                                   "receivers:\n  - name: settle\n    webhook_configs:\n"
                                   "      - {{ url: '{}hooks/alerts', max_alerts: {} }}\n",
                                   door.url(), alerts_max)}}) {
    Settings settings;
    settings.name = "alerts";
    if (is_checked) settings.url = alertmanager.url();
    source = open_alert_source(
        std::move(settings), [] { return Keys{}; }, time, time);
    source->begin(intake);
    auto spec = std::make_shared<GroupSpec>();
    spec->id = {"web"};
    AlertPolicy alert;
    alert.source = "alerts";
    alert.match = {{"alertname", "Slow"}};
    alert.alarm = "Slow";
    spec->policies.push_back({"page", alert, {}});
    source->follow({spec});
    is_open = true;
  }
  ~Stage() {
    is_open = false;
    source->end();
  }

  RawReply take(const std::string& request) {
    ++calls;
    if (!is_open || is_lost) return {is_lost ? plain_reply(200, "") : plain_reply(503, "")};
    const std::size_t head = request.find("\r\n\r\n");
    HookAnswer given{500, {}, {}};
    source->receive({"", {}, request.substr(head + 4), time.now()},
                    [&given](const HookAnswer& answer) { given = answer; });
    return {plain_reply(given.status, "")};
  }

  void tell(const std::string& labels, const std::string& more = "") const {
    HttpConnection connection(alertmanager.port());
    const HttpReply reply =
        connection.request("POST", "/api/v2/alerts", "[{\"labels\":{" + labels + "}" + more + "}]",
                           "Content-Type: application/json\r\n");
    EXPECT_EQ(reply.status, 200) << reply.body;
  }

  std::optional<AlarmClaim> next() {
    const auto signals = intake.take(1);
    if (signals.empty()) return std::nullopt;
    return std::get<AlarmClaim>(signals.back().claim);
  }

  HandTime time{wall_now()};
  KeptIntake intake;
  std::unique_ptr<HookSource> source;
  std::atomic<bool> is_open{false};
  std::atomic<bool> is_lost{false};  // 2xx, and nobody was told.
  std::atomic<int> calls{0};
  RawServer door;
  Server alertmanager;
};

constexpr const char* slow = R"("alertname":"Slow")";
constexpr const char* over =
    R"(,"endsAt":"2020-01-01T00:00:00Z","startsAt":"2019-12-31T00:00:00Z")";

#define SKIP_WITHOUT_ALERTMANAGER() \
  if (!has_program(program)) GTEST_SKIP() << "no Alertmanager is installed"

TEST(RealAlertmanager, FiresAndResolves) {
  SKIP_WITHOUT_ALERTMANAGER();
  Stage stage;
  ASSERT_NE(stage.alertmanager.url(), "") << stage.alertmanager.log();
  stage.tell(slow);
  const auto firing = stage.next();
  ASSERT_TRUE(firing) << stage.alertmanager.log();
  EXPECT_EQ(firing->alarm, "Slow");
  EXPECT_EQ(firing->state, AlarmState::firing);
  EXPECT_EQ(firing->alert.size(), 16U) << "a fingerprint";
  stage.tell(slow, over);
  const auto resolved = stage.next();
  ASSERT_TRUE(resolved) << stage.alertmanager.log();
  EXPECT_EQ(resolved->state, AlarmState::resolved);
  EXPECT_EQ(resolved->alert, firing->alert);
}

TEST(RealAlertmanager, SendsAgainWhatCouldNotBeKept) {
  SKIP_WITHOUT_ALERTMANAGER();
  Stage stage;
  std::atomic<int> refused{0};
  stage.intake.judge_by(
      [&](const Signal&) { return refused++ < 2 ? Receipt::full : Receipt::held; });
  stage.tell(slow);
  EXPECT_EQ(stage.intake.take(3).size(), 3U) << stage.alertmanager.log();
}

TEST(RealAlertmanager, CutsAGroupShortAndTheRestIsHeard) {
  SKIP_WITHOUT_ALERTMANAGER();
  Stage stage(1);
  stage.is_open = false;
  for (const char* az : {"a", "b", "c"}) {
    stage.tell(fmt::format(R"({},"az":"{}")", slow, az));
  }
  stage.is_open = true;
  std::set<std::string> alerts;
  EXPECT_TRUE(eventually([&] {
    for (const Signal& signal : stage.intake.take(1)) {
      alerts.insert(std::get<AlarmClaim>(signal.claim).alert);
    }
    return std::any_of(alerts.begin(), alerts.end(),
                       [](const std::string& id) { return id.starts_with("group:"); });
  })) << stage.alertmanager.log();
}

TEST(RealAlertmanager, IsAskedWhatFires) {
  SKIP_WITHOUT_ALERTMANAGER();
  Stage stage(0, true);
  stage.is_lost = true;
  stage.tell(slow);
  EXPECT_TRUE(eventually([&] { return stage.calls > 0; }));
  stage.time.advance(1min);
  const auto firing = stage.next();
  ASSERT_TRUE(firing) << "what was lost on the way is found";
  EXPECT_EQ(firing->state, AlarmState::firing);
  stage.tell(slow, over);
  stage.time.advance(1min);
  const auto resolved = stage.next();
  ASSERT_TRUE(resolved);
  EXPECT_EQ(resolved->state, AlarmState::resolved);
}

}  // namespace
}  // namespace settle::alerts
