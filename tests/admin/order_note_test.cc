#include "daemon/admin/order_note.h"

#include <gmock/gmock.h>

namespace settle {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

struct Scene {
  std::shared_ptr<GroupSpec> spec = std::make_shared<GroupSpec>();
  std::shared_ptr<Observation> seen = std::make_shared<Observation>();

  Scene() {
    spec->id = GroupId{"web"};
    spec->limits = {2, 10};
    HookSpec hook;
    hook.name = "register";
    spec->hooks.push_back(hook);
    Instance here;
    here.id = InstanceId{"i-1"};
    seen->instances.push_back(here);
    seen->is_complete = true;
  }
  [[nodiscard]] GroupView view() const {
    GroupView shown;
    shown.spec = spec;
    shown.seen = seen;
    return shown;
  }
};

Claim hold_at(Capacity number) {
  HoldOrder order;
  order.number = number;
  return Claim{order};
}

Claim protect(const char* id) {
  return Claim{InstanceOrder{{id}, InstanceVerb::protect, "o", "r"}};
}

TEST(OrderNote, SaysThatACompleteLookKnowsNoSuchInstance) {
  const Scene scene;
  EXPECT_EQ(order_note(scene.view(), protect("i-1")), "");
  EXPECT_EQ(order_note(scene.view(), protect("i-9")),
            "web has no instance \"i-9\" now: the order waits for one of that name");
  scene.seen->is_complete = false;
  EXPECT_EQ(order_note(scene.view(), protect("i-9")), "");
}

TEST(OrderNote, SaysWhatLimitsMakeOfANumber) {
  const Scene scene;
  EXPECT_THAT(order_note(scene.view(), hold_at(50)), HasSubstr("maximum of web now makes that 10"));
  EXPECT_THAT(order_note(scene.view(), hold_at(1)), HasSubstr("minimum of web now makes that 2"));
  EXPECT_THAT(order_note(scene.view(), hold_at(5)), Not(HasSubstr("now makes")));
}

TEST(OrderNote, SaysThatAGroupWithoutAMeasureStaysWhereItWasHeld) {
  const Scene scene;
  EXPECT_THAT(order_note(scene.view(), hold_at(5)), HasSubstr("When the hold ends, web stays"));
  Policy policy;
  policy.name = "cpu";
  policy.kind = TargetPolicy{};
  scene.spec->policies.push_back(policy);
  EXPECT_EQ(order_note(scene.view(), hold_at(5)), "");
}

TEST(OrderNote, RefusesTheAnswerToAHookThatIsNotThere) {
  const Scene scene;
  const auto answer = [](const char* hook) { return Claim{LifecycleClaim{{"i-1"}, hook, true}}; };
  EXPECT_EQ(order_refusal(scene.view(), answer("register")), std::nullopt);
  EXPECT_THAT(order_refusal(scene.view(), answer("nohook")).value_or(""),
              AllOf(HasSubstr("no hook \"nohook\""), HasSubstr("it has register.")));
}

}  // namespace
}  // namespace settle
