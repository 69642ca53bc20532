// settlectl's questions of the kind "what if": over files, a journal, the real daemon and a real
// Prometheus.
#include <filesystem>
#include <fstream>
#include <string>

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <unistd.h>

#include "tests/places.h"
#include "tests/runtime/daemon.h"
#include "tests/runtime/prometheus.h"

namespace settle {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* web = R"(version: 1
groups:
  web:
    capacity: { min: 2, max: 40 }
    policies:
      cpu: { type: target, target: 50, metric: { query: 'avg(cpu)' }, scale_in: { settle: 10m } }
)";
constexpr const char* thrifty = R"(version: 1
groups:
  web:
    capacity: { min: 2, max: 40 }
    policies:
      cpu: { type: target, target: 80, metric: { query: 'avg(cpu)' }, scale_in: { settle: 10m } }
  extra: { capacity: { min: 1, max: 3 } }
)";

class Questions : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_program(settlectl)) GTEST_SKIP() << "settlectl is not built";
    std::string pattern = (std::filesystem::temp_directory_path() / "settle-ask.XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = pattern + "/";
    put("web.yaml", web);
    put("thrifty.yaml", thrifty);
  }
  void TearDown() override {
    std::error_code ignored;
    if (!folder.empty()) std::filesystem::remove_all(folder, ignored);
  }
  void put(const std::string& name, const std::string& text) const {
    std::ofstream(folder + name) << text;
  }
  [[nodiscard]] Ended ask(const std::string& words) const {
    return run_program("cd " + folder + " && " + settlectl + " " + words);
  }
  /// Six hours of a load that eight instances carried at about 60 percent, in j.db.
  void record() const {
    std::string csv = "timestamp,value\n";
    for (int minute = 0; minute < 360; ++minute) {
      char line[64];
      (void)std::snprintf(line, sizeof line, "2026-01-05T%02d:%02d:00Z,%d\n", minute / 60,
                          minute % 60, 60 + (minute / 45) % 3 * 5);
      csv += line;
    }
    put("cpu.csv", csv);
    const Ended ended =
        ask("simulate --config web.yaml --metric web/cpu=cpu.csv@8 --journal j.db -o table");
    ASSERT_EQ(ended.code, 0) << ended.said;
  }

  const std::string settlectl = binary_folder() + "/settlectl";
  std::string folder;
};

TEST_F(Questions, PlanBetweenFilesTellsWhatDiffers) {
  const Ended same = ask("plan web.yaml --base web.yaml");
  EXPECT_EQ(same.code, 0);
  EXPECT_THAT(same.said, HasSubstr("Plan: 0 to add, 0 to change, 0 to remove.\n"));
  const Ended other = ask("plan thrifty.yaml --base web.yaml");
  EXPECT_EQ(other.code, 2);
  EXPECT_THAT(other.said,
              AllOf(HasSubstr("+ extra  a new group, 1–3"), HasSubstr("policies.cpu.target"),
                    HasSubstr("50 → 80"), HasSubstr("Plan: 1 to add, 1 to change, 0 to remove.")));
  put("bad.yaml", "groups: [");
  EXPECT_EQ(ask("plan bad.yaml --base web.yaml").code, 3);
  EXPECT_EQ(ask("plan web.yaml --base nowhere.yaml").code, 1);
}

TEST_F(Questions, PlanLivesThroughTheJournalAgain) {
  record();
  const Ended plan = ask("plan thrifty.yaml --base j.db");
  EXPECT_EQ(plan.code, 2);
  EXPECT_THAT(plan.said, AllOf(HasSubstr("recorded decisions"), HasSubstr("instance-hours"),
                               HasSubstr("Now: web would ")));
  namespace json = boost::json;
  const auto told = json::parse(ask("plan thrifty.yaml --base j.db -o json").said).as_object();
  const auto hours = [&](const char* which) {
    return told.at("replay").at(which).at("instance_hours").to_number<double>();
  };
  EXPECT_LT(hours("plan"), hours("base") * 0.75);
  EXPECT_EQ(told.at("change").to_number<int>(), 1);
}

TEST_F(Questions, BacktestReadsAJournal) {
  record();
  const Ended ended =
      ask("backtest web --config web.yaml --against thrifty.yaml --journal j.db -o csv");
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.said, testing::StartsWith("figure,web.yaml,thrifty.yaml\r\ninstance_hours,"));
  EXPECT_EQ(ask("backtest --config web.yaml --journal j.db").code, 64);
  EXPECT_EQ(ask("backtest extra --config thrifty.yaml --journal j.db").code, 1);
}

