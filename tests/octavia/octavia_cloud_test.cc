// What the adapter asks of Octavia, what it makes of the answers, and what it leaves alone.
#include "daemon/cloud/octavia/octavia_cloud.h"

#include <gtest/gtest.h>

#include "tests/octavia/rig.h"

namespace settle::octavia {
namespace {

using boost::json::array;
using boost::json::object;
using Texts = std::vector<std::string>;

std::string text(const object& from, const char* key) {
  return std::string(from.at(key).as_string());
}

/// An answer that a proxy gives in Octavia's place to the first request that begins so.
void answer_once(http::FaultProxy& proxy, const std::string& begins, http::Fault fault) {
  auto is_given = std::make_shared<bool>(false);
  proxy.set([is_given, begins, fault](const std::string& request) {
    if (*is_given || request.rfind(begins, 0) != 0) return http::Fault{};
    *is_given = true;
    return fault;
  });
}

TEST(Octavia, AMemberBearsItsInstanceItsAddressAndOurMarks) {
  Rig rig;
  const InstanceId id = rig.launch();
  ASSERT_EQ(rig.act(IntentKind::join, id).result, Acted::Result::done);
  for (const char* pool : {Rig::web_pool, Rig::api_pool}) {
    const object member = rig.octavia().member(pool, id.value);
    ASSERT_FALSE(member.empty());
    EXPECT_EQ(text(member, "address"), "10.0.0.1");
    EXPECT_EQ(member.at("protocol_port").as_int64(), 8080);
    EXPECT_EQ(member.at("weight").as_int64(), 10);
    EXPECT_EQ(member.at("tags").as_array(), (array{"settle:cluster=c1", "settle:group=web"}));
  }
}

TEST(Octavia, ADrainSetsTheWeightToZeroAndTouchesNoServer) {
  Rig rig;
  const InstanceId id = rig.launch();
  rig.act(IntentKind::join, id);
  ASSERT_EQ(rig.act(IntentKind::drain, id).result, Acted::Result::done);
  EXPECT_EQ(rig.octavia().member(Rig::web_pool, id.value).at("weight").as_int64(), 0);
  EXPECT_FALSE(rig.look().instances.at(0).is_draining);
}

TEST(Octavia, AGroupWithoutPoolsDrainsAsItsCloudDoes) {
  Rig rig;
  GroupSpec spec = Rig::group();
  spec.balancer = {};
  rig.cloud().know({std::make_shared<const GroupSpec>(spec)});
  const InstanceId id = rig.launch(spec);
  ASSERT_EQ(rig.act(IntentKind::drain, id, spec).result, Acted::Result::done);
  EXPECT_TRUE(rig.look().instances.at(0).is_draining);
  EXPECT_EQ(rig.look().instances.at(0).membership, Membership::unknown);
  EXPECT_TRUE(rig.octavia().with([](auto& world) { return world.calls.empty(); }));
}

TEST(Octavia, ABalancerInTheMiddleOfAChangeIsAskedAgain) {
  Rig rig;
  const InstanceId id = rig.launch();
  rig.octavia().with([](auto& world) { world.busy_for = 1; });
  const Acted acted = rig.act(IntentKind::join, id);
  EXPECT_EQ(acted.result, Acted::Result::not_now);
  EXPECT_EQ(acted.why, Reason::balancer_pending);
  EXPECT_EQ(rig.act(IntentKind::join, id).result, Acted::Result::done);
}

TEST(Octavia, HalfAJoinIsPartialAndIsCompletedByTheNext) {
  Rig rig;
  const InstanceId id = rig.launch();
  answer_once(rig.proxy(), std::string("POST /load-balancer/v2/lbaas/pools/") + Rig::api_pool,
              {http::Fault::Kind::answer, http::plain_reply(500, "{}")});
  EXPECT_EQ(rig.act(IntentKind::join, id).result, Acted::Result::unknown);
  EXPECT_EQ(rig.membership_of(id), Membership::partial);
  EXPECT_EQ(rig.act(IntentKind::join, id).result, Acted::Result::done);
  EXPECT_EQ(rig.membership_of(id), Membership::member);
}

TEST(Octavia, ALostAnswerToAJoinIsUnknownAndTheNextFindsTheMember) {
  Rig rig;
  const InstanceId id = rig.launch();
  answer_once(rig.proxy(), "POST ", {http::Fault::Kind::lose_answer});
  EXPECT_EQ(rig.act(IntentKind::join, id).result, Acted::Result::unknown);
  EXPECT_EQ(rig.act(IntentKind::join, id).result, Acted::Result::done);
  EXPECT_EQ(
      rig.octavia().with([](auto& world) { return world.pools.at(Rig::web_pool).members.size(); }),
      1U);
}

TEST(Octavia, AnAddressThatIsSomebodyElsesMemberIsRefusedAndLeftAlone) {
  Rig rig;
  const InstanceId id = rig.launch();
  rig.octavia().make(Rig::web_pool,
                     object{{"name", "theirs"}, {"address", "10.0.0.1"}, {"protocol_port", 8080}});
  const Acted acted = rig.act(IntentKind::join, id);
  EXPECT_EQ(acted.result, Acted::Result::refused);
  EXPECT_EQ(acted.why, Reason::balancer_refused);
  EXPECT_FALSE(rig.octavia().member(Rig::web_pool, "theirs").empty());
}

TEST(Octavia, AnAddressOfOursThatIsLeftOverIsWaitedFor) {
  Rig rig;
  const InstanceId id = rig.launch();
  rig.octavia().make(Rig::web_pool,
                     object{{"name", "gone"},
                            {"address", "10.0.0.1"},
                            {"protocol_port", 8080},
                            {"tags", array{"settle:cluster=c1", "settle:group=web"}}});
  EXPECT_EQ(rig.act(IntentKind::join, id).result, Acted::Result::not_now);
  EXPECT_EQ(rig.look().strays, std::vector<InstanceId>{{"gone"}});
  EXPECT_EQ(rig.act(IntentKind::leave, {"gone"}).result, Acted::Result::done);
  EXPECT_EQ(rig.act(IntentKind::join, id).result, Acted::Result::done);
}

TEST(Octavia, MembersWithoutOurMarksAreNeitherStraysNorDrainedNorRemoved) {
  Rig rig;
  const InstanceId id = rig.launch();
  rig.octavia().make(Rig::web_pool,
                     object{{"name", id.value},
                            {"address", "10.9.9.9"},
                            {"protocol_port", 80},
                            {"tags", array{"settle:cluster=another", "settle:group=web"}}});
  rig.octavia().make(Rig::web_pool,
                     object{{"name", "theirs"}, {"address", "10.9.9.8"}, {"protocol_port", 80}});
  const Observation seen = rig.look();
  EXPECT_EQ(seen.instances.at(0).membership, Membership::absent);
  EXPECT_TRUE(seen.strays.empty());
  EXPECT_EQ(rig.act(IntentKind::drain, id).result, Acted::Result::done);
  EXPECT_EQ(rig.act(IntentKind::leave, id).result, Acted::Result::done);
  EXPECT_EQ(rig.octavia().member(Rig::web_pool, id.value).at("weight").as_int64(), 1);
  EXPECT_TRUE(rig.octavia().with([](auto& world) { return world.bodies.empty(); }));
}

TEST(Octavia, AServerOfAnotherGroupDoesNotJoin) {
  Rig rig;
  const InstanceId foreign = rig.launch(Rig::group("somebody-else"));
  EXPECT_EQ(rig.act(IntentKind::join, foreign).result, Acted::Result::refused);
  EXPECT_TRUE(rig.octavia().with([](auto& world) { return world.bodies.empty(); }));
}

TEST(Octavia, AWeightThatSomebodyChangedIsNotAsDeclared) {
  Rig rig;
  const InstanceId id = rig.launch();
  rig.act(IntentKind::join, id);
  rig.octavia().with([](auto& world) {
    for (auto& [member, json] : world.pools.at(Rig::web_pool).members) json["weight"] = 3;
  });
  EXPECT_EQ(rig.membership_of(id), Membership::partial);
  rig.act(IntentKind::join, id);
  EXPECT_EQ(rig.membership_of(id), Membership::member);
}

TEST(Octavia, APoolThatIsNotThereRefusesAJoinAndNoLeave) {
  Rig rig;
  const InstanceId id = rig.launch();
  GroupSpec spec = Rig::group();
  spec.balancer.pools = {"no-such-pool"};
  rig.cloud().know({std::make_shared<const GroupSpec>(spec)});
  EXPECT_EQ(rig.act(IntentKind::join, id, spec).result, Acted::Result::refused);
  EXPECT_EQ(rig.look().instances.at(0).membership, Membership::unknown);
}

TEST(Octavia, AQuotaRefusesAJoin) {
  Rig rig;
  const InstanceId id = rig.launch();
  rig.octavia().with([](auto& world) { world.quota = 0; });
  const Acted acted = rig.act(IntentKind::join, id);
  EXPECT_EQ(acted.result, Acted::Result::refused);
  EXPECT_EQ(acted.why, Reason::balancer_refused);
}

TEST(Octavia, ABalancerThatIsDownLeavesTheLookGoodAndMembershipUnknown) {
  Rig rig;
  const InstanceId id = rig.launch();
  rig.act(IntentKind::join, id);
  rig.octavia().with([](auto& world) { world.is_down = true; });
  const Observation seen = rig.look();
  EXPECT_TRUE(seen.is_complete);
  ASSERT_EQ(seen.instances.size(), 1U);
  EXPECT_EQ(seen.instances[0].membership, Membership::unknown);
  EXPECT_TRUE(seen.strays.empty());
  const Acted acted = rig.act(IntentKind::drain, id);
  EXPECT_EQ(acted.result, Acted::Result::not_now);
}

TEST(Octavia, AListingThatLeadsInCirclesProvesNoAbsence) {
  Rig rig;
  std::vector<InstanceId> ids;
  for (int n = 0; n < Rig::page_size; ++n) {
    ids.push_back(rig.launch());
    rig.act(IntentKind::join, ids.back());
  }
  const InstanceId other = rig.launch();
  rig.octavia().with([](auto& world) { world.leads_in_circles = true; });
  EXPECT_EQ(rig.membership_of(ids.front()), Membership::member);
  EXPECT_EQ(rig.membership_of(other), Membership::unknown);
}

TEST(Octavia, WhatMonitorsSayIsReportedOnceForEachChange) {
  Rig rig;
  const InstanceId id = rig.launch();
  rig.act(IntentKind::join, id);
  (void)rig.look();
  EXPECT_TRUE(rig.reports().empty());  // Nobody monitors it.
  const auto says = [&rig](const char* status) {
    rig.octavia().with([status](auto& world) {
      for (auto& [member, json] : world.pools.at(Rig::web_pool).members) {
        json["operating_status"] = status;
      }
    });
    (void)rig.look();
    (void)rig.look();
    return rig.reports();
  };
  EXPECT_EQ(says("ERROR"), Texts{"web " + id.value + " load-balancer unhealthy"});
  EXPECT_EQ(says("ONLINE"), Texts{"web " + id.value + " load-balancer healthy"});
  EXPECT_TRUE(says("DRAINING").empty());
}

TEST(Octavia, APoolIsFoundByNameOnce) {
  Rig rig;
  const InstanceId id = rig.launch();
  rig.act(IntentKind::join, id);
  rig.act(IntentKind::drain, id);
  (void)rig.look();
  EXPECT_EQ(rig.octavia().with([](auto& world) {
    return std::count(world.calls.begin(), world.calls.end(), "GET /v2/lbaas/pools");
  }),
            1);
}

}  // namespace
}  // namespace settle::octavia
