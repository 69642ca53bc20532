// A source's way in: nothing overtakes what found no room, and a door that is shut calls nobody.
#include "daemon/runtime/source_door.h"

#include <atomic>
#include <filesystem>
#include <future>

#include <gmock/gmock.h>
#include <unistd.h>

#include "config/config.h"
#include "daemon/partition/router.h"
#include "daemon/tenancy/sole_tenancy.h"
#include "tests/runtime/daemon.h"

namespace settle {
namespace {

namespace fs = std::filesystem;

/// A cloud without anything in it.
class NoCloud final : public CloudReader {
 public:
  void observe(const Observe& look, ObservedReply reply) override {
    reply({look.group, std::nullopt, Reason::cloud_unreachable});
  }
};

class Doors : public testing::Test {
 protected:
  void SetUp() override {
    std::string folder = (fs::temp_directory_path() / "settle-door-XXXXXX").string();
    folder_ = ::mkdtemp(folder.data());
    auto opened = open_sqlite_store(folder_ / "store.db", 2, "test");
    ASSERT_TRUE(opened) << opened.error().message;
    std::shared_ptr<Store> store = std::move(opened->store);
    auto journal = open_journal(folder_ / "journal.db");
    ASSERT_TRUE(journal);
    EngineOptions options;
    options.partitions = 2;
    options.cluster = "test";
    options.version = "1";
    Engine::Parts parts{time_,
                        metrics_,
                        store,
                        std::make_shared<SoleTenancy>(*store, options.partitions, "test"),
                        std::move(*journal),
                        Clouds{{"simulated", {std::make_shared<NoCloud>(), nullptr}}},
                        [] {},
                        {}};
    auto engine = Engine::open(options, std::move(parts));
    ASSERT_TRUE(engine) << engine.error().message;
    engine_ = std::move(*engine);
    delivery_ = std::make_unique<Delivery>(*engine_, peers_);
    engine_->watch_seats({[this](Seating seating, const Offsets& /*positions*/) {
                            if (seating.partition == partition_of("web", 2)) seating_ = seating;
                          },
                          [](Seating) {}});
  }
  void TearDown() override {
    if (door_) door_->shut();
    if (engine_) engine_->stop();
    time_.stop();
    fs::remove_all(folder_);
  }

  /// Until then nobody can say what an event means, so that there is no room for any.
  void configure() {
    const Compiled compiled = compile({{"groups.yaml", R"(version: 1
groups:
  web: { capacity: { min: 0, max: 9 }, policies: { more: { type: webhook, add: 1 } } }
)"}});
    ASSERT_TRUE(engine_->configure({compiled.revision, ""}, Authority::observe,
                                   {std::make_shared<const GroupSpec>(compiled.specs.front())}));
  }
  void open_door(std::uint64_t in_flight_max = 100) {
    door_ = std::make_shared<SourceDoor>(
        "bus", SourceDoor::Limits{in_flight_max},
        SourceDoor::Parts{*engine_, *delivery_, tap_, metrics_, time_});
    own_ = door_->open(seating_, {{"bus/orders", 7}, {"business/orders", 9}, {"bus", 1}});
  }
  LogPart part(std::int64_t offset) const {
    Signal signal{{"web"}, {time_.now(), "s", std::to_string(offset)}, AdjustClaim{"more"}};
    return {"orders", {{offset, std::move(signal)}}, offset + 1, {}, {}};
  }
  Receipt pour(std::int64_t offset, std::optional<std::uint32_t> partition = std::nullopt) {
    auto promise = std::make_shared<std::promise<Receipt>>();
    door_->pour(partition.value_or(seating_.partition), part(offset),
                [promise](Receipt receipt) { promise->set_value(receipt); });
    return promise->get_future().get();
  }

  fs::path folder_;
  PacedTime time_;
  Metrics metrics_{"1"};
  Peers peers_{[] { return std::string(); }};
  EventTap tap_;
  Seating seating_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Delivery> delivery_;
  std::shared_ptr<SourceDoor> door_;
  Offsets own_;
};

TEST_F(Doors, ShowASourceItsOwnLogsUnderItsOwnNames) {
  open_door();
  EXPECT_EQ(own_, (Offsets{{"orders", 7}}));
}

TEST_F(Doors, LetNothingOvertakeWhatFoundNoRoom) {
  open_door();
  EXPECT_EQ(pour(7), Receipt::full);
  configure();
  EXPECT_EQ(pour(8), Receipt::full);
  EXPECT_EQ(pour(7), Receipt::held);
  EXPECT_EQ(pour(8), Receipt::held);
  EXPECT_EQ(door_->positions().at(seating_.partition), (Offsets{{"bus/orders", 9}}));
  EXPECT_EQ(door_->in_flight(), 0U);
}

TEST_F(Doors, AreOfOneEpochOfEachPartition) {
  configure();
  open_door();
  EXPECT_EQ(pour(7, 1 - seating_.partition), Receipt::elsewhere);
  door_->close(seating_.partition);
  EXPECT_EQ(pour(7), Receipt::elsewhere);
  (void)door_->open({seating_.partition, Epoch{static_cast<std::uint64_t>(seating_.epoch) + 1}},
                    {});
  EXPECT_EQ(pour(7), Receipt::elsewhere);
}

TEST_F(Doors, CallNobodyOnceTheyAreShut) {
  configure();
  open_door();
  std::atomic<int> calls{0};
  for (std::int64_t offset = 7; offset < 40; ++offset) {
    door_->pour(seating_.partition, part(offset), [&](Receipt) { ++calls; });
  }
  door_->shut();
  const int before = calls;
  EXPECT_TRUE(eventually([&] { return door_->in_flight() == 0; }));
  EXPECT_EQ(calls, before);
}

TEST_F(Doors, EmitAndTellWhatBecameOfEach) {
  configure();
  open_door();
  std::promise<std::vector<Receipt>> told;
  door_->emit(
      {part(1).entries.front().signal, {{"nobody"}, {time_.now(), "s", "2"}, AdjustClaim{"more"}}},
      [&](std::vector<Receipt> receipts) { told.set_value(std::move(receipts)); });
  EXPECT_EQ(told.get_future().get(), (std::vector<Receipt>{Receipt::held, Receipt::held}));
}

}  // namespace
}  // namespace settle
