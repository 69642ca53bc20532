// The engine between a store, a journal and a cloud that do as they are told.
#include "daemon/runtime/engine.h"

#include <condition_variable>
#include <future>
#include <mutex>
#include <set>

#include <gmock/gmock.h>

#include "config/config.h"
#include "daemon/partition/router.h"
#include "daemon/tenancy/sole_tenancy.h"

namespace settle {
namespace {

using testing::ElementsAre;
using Words = std::vector<std::string_view>;

/// What the parts of one test do, and have been asked.
struct Script {
  std::mutex mutex;
  std::condition_variable changed;
  bool store_holds = false;  // A commit waits until this is false again.
  int store_failures = 0;    // So many commits are unavailable first.
  bool is_fenced = false;
  bool journal_fails = false;
  int commits = 0;
  std::set<std::string> sent;    // Tokens of the calls that reached the cloud.
  std::set<std::string> stored;  // Tokens of the intents that the store holds.
  bool sent_before_stored = false;

  template <typename Change>
  void change(Change apply) {
    {
      const std::lock_guard lock(mutex);
      apply(*this);
    }
    changed.notify_all();
  }
  template <typename Condition>
  bool reaches(Condition condition) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(20), [&] { return condition(*this); });
  }
};

class FakeStore final : public Store {
 public:
  explicit FakeStore(std::shared_ptr<Script> script) : script_(std::move(script)) {}
  Result<Epoch> claim(std::uint32_t /*partition*/) override { return Epoch{7}; }
  Result<std::vector<GroupRecord>> restore(std::uint32_t /*partition*/) override {
    return std::vector<GroupRecord>{};
  }
  Result<Offsets> offsets(std::uint32_t /*partition*/) override { return Offsets{}; }
  std::vector<Stored> commit(const std::vector<PartitionCommit>& commits) override {
    std::unique_lock lock(script_->mutex);
    ++script_->commits;
    script_->changed.notify_all();
    script_->changed.wait(lock, [this] { return !script_->store_holds; });
    Stored result = script_->is_fenced ? Stored::fenced : Stored::stored;
    if (script_->store_failures > 0) {
      --script_->store_failures;
      result = Stored::unavailable;
    }
    for (const PartitionCommit& one : commits) {
      if (result != Stored::stored) break;
      for (const GroupRecord& record : one.commit.dirty) {
        for (const Intent& intent : record.state.intents) script_->stored.insert(intent.token);
      }
    }
    return std::vector<Stored>(commits.size(), result);
  }

 private:
  std::shared_ptr<Script> script_;
};

class FakeJournal final : public JournalWriter {
 public:
  explicit FakeJournal(std::shared_ptr<Script> script) : script_(std::move(script)) {}
  Status append(const std::vector<Journal>& /*batches*/,
                const std::vector<StoredDeadLetter>& /*letters*/) override {
    const std::lock_guard lock(script_->mutex);
    if (script_->journal_fails) return Error{ErrorCode::unavailable, "the disk is full"};
    return std::monostate{};
  }
  Status remember(const Revision& /*revision*/) override { return std::monostate{}; }
  Status forget_before(Time /*time*/) override { return std::monostate{}; }

 private:
  std::shared_ptr<Script> script_;
};

/// An empty cloud that takes every call and makes nothing of it.
class FakeCloud final : public CloudWriter {
 public:
  FakeCloud(std::shared_ptr<Script> script, const Clock& clock)
      : script_(std::move(script)), clock_(clock) {}
  void observe(const Observe& look, ObservedReply reply) override {
    Observation seen;
    seen.at = clock_.now();
    seen.is_complete = true;
    reply({look.group, seen, Reason::cloud_unreachable});
  }
  void act(const Act& act, ActedReply reply) override {
    script_->change([&](Script& script) {
      script.sent.insert(act.intent.token);
      if (!script.stored.contains(act.intent.token)) script.sent_before_stored = true;
    });
    reply({act.group, act.intent.token, Acted::Result::not_now, {}, Reason::cloud_throttled});
  }