TEST_F(Questions, WhatIfAnswersFromAJournal) {
  record();
  const Ended ended = ask("what-if web --journal j.db --set cpu=100");
  EXPECT_EQ(ended.code, 0);
  EXPECT_THAT(ended.said, AllOf(HasSubstr("If cpu reads 100:"), HasSubstr("1 Voices"),
                                HasSubstr("100 ÷ 50"), Not(HasSubstr("settlectl replay"))));
  EXPECT_EQ(ask("what-if web --journal j.db --set mem=1").code, 1);
  EXPECT_EQ(ask("what-if nobody --journal j.db").code, 1);
}

TEST_F(Questions, WhatIfAnswersFromTheDaemonAndSendsNothing) {
  Daemon place;
  place.write_config(web);
  ASSERT_TRUE(place.start()) << place.log();
  const std::string at = " --address unix:" + place.socket();
  EXPECT_TRUE(eventually([&] { return ask("what-if web --hold 7" + at).code == 0; }));
  const Ended ended = ask("what-if web --hold 7" + at);
  EXPECT_THAT(ended.said, HasSubstr("an operator holds it at 7"));
  EXPECT_THAT(ask("describe web" + at).said, HasSubstr("desired 2 "));
  EXPECT_EQ(ask("groups -q" + at).said, "web\n");
  EXPECT_EQ(ask("groups --columns group,desired -o csv" + at).said, "group,desired\r\nweb,2\r\n");
  EXPECT_THAT(ask("groups -o yaml" + at).said, HasSubstr("groups:\n- group: web\n"));
  EXPECT_EQ(ask("what-if nobody" + at).code, 1);
}

TEST_F(Questions, OrdersSayWhatWillNotComeOfThem) {
  Daemon place;
  place.write_config("version: 1\ngroups: { web: { capacity: { min: 2, max: 10 } } }\n");
  ASSERT_TRUE(place.start()) << place.log();
  const std::string at = " --reason r --address unix:" + place.socket();
  EXPECT_TRUE(eventually([&] {
    return place.ask("GET", "/v1/groups/web").body.find("\"ready\":2") != std::string::npos;
  }));
  EXPECT_THAT(
      ask("set-desired web 50 --for 1h" + at).said,
      AllOf(HasSubstr("is held at 50 until 20"), HasSubstr("maximum of web now makes that 10"),
            HasSubstr("When the hold ends, web stays")));
  const Ended bare = ask("set-desired web 3 --for 10" + at);
  EXPECT_EQ(bare.code, 1);
  EXPECT_THAT(bare.said, HasSubstr("\"for\" needs a unit: 10s, 10m or 10h"));
  const Ended negative = ask("set-desired web -3 --for 1h" + at);
  EXPECT_EQ(negative.code, 64);
  EXPECT_THAT(negative.said, HasSubstr("whole number from 0 to 1000000000"));
  const Ended absent = ask("protect web i-zzz" + at);
  EXPECT_THAT(absent.said, AllOf(HasSubstr("web has no instance \"i-zzz\" now"),
                                 Not(HasSubstr("is protected"))));
  const Ended hook = ask("hook web i-zzz nohook abandon" + at);
  EXPECT_EQ(hook.code, 1);
  EXPECT_THAT(hook.said, HasSubstr("web has no hook \"nohook\": it has none at all."));
  EXPECT_THAT(ask("pause --tenant nobody" + at).said,
              HasSubstr("any group of tenant nobody, now or later, is paused"));
}

TEST_F(Questions, WhatIsNotThereIsSaid) {
  Daemon place;
  place.write_config(web);
  ASSERT_TRUE(place.start()) << place.log();
  const std::string at = " --address unix:" + place.socket();
  const Ended columns = ask("groups --columns nam" + at);
  EXPECT_EQ(columns.code, 64);
  EXPECT_THAT(columns.said,
              AllOf(HasSubstr("there is no column \"nam\"; there are "), HasSubstr("desired")));
  const Ended nobody = ask("explain nope" + at);
  EXPECT_EQ(nobody.code, 1);
  EXPECT_THAT(nobody.said, AllOf(HasSubstr("nope"), Not(HasSubstr("has left no decision"))));
  EXPECT_THAT(ask("explain MetricStale" + at).said,
              HasSubstr("settlectl explain reason MetricStale"));
  EXPECT_THAT(ask("explain capacity" + at).said, HasSubstr("settlectl explain key capacity"));
  const auto status = boost::json::parse(place.ask("GET", "/v1/members").body);
  const std::string self(status.at("members").at(0).at("member").as_string());
  const Ended drain = ask("drain " + self + at);
  EXPECT_EQ(drain.code, 5);
  EXPECT_THAT(drain.said, HasSubstr("is the only daemon of this store: nobody could take over"));
}

