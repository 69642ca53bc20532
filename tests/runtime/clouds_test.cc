// The real settled and its clouds: how they answer, and what they hold that no group knows of.
#include <string>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <gmock/gmock.h>
#include <signal.h>

#include "tests/places.h"
#include "tests/runtime/daemon.h"

namespace settle {
namespace {

namespace json = boost::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* web = R"(version: 1
groups:
  web:
    capacity: { min: 2, max: 9, initial: 2 }
    observe_every: 1s
)";
constexpr const char* and_api = R"(  api:
    capacity: { min: 3, max: 9, initial: 3 }
    observe_every: 1s
)";

class CloudsOfADaemon : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_program(binary_folder() + "/settled")) GTEST_SKIP() << "settled is not built";
  }
  json::value get(const std::string& target) const {
    const HttpReply reply = daemon_.ask("GET", target);
    json::error_code error;
    json::value value = json::parse(reply.body, error);
    EXPECT_FALSE(error) << reply.status << reply.body.substr(0, 300);
    return value;
  }
  bool runs(const std::string& group, int wanted) {
    return eventually([&] {
      const json::value* running = get("/v1/groups/" + group).as_object().if_contains("running");
      return running != nullptr && running->is_int64() && running->as_int64() == wanted;
    });
  }
  [[nodiscard]] Ended settlectl(const std::string& words) const {
    return run_program(binary_folder() + "/settlectl " + words +
                       " --address unix:" + daemon_.socket());
  }

  Daemon daemon_;
};

TEST_F(CloudsOfADaemon, ShowHowTheyAnswerToPeopleAndToPrometheus) {
  daemon_.write_config(web);
  ASSERT_TRUE(daemon_.start()) << daemon_.log();
  ASSERT_TRUE(runs("web", 2)) << json::serialize(get("/v1/groups/web"));
  const json::value shown = get("/v1/clouds").at("clouds").at(0);
  EXPECT_EQ(shown.at("cloud").as_string(), "simulated");
  EXPECT_TRUE(shown.at("last_complete_listing").is_string());
  EXPECT_FALSE(shown.at("read_only").as_bool());
  const Ended listed = settlectl("clouds");
  EXPECT_EQ(listed.code, 0);
  EXPECT_THAT(listed.said, AllOf(HasSubstr("simulated"), HasSubstr(" ms")));
  EXPECT_THAT(settlectl("clouds simulated").said, AllOf(HasSubstr("launch"), HasSubstr("done")));
  EXPECT_NE(settlectl("clouds elsewhere").code, 0);
  EXPECT_THAT(daemon_.ask("GET", "/metrics").body,
              HasSubstr("settle_cloud_calls_total{cloud=\"simulated\",call=\"launch\","
                        "outcome=\"done\"} 2"));
}

TEST_F(CloudsOfADaemon, HoldWhatAGroupLeftWhenItWasTakenOutAndNobodyTouchesIt) {
  daemon_.write_config(std::string(web) + and_api);
  ASSERT_TRUE(daemon_.start()) << daemon_.log();
  ASSERT_TRUE(runs("web", 2) && runs("api", 3));
  EXPECT_THAT(settlectl("orphans").said, HasSubstr("none"));
  daemon_.write_config(web);
  daemon_.signal(SIGHUP);
  ASSERT_TRUE(eventually([&] { return get("/v1/orphans").at("orphans").as_array().size() == 3; }));
  const Ended orphans = settlectl("orphans");
  EXPECT_EQ(orphans.code, 0);
  EXPECT_THAT(orphans.said, AllOf(HasSubstr("api"), Not(HasSubstr("web"))));
  const Ended doctor = settlectl("doctor");
  EXPECT_THAT(doctor.said, AllOf(HasSubstr("3 instances bear this cluster's mark"),
                                 HasSubstr("simulated was listed in full")));
  daemon_.write_config(std::string(web) + and_api);
  daemon_.signal(SIGHUP);
  EXPECT_TRUE(runs("api", 3)) << "they are its own again";
  EXPECT_TRUE(get("/v1/orphans").at("orphans").as_array().empty());
}

}  // namespace
}  // namespace settle