 private:
  std::shared_ptr<Script> script_;
  const Clock& clock_;
};

/// Owns everything, until a test says that another does.
class FakeTenancy final : public Tenancy {
 public:
  explicit FakeTenancy(std::uint32_t partitions) : partitions_(partitions) {}
  Status begin(Listener listener) override {
    listener_ = std::move(listener);
    for (std::uint32_t at = 0; at < partitions_; ++at) listener_.on_claimed(at, Epoch{7});
    return std::monostate{};
  }
  void lose(std::uint32_t partition) { listener_.on_fenced(partition); }
  bool may_act(std::uint32_t /*partition*/, Epoch /*epoch*/) const override { return true; }
  void release(std::uint32_t /*partition*/, Epoch /*epoch*/, std::function<void()> done) override {
    done();
  }
  void doubt(std::uint32_t /*partition*/) override {}
  void withdraw() override {}
  void announce(const std::string& /*revision*/) override {}
  Status agree(const std::string& /*revision*/, bool /*is_forced*/) override {
    return std::monostate{};
  }
  void note_cloud(bool /*is_answered*/) override {}
  std::string peer_key() const override { return {}; }
  void end() override {}
  std::string elsewhere(std::uint32_t /*partition*/) const override { return {}; }
  bool is_over() const override { return false; }
  std::size_t held() const override { return partitions_; }
  TenancyView view() const override { return {}; }

 private:
  const std::uint32_t partitions_;
  Listener listener_;
};

