#include "daemon/admin/what_if.h"

#include <gmock/gmock.h>

#include "daemon/codec/json.h"
#include "daemon/partition/event.h"

namespace settle {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const Time now = parse_time("2026-11-23T12:00:00Z").value_or(Time{});  // A Monday.
constexpr Duration hour{3'600'000};

/// Four instances at rest under a target of 50, whose reading is of ten seconds ago.
GroupView web() {
  auto spec = std::make_shared<GroupSpec>();
  spec->id = GroupId{"web"};
  spec->limits = {2, 20};
  Policy cpu;
  cpu.name = "keep-cpu";
  TargetPolicy target;
  target.metric.signal = "cpu";
  target.target = Decimal(50);
  cpu.kind = target;
  Policy page;
  page.name = "page";
  AlertPolicy alert;
  alert.alarm = "Slow";
  alert.adjustment.amount = Decimal(5);
  page.kind = alert;
  Policy push;
  push.name = "push";
  WebhookPolicy webhook;
  webhook.adjustment.amount = Decimal(3);
  push.kind = webhook;
  spec->policies = {cpu, page, push};
  auto seen = std::make_shared<Observation>();
  seen->at = now;
  seen->is_complete = true;
  GroupView view;
  for (int i = 1; i <= 4; ++i) {
    Instance one;
    one.id = InstanceId{"i-" + std::to_string(i)};
    one.state = "ACTIVE";
    one.created = now - hour * (5 - i);
    seen->instances.push_back(one);
    InstanceMemory memory;
    memory.id = one.id;
    memory.first_seen = one.created;
    memory.active_since = one.created;
    view.state.instances.push_back(memory);
  }
  view.spec = spec;
  view.seen = seen;
  view.state.desired = 4;
  view.state.initial = 4;
  view.state.observed_at = now - Duration(15'000);
  view.state.good_observations = 10;
  view.state.memory.samples = {
      {{now - Duration(10'000), "probe", "1"}, {"cpu", {ReadingKind::value, Decimal(48)}, {}}}};
  return view;
}

Supposition supposed(const std::map<std::string, std::string>& query) {
  auto read = read_supposition(query);
  EXPECT_TRUE(std::holds_alternative<Supposition>(read)) << std::get<std::string>(read);
  return std::get<Supposition>(read);
}

std::string told(const std::map<std::string, std::string>& query) {
  const HttpResponse response = what_if(web(), supposed(query), now);
  EXPECT_EQ(response.status, 200) << response.body;
  return response.body;
}

TEST(WhatIf, SetsASignalByItsNameOrItsPolicys) {
  for (const char* name : {"cpu", "keep-cpu"}) {
    EXPECT_THAT(told({{"set", std::string(name) + "=90"}}),
                AllOf(HasSubstr(R"("desired":{"from":4,"to":8})"), HasSubstr("cpu reads 90"),
                      HasSubstr("launch")));
  }
}

TEST(WhatIf, SetsOneOfSeveralMetrics) {
  GroupView view = web();
  auto spec = std::make_shared<GroupSpec>(*view.spec);
  auto& target = std::get<TargetPolicy>(spec->policies[0].kind);
  target.metrics.resize(2);
  target.metrics[0].name = "requests";
  target.metrics[1].name = "streams";
  for (NamedMetric& named : target.metrics) named.target = Decimal(50);
  view.spec = spec;
  const Stamp stamp{now - Duration(10'000), "probe", "1"};
  view.state.memory.samples = {{stamp, {"requests", {ReadingKind::value, Decimal(48)}, {}}},
                               {stamp, {"streams", {ReadingKind::value, Decimal(10)}, {}}}};
  for (const char* name : {"streams", "keep-cpu/streams"}) {
    const auto set = supposed({{"set", std::string(name) + "=90"}});
    EXPECT_THAT(what_if(view, set, now).body,
                AllOf(HasSubstr(R"("desired":{"from":4,"to":8})"), HasSubstr("streams reads 90")));
  }
  EXPECT_THAT(what_if(view, supposed({{"set", "keep-cpu=90"}}), now).body,
              HasSubstr("it reads: requests, streams"));
  EXPECT_THAT(what_if(view, supposed({{"kill", "1"}}), now).body,
              HasSubstr("requests reads 64, the load of 4 on 3"));
}

TEST(WhatIf, TakesASignalAway) {
  EXPECT_THAT(told({{"set", "cpu=none"}}),
              AllOf(HasSubstr(R"("desired":{"from":4,"to":4})"), HasSubstr("MetricMissing")));
}

TEST(WhatIf, KillsTheOldestThatServe) {
  const std::string body = told({{"kill", "1"}});
  EXPECT_THAT(body, AllOf(HasSubstr("1 of 4 serving instances are dead"), HasSubstr("launch")));
  EXPECT_THAT(body, HasSubstr("cpu reads 64, the load of 4 on 3"));
  EXPECT_THAT(told({{"kill", "1"}, {"set", "cpu=10"}}), HasSubstr("10 ÷ 50 × 3"));
  EXPECT_THAT(told({{"kill", "9"}}), HasSubstr("4 of 4 serving instances are dead"));
}

TEST(WhatIf, SoundsAnAlarmFiresAWebhookAndHolds) {
  EXPECT_THAT(told({{"alarm", "Slow=firing"}}), HasSubstr(R"("desired":{"from":4,"to":9})"));
  EXPECT_THAT(told({{"fire", "push"}}), HasSubstr(R"("desired":{"from":4,"to":7})"));
  EXPECT_THAT(told({{"hold", "11"}}), HasSubstr(R"("desired":{"from":4,"to":11})"));
}

TEST(WhatIf, AtALaterTimeReadsWhatIsReadNow) {
  for (const char* at : {"2026-11-24T12:00", "2026-11-24T12:00:00Z", "24h"}) {
    EXPECT_THAT(told({{"at", at}, {"set", "cpu=90"}}),
                AllOf(HasSubstr("2026-11-24T12:00:00.000Z"), HasSubstr(R"("to":8)")))
        << at;
    EXPECT_THAT(told({{"at", at}}), Not(HasSubstr("MetricStale"))) << at;
  }
}

TEST(WhatIf, ChangesNothing) {
  const GroupView view = web();
  const GroupState state = view.state;
  const Observation seen = *view.seen;
  (void)what_if(view, supposed({{"set", "cpu=90"}, {"kill", "2"}, {"hold", "3"}}), now);
  EXPECT_EQ(view.state, state);
  EXPECT_EQ(*view.seen, seen);
}

TEST(WhatIf, RefusesWhatTheGroupDoesNotHave) {
  EXPECT_EQ(what_if(web(), supposed({{"set", "mem=1"}}), now).status, 404);
  EXPECT_THAT(what_if(web(), supposed({{"set", "mem=1"}}), now).body, HasSubstr("it reads: cpu"));
  EXPECT_EQ(what_if(web(), supposed({{"alarm", "X=firing"}}), now).status, 404);
  EXPECT_EQ(what_if(web(), supposed({{"fire", "page"}}), now).status, 404);
  EXPECT_EQ(what_if(web(), supposed({{"at", "soon"}}), now).status, 400);
  GroupView unseen = web();
  unseen.seen = nullptr;
  EXPECT_EQ(what_if(unseen, {}, now).status, 409);
}

TEST(WhatIf, ReadsNoNonsense) {
  for (const auto& [key, text] : std::map<std::string, std::string>{{"set", "cpu"},
                                                                    {"set ", "cpu=1"},
                                                                    {"alarm", "Slow=loud"},
                                                                    {"kill", "-1"},
                                                                    {"hold", "many"}}) {
    EXPECT_TRUE(std::holds_alternative<std::string>(read_supposition({{key, text}}))) << key;
  }
}

}  // namespace
}  // namespace settle
