#include "daemon/admin/routes.h"

#include <gmock/gmock.h>

namespace settle {
namespace {

using testing::HasSubstr;

const Time now{Duration{1'790'000'000'000}};

HttpRequest request(const std::string& method, const std::string& target,
                    const std::string& body = {}) {
  HttpRequest asked;
  asked.method = method;
  asked.target = target;
  asked.body = body;
  asked.owner = "ada";
  return asked;
}

template <typename Call>
Call call_of(const HttpRequest& asked) {
  auto routed = route(asked, now, "nonce-1");
  if (const auto* response = std::get_if<HttpResponse>(&routed)) {
    ADD_FAILURE() << asked.target << ": " << response->body;
    return {};
  }
  const Call* call = std::get_if<Call>(&std::get<ApiCall>(routed));
  EXPECT_NE(call, nullptr) << asked.target;
  return call == nullptr ? Call{} : *call;
}

void check_problem(const HttpRequest& asked, int status) {
  const auto routed = route(asked, now, "nonce-1");
  const auto* response = std::get_if<HttpResponse>(&routed);
  ASSERT_NE(response, nullptr) << asked.method << " " << asked.target << " " << asked.body;
  EXPECT_EQ(response->status, status) << asked.target << ": " << response->body;
  EXPECT_EQ(response->content_type, "application/problem+json");
}

TEST(Routes, NamesEachView) {
  (void)call_of<CheckHealth>(request("GET", "/-/healthy"));
  (void)call_of<CheckReady>(request("GET", "/-/ready"));
  (void)call_of<ReadMetrics>(request("GET", "/metrics"));
  (void)call_of<ReadStatus>(request("GET", "/v1/status"));
  (void)call_of<ListGroups>(request("GET", "/v1/groups"));
  (void)call_of<TakeEvents>(request("POST", "/v1/events"));
  EXPECT_EQ(call_of<DescribeGroup>(request("GET", "/v1/groups/web")).group.value, "web");
  EXPECT_EQ(call_of<ListUpcoming>(request("GET", "/v1/groups/web/next")).group.value, "web");
  EXPECT_EQ(call_of<ListMemory>(request("GET", "/v1/groups/web/events")).group.value, "web");
  EXPECT_EQ(call_of<ExplainWhyNot>(request("GET", "/v1/groups/web/why-not?toward=out")).toward,
            "out");
  EXPECT_FALSE(call_of<ReadDecision>(request("GET", "/v1/decisions/d-1")).as_page);
  EXPECT_TRUE(call_of<ReadDecision>(request("GET", "/v1/decisions/d-1/explain")).as_page);
  EXPECT_EQ(call_of<ListDeadLetters>(request("GET", "/v1/deadletters?limit=7")).count_max, 7U);
  (void)call_of<ListSources>(request("GET", "/v1/sources"));
  (void)call_of<ListClouds>(request("GET", "/v1/clouds"));
  (void)call_of<ListOrphans>(request("GET", "/v1/orphans"));
}

TEST(Routes, GivesASourceWhatIsSentToIt) {
  const auto hook = call_of<TakeHook>(request("POST", "/hooks/alerts/to%20ken/more?x=1"));
  EXPECT_EQ(hook.source, "alerts");
  EXPECT_EQ(hook.rest, "to ken/more");
  EXPECT_EQ(call_of<TakeHook>(request("POST", "/hooks/alerts")).rest, "");
}

TEST(Routes, SettlesOneDeadLetter) {
  EXPECT_EQ(call_of<ReadDeadLetter>(request("GET", "/v1/deadletters/7")).sequence, 7U);
  const auto replay = call_of<SettleDeadLetter>(request("POST", "/v1/deadletters/7/replay"));
  EXPECT_EQ(replay.sequence, 7U);
  EXPECT_TRUE(replay.replays);
  const auto discard = call_of<SettleDeadLetter>(request("POST", "/v1/deadletters/8/discard"));
  EXPECT_FALSE(discard.replays);
}

TEST(Routes, WatchesEventsFromHereOnOrFromAPlace) {
  const auto all = call_of<WatchEvents>(request("GET", "/v1/events?wait=5s"));
  EXPECT_FALSE(all.after);
  EXPECT_EQ(all.wait, Duration(5'000));
  const auto one = call_of<WatchEvents>(request("GET", "/v1/events?group=web&after=3"));
  EXPECT_EQ(one.group, GroupId{"web"});
  EXPECT_EQ(one.after, 3U);
}

TEST(Routes, DecodesNames) {
  EXPECT_EQ(call_of<DescribeGroup>(request("GET", "/v1/groups/web%20front%2Fend")).group.value,
            "web front/end");
}

TEST(Routes, ReadsTheQueryOfDecisions) {
  const auto call =
      call_of<ListDecisions>(request("GET", "/v1/decisions?group=web&limit=5&after=9&wait=30s"));
  EXPECT_EQ(call.group, GroupId{"web"});
  EXPECT_EQ(call.count_max, 5U);
  EXPECT_EQ(call.after, 9U);
  EXPECT_EQ(call.wait, Duration(30'000));
}

TEST(Routes, BoundsWhatAQueryMayAskFor) {
  const auto call = call_of<ListDecisions>(request("GET", "/v1/decisions?limit=99999999&wait=9d"));
  EXPECT_EQ(call.count_max, 1'000U);
  EXPECT_EQ(call.wait, Duration(60'000));
  for (const char* limit : {"-3", "0", "abc", ""}) {
    check_problem(request("GET", ("/v1/decisions?limit=" + std::string(limit)).c_str()), 400);
  }
  check_problem(request("GET", "/v1/deadletters?limit=-1"), 400);
}

TEST(Routes, AnswersProblemsForWhatIsNoCall) {
  check_problem(request("GET", "/"), 404);
  check_problem(request("GET", "/v1/nothing"), 404);
  check_problem(request("GET", "/v1/groups/web/nothing"), 404);
  check_problem(request("POST", "/v1/groups/web/nothing"), 404);
  check_problem(request("POST", "/v1/groups"), 405);
  check_problem(request("PUT", "/v1/events"), 405);
  check_problem(request("GET", "/v1/events?after=x"), 400);
  check_problem(request("GET", "/hooks/alerts"), 405);
  check_problem(request("POST", "/hooks"), 404);
  check_problem(request("GET", "/v1/deadletters/none"), 404);
  check_problem(request("GET", "/v1/deadletters/7/replay"), 405);
  check_problem(request("POST", "/v1/deadletters/7/burn"), 404);
  check_problem(request("DELETE", "/v1/groups/web"), 405);
  check_problem(request("GET", "no path"), 400);
  check_problem(request("GET", "/v1/decisions?after=x"), 400);
  check_problem(request("GET", "/v1/decisions?wait=soon"), 400);
  check_problem(request("GET", "/v1/groups/web/why-not"), 400);
  check_problem(request("GET", "/v1/groups/web/why-not?toward=up"), 400);
}

TEST(Routes, MakesASignalOfAPause) {
  const Signal order =
      call_of<GiveOrder>(request("POST", "/v1/groups/web/pause", R"({"reason":"release"})")).order;
  EXPECT_EQ(order.group.value, "web");
  EXPECT_EQ(order.stamp.at, now);
  EXPECT_EQ(order.stamp.source, "operator/ada");
  EXPECT_EQ(order.stamp.id, "nonce-1");
  const auto& pause = std::get<PauseOrder>(order.claim);
  EXPECT_TRUE(pause.paused);
  EXPECT_EQ(pause.owner, "ada");
  EXPECT_EQ(pause.reason, "release");
}

TEST(Routes, APauseMayLetTheGroupGrow) {
  const auto mode_of = [](const char* body) {
    const Signal order = call_of<GiveOrder>(request("POST", "/v1/groups/web/pause", body)).order;
    return std::get<PauseOrder>(order.claim).mode;
  };
  EXPECT_EQ(mode_of(R"({"reason":"r","mode":"only-up"})"), Mode::only_up);
  EXPECT_EQ(mode_of(R"({"reason":"r","mode":"observe"})"), Mode::observe);
  EXPECT_EQ(mode_of(R"({"reason":"r"})"), Mode::pause);
  check_problem(request("POST", "/v1/groups/web/pause", R"({"reason":"r","mode":"act"})"), 400);
}

TEST(Routes, AnOrderForManySaysForWhom) {
  const auto scope_of = [](const char* body) {
    return call_of<GiveOrder>(request("POST", "/v1/pause", body)).order.group.value;
  };
  EXPECT_EQ(scope_of(R"({"reason":"r","all":true})"), "@all");
  EXPECT_EQ(scope_of(R"({"reason":"r","tenant":"media"})"), "@tenant/media");
  for (const char* body :
       {R"({"reason":"r"})", R"({"reason":"r","tenant":""})", R"({"reason":"r","all":false})",
        R"({"all":true})", R"({"reason":"r","all":true,"tenant":"media"})"}) {
    check_problem(request("POST", "/v1/pause", body), 400);
  }
  check_problem(request("POST", "/v1/groups/@all/pause", R"({"reason":"r"})"), 404);
  check_problem(request("GET", "/v1/pause"), 405);
}

TEST(Routes, KeepsTheKeyThatMakesAnOrderOne) {
  HttpRequest asked = request("POST", "/v1/groups/web/resume", R"({"reason":"done"})");
  asked.headers["idempotency-key"] = "k-7";
  const Signal order = call_of<GiveOrder>(asked).order;
  EXPECT_EQ(order.stamp.id, "k-7");
  EXPECT_FALSE(std::get<PauseOrder>(order.claim).paused);
}

TEST(Routes, HoldsANumberUntilATime) {
  const Signal order = call_of<GiveOrder>(request("POST", "/v1/groups/web/set-desired",
                                                  R"({"number":7,"for":"1h","reason":"sale"})"))
                           .order;
  const auto& hold = std::get<HoldOrder>(order.claim);
  EXPECT_EQ(hold.number, 7);
  EXPECT_EQ(hold.until, now + Duration(3'600'000));
}

TEST(Routes, MakesASignalOfWhatIsSaidOfAnInstance) {
  for (std::size_t verb = 0; verb < instance_verbs.size(); ++verb) {
    const std::string path = "/v1/groups/web/" + std::string(instance_verbs[verb]);
    const Signal order =
        call_of<GiveOrder>(request("POST", path, R"({"instance":"i-1","reason":"looking"})")).order;
    const auto& said = std::get<InstanceOrder>(order.claim);
    EXPECT_EQ(said.instance.value, "i-1");
    EXPECT_EQ(static_cast<std::size_t>(said.verb), verb);
    EXPECT_EQ(said.reason, "looking");
    check_problem(request("POST", path, R"({"reason":"looking"})"), 400);
    check_problem(request("POST", path, R"({"instance":"i-1"})"), 400);
  }
}

TEST(Routes, MakesASignalOfTheAnswerToAHook) {
  const auto answer = [](const char* body) { return request("POST", "/v1/groups/web/hook", body); };
  const Signal order =
      call_of<GiveOrder>(answer(R"({"instance":"i-1","hook":"register","result":"abandon"})"))
          .order;
  EXPECT_EQ(std::get<LifecycleClaim>(order.claim), (LifecycleClaim{{"i-1"}, "register", false}));
  check_problem(answer(R"({"instance":"i-1","hook":"register"})"), 400);
  check_problem(answer(R"({"instance":"i-1","hook":"register","result":"later"})"), 400);
  check_problem(answer(R"({"hook":"register","result":"continue"})"), 400);
}

TEST(Routes, RefusesOrdersThatSayNoReasonOrNoNumber) {
  for (const char* body :
       {"", "{}", "[]", "nonsense", R"({"reason":""})", R"({"reason":7})",
        R"({"number":-1,"for":"1h","reason":"r"})", R"({"number":1.5,"for":"1h","reason":"r"})",
        R"({"number":2000000000000,"for":"1h","reason":"r"})", R"({"number":1,"reason":"r"})",
        R"({"number":1,"for":"10","reason":"r"})", R"({"number":1,"for":"0","reason":"r"})",
        R"({"number":1,"for":"400d","reason":"r"})", R"({"number":1,"for":"-1h","reason":"r"})"}) {
    check_problem(request("POST", "/v1/groups/web/set-desired", body), 400);
  }
}

TEST(Routes, ReadsDurations) {
  EXPECT_EQ(parse_wait("250ms"), Duration(250));
  EXPECT_EQ(parse_wait("90"), Duration(90'000));
  EXPECT_EQ(parse_wait("15m"), Duration(900'000));
  EXPECT_EQ(parse_wait("1d"), Duration(86'400'000));
  for (const char* text : {"", "m", "-5s", "5 s", "5w", "99999999999999999999s", "1h30m"}) {
    EXPECT_EQ(parse_wait(text), std::nullopt) << text;
  }
}

TEST(Http, LetsOnlyThisMachineInOverTcp) {
  const auto is_in = [](const char* host, const char* origin) {
    HttpRequest asked;
    if (*host != '\0') asked.headers["host"] = host;
    if (*origin != '\0') asked.headers["origin"] = origin;
    return is_local(asked);
  };
  EXPECT_TRUE(is_in("localhost:8470", ""));
  EXPECT_TRUE(is_in("127.0.0.1", "http://localhost:8470"));
  EXPECT_TRUE(is_in("[::1]:8470", "http://[::1]:8470"));
  EXPECT_FALSE(is_in("", ""));
  EXPECT_FALSE(is_in("evil.example", ""));
  EXPECT_FALSE(is_in("localhost.evil.example", ""));
  EXPECT_FALSE(is_in("[::1].evil.example", ""));
  EXPECT_FALSE(is_in("localhost", "http://evil.example"));
  EXPECT_FALSE(is_in("localhost", "null"));
}

TEST(Http, WritesProblemsThatKeepTheirMembers) {
  const HttpResponse response = problem(422, "No", "a \"quote\"", R"("results":[1])");
  EXPECT_EQ(response.status, 422);
  EXPECT_THAT(response.body, HasSubstr(R"("detail":"a \"quote\"")"));
  EXPECT_THAT(response.body, HasSubstr(R"("results":[1]})"));
}

}  // namespace
}  // namespace settle