class EngineTest : public testing::Test {
 protected:
  void open(std::size_t mailbox_events_max = 1'000, bool may_write = true) {
    EngineOptions options;
    options.partitions = 2;
    options.shards = 2;
    options.loop.mailbox_events_max = mailbox_events_max;
    options.partition.unanswered_max = unanswered_max_;
    options.cluster = "test";
    options.version = "1";
    auto cloud = std::make_shared<FakeCloud>(script_, time_);
    Clouds clouds{{"simulated", {cloud, may_write ? cloud : nullptr}}};
    auto store = std::make_shared<FakeStore>(script_);
    if (!tenancy_) tenancy_ = std::make_shared<SoleTenancy>(*store, options.partitions, "test");
    Engine::Parts parts{
        time_, metrics_, store, tenancy_, std::make_unique<FakeJournal>(script_), std::move(clouds),
        [] {}, {}};
    auto engine = Engine::open(options, std::move(parts));
    ASSERT_TRUE(engine);
    engine_ = std::move(*engine);
    const Compiled compiled = compile({{"groups.yaml", R"(version: 1
groups:
  web:
    capacity: { min: 2, max: 9, initial: 2 }
    policies: { more: { type: webhook, add: 1 } }
    observe_every: 1s
)"}});
    ASSERT_FALSE(compiled.has_errors()) << compiled.findings.front().message;
    ASSERT_TRUE(engine_->configure({compiled.revision, ""},
                                   may_write ? Authority::act : Authority::observe,
                                   {std::make_shared<const GroupSpec>(compiled.specs.front())}));
  }
  void TearDown() override {
    script_->change([](Script& script) { script.store_holds = false; });
    if (engine_) engine_->stop();
    time_.stop();
  }

  Signal adjust(const std::string& id, const std::string& group = "web") const {
    return {GroupId{group}, {time_.now(), "test", id}, AdjustClaim{"more"}};
  }
  std::future<Words> deliver(std::vector<Signal> signals) {
    auto promise = std::make_shared<std::promise<Words>>();
    std::future<Words> words = promise->get_future();
    engine_->deliver(std::move(signals), "test",
                     [promise](Words outcomes) { promise->set_value(std::move(outcomes)); });
    return words;
  }
  static bool is_there(const std::future<Words>& words, int milliseconds = 20'000) {
    return words.wait_for(std::chrono::milliseconds(milliseconds)) == std::future_status::ready;
  }

  std::size_t unanswered_max_ = 100'000;
  std::shared_ptr<Script> script_ = std::make_shared<Script>();
  std::shared_ptr<Tenancy> tenancy_;  // Empty: one that owns everything for good.
  PacedTime time_;
  Metrics metrics_{"1"};
  std::unique_ptr<Engine> engine_;
};

TEST_F(EngineTest, AnswersOnlyAfterTheCommitThatHoldsTheEvent) {
  open();
  script_->change([](Script& script) { script.store_holds = true; });
  auto words = deliver({adjust("1")});
  // The store has been asked, and holds the answer back.
  ASSERT_TRUE(script_->reaches([](const Script& script) { return script.commits > 0; }));
  EXPECT_FALSE(is_there(words, 50));
  script_->change([](Script& script) { script.store_holds = false; });
  ASSERT_TRUE(is_there(words));
  EXPECT_THAT(words.get(), ElementsAre("merged"));
}

TEST_F(EngineTest, AnswersEachEventOfABatchInItsPlace) {
  open();
  auto words = deliver({adjust("1"), adjust("2", "nobody"), adjust("1"), adjust("3")});
  ASSERT_TRUE(is_there(words));
  EXPECT_THAT(words.get(), ElementsAre("merged", "UnknownGroup", "repeated", "merged"));
}

TEST_F(EngineTest, PushesBackWhenAMailboxIsFull) {
  open(2);
  auto words = deliver({adjust("1"), adjust("2"), adjust("3")});
  ASSERT_TRUE(is_there(words));
  EXPECT_THAT(words.get(), ElementsAre("full", "full", "full"));
}

// The store holds everything up, and ever more waits: who is turned away first?
TEST_F(EngineTest, ShedsMetricsThenWhatFiresThenOperatorsThenHealth) {
  unanswered_max_ = 100;
  open();
  script_->change([](Script& script) { script.store_holds = true; });
  std::vector<std::future<Words>> waiting;
  int ids = 0;
  const auto send = [&](Claim claim) {
    return deliver({{GroupId{"web"}, {time_.now(), "test", std::to_string(++ids)}, claim}});
  };
  const auto fill = [&](std::size_t most, const std::function<Claim()>& claim) {
    while (waiting.size() < most) waiting.push_back(send(claim()));
  };
  const auto is_shed = [&](Claim claim) {
    auto words = send(std::move(claim));
    return is_there(words) && words.get() == Words{"full"};
  };
  const auto fires = [] { return AdjustClaim{"more"}; };
  const auto pauses = [] { return PauseOrder{true, "somebody", "overload", Mode::pause}; };
  const auto reports = [&] {
    const std::string instance = "i-" + std::to_string(ids);
    return HealthClaim{{instance}, HealthStatus::unhealthy, "probe", "", {}};
  };
  const SampleClaim sample{"requests", {ReadingKind::value, Decimal(1)}, {}};
  fill(70, fires);
  EXPECT_TRUE(is_shed(sample));
  fill(80, fires);
  EXPECT_TRUE(is_shed(fires()));
  EXPECT_TRUE(is_shed(sample));
  fill(90, pauses);
  EXPECT_TRUE(is_shed(pauses()));
  EXPECT_TRUE(is_shed(fires()));
  fill(100, reports);
  EXPECT_TRUE(is_shed(reports()));
  script_->change([](Script& script) { script.store_holds = false; });
  for (auto& words : waiting) {
    ASSERT_TRUE(is_there(words));
    EXPECT_NE(words.get(), Words{"full"});
  }
}

TEST_F(EngineTest, TakesALogForOneEpochAndTellsWhereItGoesOn) {
  open();
  std::vector<std::pair<std::uint32_t, Seating>> seats;
  engine_->watch_seats({[&](Seating seating, const Offsets& /*positions*/) {
                          seats.emplace_back(seating.partition, seating);
                        },
                        [](Seating) {}});
  ASSERT_EQ(seats.size(), 2U);
  const auto pour = [&](Seating seating) {
    auto promise = std::make_shared<std::promise<std::string>>();
    LogPart part{"log", {{3, adjust("logged")}}, 4, {}, {}};
    engine_->pour(seating, std::move(part), "test",
                  [promise](std::string_view word) { promise->set_value(std::string(word)); });
    return promise->get_future();
  };
  const Seating mine = seats[partition_of("web", 2)].second;
  auto taken = pour(mine);
  ASSERT_EQ(taken.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_EQ(taken.get(), "merged");
  auto stale = pour({mine.partition, Epoch{static_cast<std::uint64_t>(mine.epoch) + 1}});
  ASSERT_EQ(stale.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_EQ(stale.get(), "elsewhere");
}

TEST_F(EngineTest, TriesAgainWhenTheStoreIsUnavailable) {
  open();
  script_->change([](Script& script) { script.store_failures = 2; });
  auto words = deliver({adjust("1")});
  ASSERT_TRUE(is_there(words));
  EXPECT_THAT(words.get(), ElementsAre("merged"));
}

TEST_F(EngineTest, IsNotUnwellForeverWithoutThePartitionThatTheStoreFailed) {
  const auto tenancy = std::make_shared<FakeTenancy>(2);
  tenancy_ = tenancy;
  open();
  script_->change([](Script& script) { script.store_failures = 1'000'000; });
  (void)deliver({adjust("1")});
  const auto comes = [&](bool works) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (engine_->store_works() != works && std::chrono::steady_clock::now() < until) {
      std::this_thread::yield();
    }
    return engine_->store_works() == works;
  };
  ASSERT_TRUE(comes(false));
  tenancy->lose(partition_of("web", 2));
  EXPECT_TRUE(comes(true));
}

TEST_F(EngineTest, SendsToTheCloudOnlyWhatIsStored) {
  open();
  ASSERT_TRUE(script_->reaches([](const Script& script) { return script.sent.size() >= 2; }));
  const std::lock_guard lock(script_->mutex);
  EXPECT_FALSE(script_->sent_before_stored);
}

TEST_F(EngineTest, SendsNothingWhileTheJournalCannotBeWritten) {
  script_->journal_fails = true;
  open();
  auto words = deliver({adjust("1")});
  ASSERT_TRUE(is_there(words));
  EXPECT_THAT(words.get(), ElementsAre("merged"));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (engine_->recorder().works() && std::chrono::steady_clock::now() < until) {
    std::this_thread::yield();
  }
  EXPECT_FALSE(engine_->recorder().works());
  const std::lock_guard lock(script_->mutex);
  EXPECT_TRUE(script_->sent.empty());
}

TEST_F(EngineTest, HasNothingToWriteToACloudWithWhenItObserves) {
  open(1'000, false);
  auto words = deliver({adjust("1")});
  ASSERT_TRUE(is_there(words));
  const std::lock_guard lock(script_->mutex);
  EXPECT_TRUE(script_->sent.empty());
}

TEST_F(EngineTest, KnowsThatItIsFenced) {
  open();
  script_->change([](Script& script) { script.is_fenced = true; });
  auto words = deliver({adjust("1")});
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!engine_->is_fenced() && std::chrono::steady_clock::now() < until) {
    std::this_thread::yield();
  }
  EXPECT_TRUE(engine_->is_fenced());
}

TEST_F(EngineTest, SaysWhenEveryLoopHasTurned) {
  open();
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  for (int signs = 0; signs < 3;) {
    if (engine_->have_all_turned()) ++signs;
    ASSERT_LT(std::chrono::steady_clock::now(), until);
    std::this_thread::yield();
  }
}

}  // namespace
}  // namespace settle