TEST_F(Questions, AJournalIsNamedTheSameWayByEveryCommand) {
  record();
  EXPECT_EQ(ask("journal verify --journal j.db").code, 0);
  EXPECT_EQ(ask("journal verify j.db").code, 0);
  const std::string said = ask("explain web --journal j.db").said;
  EXPECT_THAT(said, testing::ContainsRegex("settlectl replay d-[0-9a-f]+ --journal j.db"));
  EXPECT_EQ(ask("check nosuch.yaml").code, 3);
}

TEST_F(Questions, BacktestReadsAPrometheusAndWhatItOnceAnswered) {
  if (!Prometheus::is_installed()) GTEST_SKIP() << "Debian's prometheus is not installed";
  std::string samples = "# TYPE cpu gauge\n";
  constexpr long begin = 1'767'603'600;  // 2026-01-05T09:00:00Z
  for (int i = 0; i < 120; ++i) {
    const std::string at = " " + std::to_string(begin + 60L * i) + "\n";
    samples += "cpu{instance=\"a\"} " + std::to_string(70 + i / 10) + at;
  }
  for (int i = 0; i < 120; ++i) {
    const std::string at = " " + std::to_string(begin + 60L * i) + "\n";
    samples += "cpu{instance=\"b\"} " + std::to_string(90 + i / 10) + at;
  }
  const Prometheus prometheus(folder, samples);
  ASSERT_NE(prometheus.url(), "") << prometheus.log();
  const std::string when = " --start 2026-01-05T09:00:00Z --end 2026-01-05T10:58:00Z";
  const Ended live =
      ask("backtest web --config web.yaml --running 4 --instances 'count(cpu)*2' "
          "--prometheus " +
          prometheus.url() + when);
  EXPECT_EQ(live.code, 0) << live.said;
  EXPECT_THAT(live.said, HasSubstr("instance-hours"));
  EXPECT_EQ(ask("backtest web --config web.yaml --prometheus http://127.0.0.1:1" + when).code, 4);
  put("raw.yaml", std::string(web).replace(std::string(web).find("avg(cpu)"), 8, "cpu"));
  const Ended several =
      ask("backtest web --config raw.yaml --prometheus " + prometheus.url() + when);
  EXPECT_EQ(several.code, 1);
  EXPECT_THAT(several.said,
              HasSubstr("gives 2 series where one is wanted: aggregate over instance"));
  const Ended saved = run_program("curl -s '" + prometheus.url() +
                                  "/api/v1/query_range?query=avg(cpu)&start=1767603600&end="
                                  "1767610680&step=60' > " +
                                  folder + "saved.json");
  ASSERT_EQ(saved.code, 0);
  const Ended offline =
      ask("backtest web --config web.yaml --running 4 --metric cpu=saved.json@4" + when);
  EXPECT_EQ(offline.code, 0) << offline.said;
  EXPECT_EQ(offline.said, live.said);
}

TEST_F(Questions, ExplainTellsKeysAndReasonsWithoutADaemon) {
  EXPECT_THAT(ask("explain guards.terminations").said,
              HasSubstr("groups.guards.terminations: Terminations within a period."));
  EXPECT_THAT(ask("explain key mode").said, HasSubstr("mode: "));
  EXPECT_EQ(ask("explain key nonsense").code, 1);
  EXPECT_THAT(ask("explain reason settling").said, HasSubstr("Settling: "));
  EXPECT_THAT(ask("explain reason Setling").said, HasSubstr("did you mean \"Settling\"?"));
}

TEST_F(Questions, CompletionKnowsEveryCommandAndItsOptions) {
  const auto bash = [&](const std::string& line) {
    return run_program(
               "bash -c 'source <(" + settlectl + " completion bash); COMP_WORDS=(" + line +
               "); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _settlectl; echo \"${COMPREPLY[@]}\"'")
        .said;
  };
  EXPECT_EQ(bash("settlectl pla"), "plan\n");
  EXPECT_EQ(bash("settlectl journal ver"), "verify\n");
  EXPECT_EQ(bash("settlectl plan --ba"), "--base\n");
  EXPECT_EQ(bash("settlectl groups -o ya"), "yaml\n");
  EXPECT_EQ(bash("settlectl completion z"), "zsh\n");
  for (const char* shell : {"zsh", "fish"}) {
    const Ended script = ask(std::string("completion ") + shell);
    EXPECT_THAT(script.said, AllOf(HasSubstr("what-if"), HasSubstr("columns"))) << shell;
  }
}

}  // namespace
}  // namespace settle
