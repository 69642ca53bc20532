// The source against Debian's Prometheus, which scrapes a page of the test's own.
#include <atomic>
#include <mutex>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "daemon/base/wall_clock.h"
#include "daemon/sources/prometheus/prometheus_source.h"
#include "tests/http/raw_server.h"
#include "tests/runtime/daemon.h"
#include "tests/sources/intake.h"
#include "tests/sources/prometheus/groups.h"
#include "tests/sources/real/server.h"

namespace settle::prometheus {
namespace {

using namespace std::chrono_literals;
using http::plain_reply;
using http::RawReply;
using http::RawServer;

constexpr const char* program = "/usr/bin/prometheus";

/// What is scraped.
class Page {
 public:
  Page()
      : server_([this](const std::string&) {
          const std::lock_guard lock(mutex_);
          return RawReply{plain_reply(200, text_, "Content-Type: text/plain; version=0.0.4\r\n")};
        }) {}
  void show(const std::string& text) {
    const std::lock_guard lock(mutex_);
    text_ = text;
  }
  [[nodiscard]] int port() const { return server_.port(); }

 private:
  std::mutex mutex_;
  std::string text_;
  RawServer server_;
};

struct Stage {
  explicit Stage(FleetQueries queries = {})
      : prometheus(program,
                   {"--config.file=@/prometheus.yml", "--storage.tsdb.path=@/tsdb",
                    "--web.listen-address=127.0.0.1:0"},
                   {{"prometheus.yml",
                     fmt::format("global: {{ scrape_interval: 200ms, scrape_timeout: 200ms }}\n"
                                 "scrape_configs:\n  - job_name: page\n    static_configs:\n"
                                 "      - targets: ['127.0.0.1:{}']\n",
                                 page.port())}},
                   "ready to receive web requests") {
    Settings settings;
    settings.name = "prom";
    settings.url = prometheus.url();
    settings.every = 1s;
    settings.calls_per_second = 100;
    settings.queries = std::move(queries);
    source = open_prometheus_source(
        std::move(settings), [] { return std::string(); }, time, time);
    source->begin(intake);
  }
  ~Stage() { source->end(); }

  /// Asks until a signal is as wanted; false if none ever is.
  template <typename Condition>
  bool hears(Condition condition) {
    return eventually([&] {
      time.advance(1s);
      for (const Signal& signal : intake.take(1)) {
        if (condition(signal)) return true;
      }
      return false;
    });
  }
  bool reads(const std::string& group, const Reading& wanted, const std::string& instance = {}) {
    return hears([&](const Signal& signal) {
      const auto* sample = std::get_if<SampleClaim>(&signal.claim);
      return signal.group.value == group && sample != nullptr && sample->reading == wanted &&
             sample->instance.value == instance;
    });
  }
  [[nodiscard]] std::string error() const { return source->report().last_error; }

