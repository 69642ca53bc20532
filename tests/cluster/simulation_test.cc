// Whole lives of a cluster by seed: members die, stand still, are cut off, drain and return while
// events ask for instances. The oracles of fleet.h judge, and each catches a rule that is broken.
#include <cstdlib>

#include <gmock/gmock.h>

#include "tests/cluster/trouble.h"
#include "tests/cluster/worker.h"

namespace settle::cluster {
namespace {

using std::chrono::seconds;
using Town = StageOf<Worker, Fleet>;

const std::vector<std::string> names{"n1", "n2", "n3"};

/// Tells events until they are taken, to whoever says that the partition is its own.
class Sources {
 public:
  explicit Sources(Town& town) : town_(town) { tell(); }
  void stop() { is_stopped_ = true; }
  [[nodiscard]] std::size_t untaken() const { return open_.size(); }

 private:
  void tell() {
    if (!is_stopped_ && town_.world().roll(3) == 0) {
      const auto partition = static_cast<std::uint32_t>(town_.world().roll(8));
      const char* const what = town_.world().roll(5) < 3 ? "+" : "-";
      open_[std::to_string(partition) + "-" + std::to_string(++told_) + what] = partition;
    }
    std::erase_if(open_, [this](const auto& event) { return town_.world().is_taken(event.first); });
    for (const auto& [event, partition] : open_) {
      const std::string& name = names[town_.world().roll(names.size())];
      if (town_.is_up(name) && !town_[name].process().is_frozen()) {
        town_[name].offer(partition, event);
      }
    }
    town_.clock().after(zk::Milliseconds(200), [this] { tell(); });
  }
  Town& town_;
  bool is_stopped_ = false;
  std::map<std::string, std::uint32_t> open_;
  int told_ = 0;
};

struct Life {
  std::vector<std::string> failures;
  std::size_t events = 0;
  std::size_t launches = 0;
};

Life live(std::uint64_t seed, Broken broken = Broken::nothing) {
  StageOptions options;
  options.seed = seed;
  options.broken = broken;
  Town town(options);
  town.world().begin(town.clock(), seed);
  Sources sources(town);
  make_trouble(town, names, seed);
  town.run_for(seconds(10));
  sources.stop();
  town.world().rest();
  town.run_for(seconds(60));
  Life life{town.world().failures(), town.world().events(), town.world().launches()};
  if (broken != Broken::nothing && !life.failures.empty()) return life;
  for (std::uint32_t number = 0; number < options.partitions; ++number) {
    std::size_t owners = 0;
    for (const std::string& name : names) {
      const Ledger* const stored = town[name].stored(number);
      if (stored == nullptr) continue;
      ++owners;
      town.world().judge(number, *stored);
    }
    if (owners != 1) {
      life.failures.push_back("O1: partition " + std::to_string(number) + " has " +
                              std::to_string(owners) + " owners in the end");
    }
  }
  life.failures = town.world().failures().empty() ? life.failures : town.world().failures();
  if (sources.untaken() > 0) life.failures.emplace_back("O3: events are never taken");
  return life;
}

TEST(ClusterSimulation, LosesNothingAndDoesNothingTwiceWhateverHappens) {
  // SETTLE_SEEDS=5000 for a long look.
  const char* const wanted = std::getenv("SETTLE_SEEDS");
  const std::uint64_t seeds = wanted == nullptr ? 120 : std::stoull(wanted);
  std::size_t events = 0;
  std::size_t launches = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const Life life = live(seed);
    ASSERT_TRUE(life.failures.empty()) << "seed " << seed << ": " << life.failures.front();
    events += life.events;
    launches += life.launches;
  }
  EXPECT_GT(events, seeds * 10);
  EXPECT_GT(launches, seeds * 5);
}

TEST(ClusterSimulation, WritesNothingWhileNothingHappens) {
  Town town;
  town.world().begin(town.clock(), 1);
  for (const std::string& name : names) town.start(name);
  town.run_for(seconds(60));
  const std::uint64_t before = town.ensemble().writes();
  town.run_for(std::chrono::hours(1));
  EXPECT_EQ(town.ensemble().writes(), before);
}

/// Whether, within `seeds` seeds, `oracle` is among those that fail.
bool catches(Broken broken, const std::string& oracle, std::uint64_t seeds = 200) {
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    for (const std::string& failure : live(seed, broken).failures) {
      if (failure.starts_with(oracle)) return true;
    }
  }
  return false;
}

TEST(ClusterSimulation, CatchesOneThatActsWithoutAskingTheGate) {
  EXPECT_TRUE(catches(Broken::gate, "O1"));
}

TEST(ClusterSimulation, CatchesATokenThatIsAnotherForEachOwner) {
  EXPECT_TRUE(catches(Broken::token, "O2"));
}

TEST(ClusterSimulation, CatchesAnAnswerBeforeItsCommit) {
  EXPECT_TRUE(catches(Broken::answer, "O3"));
}

TEST(ClusterSimulation, CatchesACommitThatDoesNotCheckItsOwner) {
  EXPECT_TRUE(catches(Broken::title, "O4"));
}

TEST(ClusterSimulation, CatchesACallBeforeItsCommit) {
  EXPECT_TRUE(catches(Broken::intent, "O5"));
}

}  // namespace
}  // namespace settle::cluster
