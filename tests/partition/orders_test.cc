// Orders for many groups: one record in the partition, which holds for groups that come later.
#include <algorithm>

#include <gtest/gtest.h>

#include "daemon/partition/partition.h"
#include "tests/partition/engine.h"

namespace settle {
namespace {
using namespace std::chrono_literals;

SpecPointer group_of(const std::string& id, const std::string& tenant) {
  GroupSpec spec;
  spec.id = {id};
  spec.tenant = tenant;
  spec.limits = {0, 10};
  return std::make_shared<const GroupSpec>(std::move(spec));
}

// A partition whose every commit and journal write is answered at once.
class Office {
 public:
  explicit Office(std::vector<GroupRecord> inherited = {})
      : partition_({7, Epoch{3}, "test", "0", "0"}, {}, std::move(inherited)) {
    engine::script() = {};
  }

  void configure(std::vector<SpecPointer> specs) {
    take(Reconfigured{"r1", Authority::act, std::move(specs)});
  }
  Merge order(const std::string& scope, Mode mode, bool is_lifted = false) {
    now_ += 1s;
    take(Arrived{{{scope},
                  {now_, "operator/ada", std::to_string(now_.time_since_epoch().count())},
                  PauseOrder{!is_lifted, "ada", "storage", mode}},
                 Ticket{5}});
    return answer_;
  }
  std::optional<FleetOrder> standing(const std::string& group) {
    take(Asked{Ticket{9}, GroupId{group}});
    return shown_.groups.at(0).standing;
  }
  [[nodiscard]] const std::vector<GroupRecord>& stored() const { return stored_; }

 private:
  void take(Event event) {
    partition_.advance(std::move(event), now_);
    std::vector<Effect> effects = partition_.finish_turn(now_);
    while (!effects.empty()) {
      std::vector<Event> answers;
      for (Effect& effect : effects) heed(effect, answers);
      if (answers.empty()) return;
      for (Event& answer : answers) partition_.advance(std::move(answer), now_);
      effects = partition_.finish_turn(now_);
    }
  }
  void heed(Effect& effect, std::vector<Event>& answers) {
    if (const auto* commit = std::get_if<Commit>(&effect)) {
      for (const GroupRecord& record : commit->dirty) {
        std::erase_if(stored_, [&](const GroupRecord& old) { return old.group == record.group; });
        stored_.push_back(record);
      }
      answers.emplace_back(Committed{commit->batch});
    } else if (const auto* journal = std::get_if<Journal>(&effect)) {
      answers.emplace_back(Journaled{journal->batch});
    } else if (const auto* answered = std::get_if<Answered>(&effect)) {
      answer_ = answered->merge;
    } else if (auto* shown = std::get_if<Shown>(&effect)) {
      shown_ = std::move(*shown);
    }
  }

  Time now_{std::chrono::hours(400'000)};
  Partition partition_;
  Merge answer_ = Merge::full;
  Shown shown_;
  std::vector<GroupRecord> stored_;
};

TEST(Orders, OneForAllHoldsForGroupsThatComeLater) {
  Office office;
  office.configure({group_of("web", "")});
  EXPECT_EQ(office.order("@all", Mode::pause), Merge::merged);
  ASSERT_TRUE(office.standing("web").has_value());
  EXPECT_EQ(office.standing("web")->scope, "all");
  office.configure({group_of("new", ""), group_of("web", "")});
  ASSERT_TRUE(office.standing("new").has_value());
  EXPECT_EQ(office.standing("new")->mode, Mode::pause);
}

TEST(Orders, OneForATenantIsForItsGroupsAlone) {
  Office office;
  office.configure({group_of("db", "core"), group_of("web", "edge")});
  office.order("@tenant/edge", Mode::only_up);
  EXPECT_FALSE(office.standing("db").has_value());
  ASSERT_TRUE(office.standing("web").has_value());
  EXPECT_EQ(office.standing("web")->mode, Mode::only_up);
  office.order("@all", Mode::pause);
  EXPECT_EQ(office.standing("web")->mode, Mode::pause) << "the strictest holds";
  office.order("@all", Mode::pause, true);
  EXPECT_EQ(office.standing("web")->mode, Mode::only_up);
  EXPECT_FALSE(office.standing("db").has_value());
}

TEST(Orders, ASuccessorInheritsThem) {
  Office office;
  office.configure({group_of("web", "edge")});
  office.order("@tenant/edge", Mode::observe);
  ASSERT_FALSE(office.stored().empty());
  Office successor(office.stored());
  successor.configure({group_of("web", "edge")});
  ASSERT_TRUE(successor.standing("web").has_value());
  EXPECT_EQ(successor.standing("web")->mode, Mode::observe);
  EXPECT_EQ(successor.standing("web")->owner, "ada");
  successor.configure({group_of("other", "edge")});
  EXPECT_TRUE(successor.standing("other").has_value()) << "a new configuration forgets no order";
}

TEST(Orders, WhatIsNoScopeIsNoGroup) {
  Office office;
  office.configure({group_of("web", "")});
  EXPECT_EQ(office.order("@everything", Mode::pause), Merge::unknown_group);
  EXPECT_FALSE(office.standing("web").has_value());
}

}  // namespace
}  // namespace settle