  Page page;
  Server prometheus;
  HandTime time{wall_now()};
  KeptIntake intake;
  std::unique_ptr<Source> source;
};

Reading value(const char* text) {
  return {ReadingKind::value, *Decimal::parse(text)};
}

#define SKIP_WITHOUT_PROMETHEUS() \
  if (!has_program(program)) GTEST_SKIP() << "no Prometheus is installed"

TEST(RealPrometheus, AnswersWhatIsAskedAndSaysWhatIsWrong) {
  SKIP_WITHOUT_PROMETHEUS();
  Stage stage;
  ASSERT_NE(stage.prometheus.url(), "") << stage.prometheus.log();
  stage.page.show("load{az=\"a\"} 1.5\nload{az=\"b\"} 2\nodd NaN\n");
  const auto asks = [&](const std::string& query) {
    stage.source->follow({group_asking("web", query)});
  };
  asks("sum(load)");
  EXPECT_TRUE(stage.reads("web", value("3.5")));
  asks("scalar(sum(load)) * 2");
  EXPECT_TRUE(stage.reads("web", value("7")));
  asks("load");
  EXPECT_TRUE(stage.reads("web", {ReadingKind::error, {}}));
  EXPECT_EQ(stage.error(), "load: the query gives 2 series where one is wanted: aggregate over az");
  asks("nobody_has_this");
  EXPECT_TRUE(stage.reads("web", {ReadingKind::no_data, {}}));
  asks("nobody_has_this or vector(0)");
  EXPECT_TRUE(stage.reads("web", value("0"))) << "meant so";
  asks("odd");
  EXPECT_TRUE(stage.reads("web", {ReadingKind::invalid, {}}));
  asks("load[1m]");
  EXPECT_TRUE(stage.reads("web", {ReadingKind::error, {}}));
  EXPECT_EQ(stage.error(),
            "load[1m]: the query gives a range of samples, where a scalar or an instant vector is "
            "wanted");
  asks("sum(load");
  EXPECT_TRUE(stage.reads("web", {ReadingKind::error, {}}));
  EXPECT_EQ(stage.error().rfind("sum(load: bad_data: ", 0), 0U) << stage.error();
  asks("load * on (az) group_left () (odd)");
  EXPECT_TRUE(stage.hears([](const Signal&) { return true; })) << "whatever it says, it is said";
}

TEST(RealPrometheus, OneVectorFeedsManyGroupsAndTheirInstances) {
  SKIP_WITHOUT_PROMETHEUS();
  Stage stage({{"cpu", {"cpu", "pool"}}});
  stage.page.show(
      "cpu{pool=\"a\"} 10\ncpu{pool=\"b\",instance_id=\"i-1\"} 20\n"
      "cpu{pool=\"b\",instance_id=\"i-2\"} 30\n");
  auto each = group_asking("b", "");
  metric_in(*each).per_instance = "instance_id";
  stage.source->follow({group_asking("a", ""), each, group_asking("c", "")});
  EXPECT_TRUE(stage.reads("a", value("10")));
  EXPECT_TRUE(stage.reads("b", value("30"), "i-2"));
  EXPECT_TRUE(stage.reads("c", {ReadingKind::no_data, {}}));
}

TEST(RealPrometheus, AReadingIsAsOldAsItsSample) {
  SKIP_WITHOUT_PROMETHEUS();
  Stage stage;
  const Time then = wall_now() - 100s;
  stage.page.show(fmt::format("slow 7 {}\n", then.time_since_epoch().count()));
  stage.source->follow({group_asking("web", "sum(slow)")});
  EXPECT_TRUE(stage.hears([&](const Signal& signal) {
    const auto* sample = std::get_if<SampleClaim>(&signal.claim);
    if (sample == nullptr || sample->reading != value("7")) return false;
    EXPECT_LE(signal.stamp.at, stage.time.now() - 95s);
    EXPECT_GE(signal.stamp.at, stage.time.now() - 130s);
    return true;
  }));
}

TEST(RealPrometheus, NamesWhoIsIll) {
  SKIP_WITHOUT_PROMETHEUS();
  Stage stage;
  stage.page.show("healthy{vm=\"i-1\"} 1\nhealthy{vm=\"i-2\"} 0\n");
  auto spec = std::make_shared<GroupSpec>();
  spec->id = {"web"};
  spec->health.queries = {{"prom", "prom", "healthy == 0", "", "vm"}};
  stage.source->follow({spec});
  const auto says = [&](const char* instance, HealthStatus status) {
    return stage.hears([&](const Signal& signal) {
      const auto& claim = std::get<HealthClaim>(signal.claim);
      EXPECT_NE(claim.instance.value, "i-1");
      return claim.instance.value == instance && claim.status == status;
    });
  };
  // Until the page has been scraped, nothing is named and nothing is said.
  EXPECT_TRUE(eventually([&] {
    stage.time.advance(1s);
    return stage.intake.emissions() > 0;
  }));
  EXPECT_TRUE(says("i-2", HealthStatus::unhealthy));
  stage.page.show("healthy{vm=\"i-1\"} 1\nhealthy{vm=\"i-2\"} 1\n");
  EXPECT_TRUE(says("i-2", HealthStatus::healthy));
}

}  // namespace
}  // namespace settle::prometheus
