// What only the Nova adapter promises, over our fake.
#include <algorithm>
#include <string>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include "reconcilers/census.h"
#include "tests/nova/rig.h"

namespace settle::nova {
namespace {
using namespace std::chrono_literals;
using Result = Acted::Result;

http::Fault fault_at(const std::string& request, const std::string& start, http::Fault fault) {
  return request.rfind(start, 0) == 0 ? fault : http::Fault{};
}

void lose_requests(Rig& rig, const std::string& start) {
  rig.proxy().set([start](const std::string& request) {
    return fault_at(request, start, {http::Fault::Kind::lose_request});
  });
}

TEST(Nova, ALaunchSaysInOneRequestAllThatItIs) {
  Rig rig;
  GroupSpec spec = *Rig::spec_of("web");
  spec.launch = {{"image", "img"},
                 {"flavor", "f1"},
                 {"networks", "front,back"},
                 {"security_groups", "web"},
                 {"key", "ops"},
                 {"user_data", "foo"},
                 {"server_group", "apart"},
                 {"metadata.team", "edge"},
                 {"volume_gb", "20"}};
  EXPECT_EQ(rig.launch_from(spec, "token").result, Result::done);
  const std::string body = rig.openstack().with([](auto& world) { return world.bodies.back(); });
  EXPECT_EQ(boost::json::parse(body), boost::json::parse(R"({
    "server": {
      "name": "web-token", "flavorRef": "1", "key_name": "ops", "user_data": "Zm9v",
      "block_device_mapping_v2": [{"boot_index": 0, "uuid": "10000000-0000-4000-8000-000000000001",
        "source_type": "image", "destination_type": "volume", "volume_size": 20,
        "delete_on_termination": true}],
      "networks": [{"uuid": "net-front"}, {"uuid": "net-back"}],
      "security_groups": [{"name": "web"}],
      "tags": ["settle:cluster=c1", "settle:group=web", "settle:intent=token"],
      "metadata": {"team": "edge", "settle:cluster": "c1", "settle:group": "web",
        "settle:intent": "token", "settle:launch": "abcd", "settle:epoch": "1"}},
    "os:scheduler_hints": {"group": "sg-1"}})"))
      << body;
}

TEST(Nova, ATemplateThatNamesNothingIsRefusedAndNothingIsSent) {
  Rig rig;
  for (const char* key : {"image", "flavor", "server_group"}) {
    GroupSpec spec = *Rig::spec_of("web");
    spec.launch[key] = "nobody";
    const Acted acted = rig.launch_from(spec, std::string("t-") + key);
    EXPECT_EQ(acted.result, Result::refused) << key;
    EXPECT_EQ(acted.why, Reason::launch_config_invalid) << key;
  }
  EXPECT_EQ(rig.openstack().count("POST /servers"), 0);
}

TEST(Nova, NamesAreLookedUpOnceForManyLaunches) {
  Rig rig;
  for (int n = 0; n < 5; ++n) rig.launch("t-" + std::to_string(n));
  EXPECT_EQ(rig.openstack().count("GET /v2/images"), 1);
  EXPECT_EQ(rig.openstack().count("GET /flavors"), 1);
  EXPECT_EQ(rig.openstack().count("POST /v3/auth/tokens"), 1);
}

TEST(Nova, ALaunchInDoubtThatDoesNotShowIsNotSentAgainBeforeItHadTimeTo) {
  Rig rig(60s);
  lose_requests(rig, "POST ");
  EXPECT_EQ(rig.launch("t-1").result, Result::unknown);
  rig.proxy().set({});
  EXPECT_EQ(rig.launch("t-1", "web", 2).result, Result::not_now);
  EXPECT_EQ(rig.openstack().count("POST /servers"), 0);
}

TEST(Nova, ALaunchInDoubtThatDoesNotShowInTimeIsSentAgain) {
  Rig rig(0s);
  lose_requests(rig, "POST ");
  EXPECT_EQ(rig.launch("t-1").result, Result::unknown);
  rig.proxy().set({});
  EXPECT_EQ(rig.launch("t-1", "web", 2).result, Result::done);
  EXPECT_EQ(rig.openstack().with([](auto& world) { return world.servers.size(); }), 1U);
}

TEST(Nova, ALaunchOfAnOwnerBeforeIsLookedForFirst) {
  Rig rig(60s);
  rig.launch("t-1");
  const std::string born =
      rig.openstack().with([](auto& world) { return world.servers.begin()->first; });

  EXPECT_EQ(rig.launch("t-1", "web", 2).instance.value, born);
  EXPECT_EQ(rig.launch("t-2", "web", 2).result, Result::not_now) << "it may be on its way";
  EXPECT_EQ(rig.openstack().count("POST /servers"), 1);
}

TEST(Nova, ALaunchThatCannotBeLookedForIsNotSent) {
  Rig rig(0s);
  lose_requests(rig, "GET /compute/v2.1/servers/detail");
  EXPECT_EQ(rig.launch("t-1", "web", 2).result, Result::not_now);
  EXPECT_EQ(rig.openstack().count("POST /servers"), 0);
}

TEST(Nova, ATokenThatIsNotTakenAnyMoreIsRenewedOnce) {
  Rig rig;
  rig.launch("t-1");
  rig.openstack().with([](auto& world) { world.tokens.clear(); });
  EXPECT_EQ(rig.launch("t-2").result, Result::done);
  EXPECT_EQ(rig.openstack().count("POST /v3/auth/tokens"), 2);
}

TEST(Nova, AServiceThatTakesNoTokenAtAllIsAskedTwiceAndNotForEver) {
  Rig rig;
  rig.proxy().set([](const std::string& request) {
    return fault_at(request, "POST ", {http::Fault::Kind::answer, http::plain_reply(401, "no")});
  });
  const Acted acted = rig.launch("t-1");
  EXPECT_EQ(acted.result, Result::not_now);
  EXPECT_EQ(acted.why, Reason::cloud_refused);
  EXPECT_EQ(rig.proxy().faults(), 2);
}

TEST(Nova, ATokenIsRenewedBeforeItExpires) {
  Rig rig;
  rig.openstack().with([](auto& world) { world.token_lifetime_s = 0; });
  rig.launch("t-1");
  const int logins = rig.openstack().count("POST /v3/auth/tokens");
  rig.launch("t-2");
  EXPECT_GT(rig.openstack().count("POST /v3/auth/tokens"), logins);
}

TEST(Nova, CredentialsRotateWithoutARestart) {
  Rig rig;
  rig.launch("t-1");
  rig.openstack().with([](auto& world) {
    world.secret = "another";
    world.tokens.clear();
  });
  const Acted refused = rig.launch("t-2");
  EXPECT_EQ(refused.result, Result::not_now);
  EXPECT_EQ(refused.why, Reason::cloud_refused);
  EXPECT_EQ(rig.look().failure, Reason::cloud_refused);
  rig.log_in_with("another");
  EXPECT_EQ(rig.launch("t-2").result, Result::done);
}

TEST(Nova, ALaunchThatNeverLeftIsSentAgainWithoutAWait) {
  Rig rig;
  rig.openstack().with([](auto& world) { world.secret = "another"; });
  EXPECT_EQ(rig.launch("t-1").result, Result::not_now);
  rig.log_in_with("another");
  EXPECT_EQ(rig.launch("t-1", "web", 2).result, Result::done);
}

TEST(Nova, WhatWeLetGoIsShownOnceAsDeletedAndWhatVanishedIsNot) {
  Rig rig;
  const InstanceId ours = rig.launch("t-1").instance;
  const InstanceId vanishing = rig.launch("t-2").instance;
  ASSERT_EQ(rig.look().observation->instances.size(), 2U);
  ASSERT_EQ(rig.act(IntentKind::terminate, ours).result, Result::done);
  rig.openstack().with([&](auto& world) { world.servers.erase(vanishing.value); });
  const Observed seen = rig.look();
  ASSERT_EQ(seen.observation->instances.size(), 1U);
  EXPECT_TRUE(seen.observation->is_complete);
  EXPECT_EQ(seen.observation->instances[0].id, ours);
  EXPECT_EQ(fate(seen.observation->instances[0].state), Fate::gone);
  EXPECT_TRUE(rig.look().observation->instances.empty());
}

TEST(Nova, ManyCallsAtOnceShareOneLogin) {
  Rig rig;
  std::atomic<int> answered = 0;
  for (int n = 0; n < 20; ++n) {
    rig.cloud().observe({GroupId{"g-" + std::to_string(n)}}, [&answered](const Observed& seen) {
      if (seen.observation) ++answered;
    });
  }
  rig.cloud().wait();
  EXPECT_EQ(answered, 20);
  EXPECT_EQ(rig.openstack().count("POST /v3/auth/tokens"), 1);
}

TEST(Nova, AQuotaIsAQuotaAndIsAskedAgainWithoutAWait) {
  Rig rig;
  rig.openstack().with([](auto& world) { world.quota = 0; });
  const Acted acted = rig.launch("t-1");
  EXPECT_EQ(acted.result, Result::refused);
  EXPECT_EQ(acted.why, Reason::cloud_quota);
  rig.openstack().with([](auto& world) { world.quota = 1; });
  EXPECT_EQ(rig.launch("t-1").result, Result::done) << "nothing was made, so nothing is in doubt";
}

TEST(Nova, AnAnswerThatAsksForQuietSilencesItsKindOfCallsAlone) {
  Rig rig;
  const std::string busy = http::plain_reply(429, "{}", "Retry-After: 60\r\n");
  rig.openstack().with([&](auto& world) { world.answers["POST /servers"] = {busy}; });
  EXPECT_EQ(rig.launch("t-1").why, Reason::cloud_throttled);
  EXPECT_EQ(rig.launch("t-2").why, Reason::cloud_throttled);
  EXPECT_EQ(rig.openstack().count("POST /servers"), 1) << "the second never left";
  EXPECT_TRUE(rig.look().observation.has_value()) << "reads go on";
}

TEST(Nova, AnEndpointThatIsTooOldIsRefusedWithAReason) {
  Rig rig;
  rig.openstack().with([](auto& world) { world.newest_version = "2.51"; });
  const Acted acted = rig.launch("t-1");
  EXPECT_EQ(acted.result, Result::not_now);
  EXPECT_EQ(acted.why, Reason::cloud_refused);
}

TEST(Nova, ACatalogueThatLeadsOffThisMachineInPlainTextIsNotFollowed) {
  Rig rig;
  rig.openstack().with([](auto& world) { world.catalogue_url = "http://192.0.2.1/"; });
  EXPECT_EQ(rig.launch("t-1").result, Result::not_now);
}

// ---- Listings -----------------------------------------------------------------------------------

std::size_t listed(const Observed& seen) {
  return seen.observation ? seen.observation->instances.size() : 0;
}
bool is_complete(const Observed& seen) {
  return seen.observation && seen.observation->is_complete;
}
void launch_some(Rig& rig, int count) {
  for (int n = 0; n < count; ++n) {
    ASSERT_EQ(rig.launch("t-" + std::to_string(n)).result, Result::done);
  }
}

TEST(NovaListing, IsCompleteThoughTheCloudShrinksItsPages) {
  Rig rig;
  launch_some(rig, 12);
  for (const int page : {1, 3, 4, 100}) {
    rig.openstack().with([page](auto& world) { world.page_max = page; });
    const Observed seen = rig.look();
    EXPECT_EQ(listed(seen), 12U) << page;
    EXPECT_TRUE(is_complete(seen)) << page;
  }
}

TEST(NovaListing, ThatEndsOnAFullPageIsComplete) {
  Rig rig;
  launch_some(rig, 2 * Rig::page_size);
  const Observed seen = rig.look();
  EXPECT_EQ(listed(seen), 10U);
  EXPECT_TRUE(is_complete(seen));
}

TEST(NovaListing, ThatLeadsInACircleProvesNothing) {
  Rig rig;
  launch_some(rig, 2 * Rig::page_size);
  rig.openstack().with([](auto& world) { world.leads_in_circles = true; });
  const Observed seen = rig.look();
  ASSERT_TRUE(seen.observation.has_value());
  EXPECT_FALSE(seen.observation->is_complete);
}

TEST(NovaListing, APageThatIsCutShortIsNoListing) {
  Rig rig;
  launch_some(rig, 3);
  rig.proxy().set([](const std::string& request) {
    return fault_at(request, "GET /compute/v2.1/servers/detail",
                    {http::Fault::Kind::truncate, {}, 400});
  });
  EXPECT_FALSE(rig.look().observation.has_value());
}

TEST(NovaListing, AnEmptyPageOfAMaintenanceSiteIsNoListing) {
  Rig rig;
  for (const char* body : {"<html>down</html>", "", "{}", R"({"servers": null})"}) {
    rig.openstack().with([body](auto& world) {
      world.answers["GET /servers/detail"] = {http::plain_reply(200, body)};
    });
    EXPECT_FALSE(rig.look().observation.has_value()) << body;
  }
}

TEST(NovaListing, AServerThatIsNotListedIsLookedAtBeforeItCountsAsGone) {
  Rig rig;
  launch_some(rig, 3);
  ASSERT_EQ(listed(rig.look()), 3U);
  rig.openstack().with([](auto& world) { world.servers.begin()->second.is_hidden = true; });
  const Observed seen = rig.look();
  EXPECT_EQ(listed(seen), 3U);
  EXPECT_TRUE(is_complete(seen));
  rig.openstack().with([](auto& world) { world.servers.erase(world.servers.begin()); });
  EXPECT_EQ(listed(rig.look()), 2U);
}

TEST(NovaListing, WhatAnOwnerBeforeKnewIsFoundByItsIdThoughNoListingShowsIt) {
  Rig rig;
  launch_some(rig, 2);
  const InstanceId hidden{rig.openstack().with([](auto& world) {
    world.servers.begin()->second.is_hidden = true;
    return world.servers.begin()->first;
  })};
  const InstanceId nobodys{"10000000-0000-4000-8000-00000000dead"};
  const Observed seen = rig.look("web", {hidden, nobodys});
  EXPECT_TRUE(is_complete(seen));
  EXPECT_EQ(listed(seen), 2U);
  EXPECT_TRUE(seen.observation->tells_by_id);
  EXPECT_EQ(seen.observation->gone, (std::vector<InstanceId>{nobodys}));
}

TEST(NovaListing, WhatIsAskedForByIdAndNotAnsweredIsNeitherThereNorGone) {
  Rig rig;
  launch_some(rig, 2);
  const InstanceId hidden{rig.openstack().with([](auto& world) {
    world.servers.begin()->second.is_hidden = true;
    return world.servers.begin()->first;
  })};
  for (const auto kind : {http::Fault::Kind::lose_answer, http::Fault::Kind::truncate}) {
    rig.proxy().set([&](const std::string& request) {
      return fault_at(request, "GET /compute/v2.1/servers/" + hidden.value, {kind, {}, 60});
    });
    const Observed seen = rig.look("web", {hidden});
    EXPECT_EQ(listed(seen), 1U);
    EXPECT_TRUE(seen.observation->gone.empty());
  }
}

TEST(NovaListing, AServerInErrorSaysWhyInNovasWords) {
  Rig rig;
  launch_some(rig, 2);
  const std::string failed = rig.openstack().with([](auto& world) {
    auto& [id, kept] = *world.servers.begin();
    kept.json["status"] = "ERROR";
    kept.json["fault"] = {{"code", 500}, {"message", "No valid host\nwas found. "}};
    return id;
  });
  const Observed seen = rig.look();
  EXPECT_EQ(seen.observation.value().faults,
            (std::vector<InstanceFault>{{{failed}, "No valid host was found"}}));
}

TEST(NovaListing, AServerInACellThatDoesNotAnswerStaysWhatItWas) {
  Rig rig;
  launch_some(rig, 2);
  ASSERT_EQ(listed(rig.look()), 2U);
  rig.openstack().with([](auto& world) {
    world.cell_is_down = true;
    world.servers.begin()->second.is_hidden = true;
  });
  const Observed seen = rig.look();
  ASSERT_EQ(listed(seen), 2U);
  EXPECT_EQ(seen.observation->instances[0].state, "UNKNOWN");
  EXPECT_EQ(seen.observation->instances[0].token, "t-0");
}

TEST(NovaListing, WhatIsMissingAndCannotBeLookedAtMakesItIncomplete) {
  Rig rig;
  launch_some(rig, 2);
  ASSERT_EQ(listed(rig.look()), 2U);
  const std::string hidden = rig.openstack().with([](auto& world) {
    world.servers.begin()->second.is_hidden = true;
    return world.servers.begin()->first;
  });
  rig.openstack().with([&](auto& world) {
    world.answers["GET /servers/" + hidden] = {http::plain_reply(500, "{}")};
  });
  EXPECT_FALSE(is_complete(rig.look()));
  EXPECT_TRUE(is_complete(rig.look())) << "once it can be looked at again";
}

TEST(NovaListing, AServerWhoseMarksWereTakenOffIsLetGo) {
  Rig rig;
  launch_some(rig, 2);
  ASSERT_EQ(listed(rig.look()), 2U);
  rig.openstack().with(
      [](auto& world) { world.servers.begin()->second.json["tags"] = boost::json::array{}; });
  const Observed seen = rig.look();
  EXPECT_EQ(listed(seen), 1U);
  EXPECT_TRUE(is_complete(seen));
}

// ---- Changes ------------------------------------------------------------------------------------

TEST(Nova, ALostAnswerToADeletionIsUnknownAndSaidAgainItIsDone) {
  Rig rig;
  const InstanceId born = rig.launch("t-1").instance;
  rig.proxy().set([](const std::string& request) {
    return fault_at(request, "DELETE ", {http::Fault::Kind::lose_answer});
  });
  EXPECT_EQ(rig.act(IntentKind::terminate, born).result, Result::unknown);
  EXPECT_EQ(rig.act(IntentKind::terminate, born).result, Result::done);
}

TEST(Nova, ALaunchThatANetworkRepeatsShowsBothWithOneTokenSoThatOneCanGo) {
  Rig rig;
  rig.proxy().set([](const std::string& request) {
    return fault_at(request, "POST ", {http::Fault::Kind::twice});
  });
  ASSERT_EQ(rig.launch("t-1").result, Result::done);
  rig.proxy().set({});
  const Observed seen = rig.look();
  ASSERT_EQ(listed(seen), 2U);
  for (const Instance& one : seen.observation->instances) EXPECT_EQ(one.token, "t-1");
}

TEST(Nova, AServerThatIsBeingBuiltTakesNoTagYet) {
  Rig rig;
  rig.openstack().with([](auto& world) { world.builds_for_ever = true; });
  const InstanceId born = rig.launch("t-1").instance;
  EXPECT_EQ(rig.act(IntentKind::protect, born).result, Result::not_now);
}

TEST(Nova, AChangeWhoseLookIsLostChangedNothing) {
  Rig rig;
  const InstanceId born = rig.launch("t-1").instance;
  lose_requests(rig, "GET /compute/v2.1/servers/");
  EXPECT_EQ(rig.act(IntentKind::terminate, born).result, Result::not_now);
  EXPECT_EQ(rig.openstack().with([](auto& world) { return world.servers.size(); }), 1U);
}

TEST(Nova, AFifthOfTheAnswersLostLeavesNoSurplusAndNoOrphan) {
  Rig rig;
  auto posts = std::make_shared<int>(0);  // The proxy's thread's own.
  rig.proxy().set([posts](const std::string& request) {
    http::Fault fault;
    if (request.rfind("POST ", 0) == 0 && ++*posts % 5 == 0) {
      fault.kind = http::Fault::Kind::lose_answer;
    }
    return fault;
  });
  constexpr int launches = 1'000;
  for (int n = 0; n < launches; ++n) {
    Result result = Result::not_now;
    for (std::uint32_t sends = 1; sends < 10 && result != Result::done; ++sends) {
      result = rig.launch("t-" + std::to_string(n), "web", sends).result;
    }
    ASSERT_EQ(result, Result::done) << n;
  }
  EXPECT_GE(rig.proxy().faults(), launches / 5);
  EXPECT_EQ(rig.openstack().with([](auto& world) { return world.servers.size(); }), 1'000U);
}

}  // namespace
}  // namespace settle::nova
