// A topic of a real broker under the contract of every source, and what only a real one does:
// restarts, transactions, retention, topics that are made anew.
#include <algorithm>

#include "daemon/kafka/consumer.h"
#include "tests/intake/conformance.h"
#include "tests/servers/kafka.h"
#include "tests/sources/kafka/topic_end.h"

namespace settle {
namespace {

using kafka::TopicEnd;

/// One broker for the whole program: it takes seconds to start.
servers::Kafka& broker() {
  static servers::Kafka one;
  return one;
}

/// Each test has a topic of its own.
class RealEnd final : public TopicEnd {
 public:
  RealEnd(const Hall& hall, int partitions) : TopicEnd(hall, broker().brokers(), new_name()) {
    partitions_ = partitions;
    broker().create_topic(settings_.topic, partitions);
  }
  bool lose() override {
    broker().delete_topic(settings_.topic);
    broker().create_topic(settings_.topic, partitions_);
    return true;
  }

 private:
  static std::string new_name() {
    static int topics = 0;
    return "events-" + std::to_string(++topics);
  }
  int partitions_ = 0;
};

/// Where there are no jars: every test says so.
class NoEnd final : public OtherEnd {
 public:
  std::unique_ptr<Source> open() override { return nullptr; }
  void write(const std::vector<Signal>&) override {}
  std::size_t in_flight_max() override { return 0; }
};

MakeOtherEnd topic_of(int partitions) {
  return [partitions](const Hall& hall) -> std::unique_ptr<OtherEnd> {
    if (servers::Kafka::is_available()) return std::make_unique<RealEnd>(hall, partitions);
    [] { GTEST_SKIP() << "Kafka's jars are not here"; }();
    return std::make_unique<NoEnd>();
  };
}

INSTANTIATE_TEST_SUITE_P(RealKafka, SourceConformance,
                         testing::Values(NamedOtherEnd{"as_many_partitions", topic_of(4)},
                                         NamedOtherEnd{"more_partitions", topic_of(6)}),
                         [](const auto& param) { return param.param.name; });

class RealKafka : public testing::Test {
 protected:
  void SetUp() override {
    if (!servers::Kafka::is_available()) GTEST_SKIP() << "Kafka's jars are not here";
    end_ = std::make_unique<RealEnd>(hall_, 4);
  }
  void TearDown() override { stop(); }
  void start() {
    source_ = end_->open();
    hall_.attach(*source_);
  }
  void stop() {
    hall_.detach();
    source_.reset();
  }
  std::vector<Signal> events(const std::string& prefix, std::size_t count) {
    std::vector<Signal> made;
    const std::vector<GroupId> groups = Hall::groups();
    for (std::size_t at = 0; at < count; ++at) {
      made.push_back(hall_.push(groups[at % groups.size()], prefix + std::to_string(at)));
    }
    return made;
  }
  bool fires(std::size_t count) {
    return eventually([&] { return hall_.fired().size() == count; }, std::chrono::seconds(60));
  }

  Hall hall_;
  std::unique_ptr<RealEnd> end_;
  std::unique_ptr<Source> source_;
};

TEST_F(RealKafka, GoesOnWhenItsBrokerIsBack) {
  end_->write(events("before", 20));
  start();
  ASSERT_TRUE(fires(20));
  broker().kill();
  EXPECT_TRUE(eventually([&] { return source_->report().state == "failing"; }));
  broker().start();
  end_->write(events("after", 20));
  EXPECT_TRUE(fires(40));
  EXPECT_TRUE(eventually([&] { return source_->report().state == "idle"; }));
}

TEST_F(RealKafka, WaitsForATopicThatIsNotThereYet) {
  end_->settings_.topic = "unborn";
  start();
  ASSERT_TRUE(eventually([&] { return source_->report().state == "failing"; }));
  EXPECT_NE(source_->report().last_error.find("unborn"), std::string::npos);
  broker().create_topic("unborn", 4);
  end_->write(events("e", 8));
  EXPECT_TRUE(fires(8));
}

TEST_F(RealKafka, SaysHowManyRecordsRetentionHasTaken) {
  end_->settings_.on_gap = kafka::OnGap::skip;
  start();
  end_->write(events("e", 8));
  ASSERT_TRUE(fires(8));
  stop();
  end_->write(events("taken", 400));
  const std::string topic = end_->settings_.topic;
  for (int number = 0; number < 4; ++number) broker().delete_records(topic, number, 10);
  start();
  EXPECT_TRUE(eventually([&] { return source_->report().details["gaps"] == "4"; }));
  end_->write(events("later", 8));
  EXPECT_TRUE(eventually([&] {
    const std::set<std::string> fired = hall_.fired();
    return std::count_if(fired.begin(), fired.end(), [](const std::string& one) {
             return one.find("/later") != std::string::npos;
           }) == 8;
  }));
  ASSERT_EQ(hall_.buried().size(), 4U);
  EXPECT_NE(hall_.buried()[0].reason.find("are gone: the topic begins at 10"), std::string::npos);
}

TEST_F(RealKafka, ReadsATopicThatWasMadeAnew) {
  end_->settings_.on_gap = kafka::OnGap::skip;
  start();
  end_->write(events("e", 80));
  ASSERT_TRUE(fires(80));
  (void)end_->lose();
  end_->write(events("anew", 12));
  EXPECT_TRUE(fires(92));
}

}  // namespace
}  // namespace settle
