#include "daemon/partition/agenda.h"

#include <algorithm>
#include <map>
#include <random>

#include <gtest/gtest.h>

namespace settle {
namespace {

Time at(int ms) {
  return Time{Duration{ms}};
}

TEST(Agenda, IsEmptyWhenNew) {
  GroupAgenda agenda;
  EXPECT_EQ(agenda.earliest(), never);
  EXPECT_EQ(agenda.take_due(at(1'000)), std::nullopt);
}

TEST(Agenda, KeepsOneTimeASlot) {
  GroupAgenda agenda;
  agenda.set(3, at(10));
  agenda.set(3, at(20));
  EXPECT_EQ(agenda.take_due(at(15)), std::nullopt);
  EXPECT_EQ(agenda.take_due(at(20)), 3U);
  EXPECT_EQ(agenda.earliest(), never);
}

TEST(Agenda, AgreesWithAMapThatIsScanned) {
  std::mt19937 random(7);
  GroupAgenda agenda;
  std::map<std::uint32_t, Time> model;
  for (int step = 0; step < 20'000; ++step) {
    const auto slot = static_cast<std::uint32_t>(random() % 50);
    if (random() % 5 == 0) {
      agenda.set(slot, never);
      model.erase(slot);
    } else if (random() % 3 == 0) {
      const Time now = at(static_cast<int>(random() % 1000));
      const auto least =
          std::min_element(model.begin(), model.end(),
                           [](const auto& a, const auto& b) { return a.second < b.second; });
      std::optional<std::uint32_t> due;
      if (least != model.end() && least->second <= now) due = least->first;
      ASSERT_EQ(agenda.take_due(now), due);
      if (due) model.erase(*due);
    } else {
      const Time when = at(static_cast<int>(random() % 1000));
      agenda.set(slot, when);
      model[slot] = when;
    }
    Time earliest = never;
    for (const auto& [_, when] : model) earliest = std::min(earliest, when);
    ASSERT_EQ(agenda.earliest(), earliest);
  }
}

}  // namespace
}  // namespace settle
