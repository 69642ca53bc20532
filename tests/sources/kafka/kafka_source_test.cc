// A topic under the contract of every source, on librdkafka's mock of a cluster.
#include "daemon/sources/kafka/kafka_source.h"

#include <algorithm>

#include "daemon/codec/json.h"
#include "daemon/kafka/consumer.h"
#include "tests/intake/conformance.h"
#include "tests/sources/kafka/mock_cluster.h"
#include "tests/sources/kafka/topic_end.h"

namespace settle {
namespace {

using kafka::MockCluster;
using kafka::TopicEnd;

class MockEnd final : public TopicEnd {
 public:
  MockEnd(const Hall& hall, std::unique_ptr<MockCluster> cluster, int partitions)
      : TopicEnd(hall, cluster->brokers(), "events"), cluster_(std::move(cluster)) {
    cluster_->create_topic("events", partitions);
  }
  MockCluster& cluster() { return *cluster_; }

 private:
  std::unique_ptr<MockCluster> cluster_;
};

MakeOtherEnd topic_of(int partitions) {
  return [partitions](const Hall& hall) {
    return std::make_unique<MockEnd>(hall, std::make_unique<MockCluster>(1), partitions);
  };
}

INSTANTIATE_TEST_SUITE_P(Sources, SourceConformance,
                         testing::Values(NamedOtherEnd{"a_topic_of_as_many_partitions",
                                                       topic_of(4)},
                                         NamedOtherEnd{"a_topic_of_others", topic_of(3)}),
                         [](const auto& param) { return param.param.name; });

class KafkaSource : public testing::Test {
 protected:
  void start() {
    source_ = end_.open();
    hall_.attach(*source_);
  }
  void stop() {
    hall_.detach();
    source_.reset();
  }
  void TearDown() override { stop(); }
  std::vector<Signal> events(const std::string& prefix, std::size_t count) {
    std::vector<Signal> made;
    const std::vector<GroupId> groups = Hall::groups();
    for (std::size_t at = 0; at < count; ++at) {
      made.push_back(hall_.push(groups[at % groups.size()], prefix + std::to_string(at)));
    }
    return made;
  }
  bool fires(std::size_t count) {
    return eventually([&] { return hall_.fired().size() == count; });
  }
  std::string detail(const std::string& key) { return source_->report().details[key]; }

  Hall hall_;
  MockEnd end_{hall_, std::make_unique<MockCluster>(1), 4};
  std::unique_ptr<Source> source_;
};

TEST_F(KafkaSource, CommitsItsPositionsWithWhatTheRecordsChanged) {
  end_.write(events("e", 40));
  start();
  ASSERT_TRUE(fires(40));
  EXPECT_TRUE(eventually([&] {
    std::int64_t sum = 0;
    for (std::uint32_t number = 0; number < Hall::partitions; ++number) {
      for (const auto& [log, position] : hall_.positions(number)) sum += position;
    }
    return sum == 40;
  }));
  EXPECT_TRUE(eventually([&] { return source_->report().state == "idle"; }));
  EXPECT_EQ(source_->report().lag, 0);
  EXPECT_EQ(detail("for_other_partitions"), "0");
}

TEST_F(KafkaSource, BeginsAtTheEndWhereItIsToldTo) {
  end_.settings_.start = kafka::Start::latest;
  end_.write(events("old", 20));
  start();
  EXPECT_TRUE(eventually([&] { return source_->report().state == "idle"; }));
  end_.write(events("new", 12));
  EXPECT_TRUE(fires(12));
}

// What came while nobody read has been waited for: the end was committed when it was seen.
TEST_F(KafkaSource, ReadsWhatCameWhileNobodyRead) {
  end_.settings_.start = kafka::Start::latest;
  start();
  EXPECT_TRUE(eventually([&] {
    for (std::uint32_t number = 0; number < Hall::partitions; ++number) {
      if (hall_.positions(number).empty()) return false;
    }
    return true;
  }));
  stop();
  end_.write(events("meanwhile", 12));
  start();
  EXPECT_TRUE(fires(12));
}

TEST_F(KafkaSource, ReadsEventsInHeaders) {
  const Signal event = hall_.push(Hall::groups().front(), "in-headers");
  end_.writer().write({{"events",
                        event.group.value,
                        R"({"policy":"push"})",
                        {{"ce_specversion", "1.0"},
                         {"ce_type", "io.settle.adjust.v1"},
                         {"ce_source", event.stamp.source},
                         {"ce_id", event.stamp.id},
                         {"ce_subject", event.group.value},
                         {"ce_time", time_text(event.stamp.at)}}}});
  start();
  EXPECT_TRUE(fires(1));
}

TEST_F(KafkaSource, WritesWhatIsNoEventToTheDeadLetterTopic) {
  end_.cluster().create_topic("dead", 1);
  end_.settings_.dead_letter_topic = "dead";
  end_.write_poison("this is no event");
  end_.write(events("e", 8));
  start();
  ASSERT_TRUE(fires(8));
  ASSERT_TRUE(eventually([&] { return source_->report().in_flight == 0; }));
  auto reader = kafka::Consumer::open(end_.settings_.access, "dead", 1'024, [] {});
  ASSERT_TRUE(reader);
  ASSERT_TRUE((*reader)->assign({{0, 0}}));
  std::vector<std::string> seen;
  std::string place;
  const kafka::Consumer::Visits visits{[&](const kafka::Record& record) {
                                         seen.emplace_back(record.value.value_or(""));
                                         for (const auto& [name, value] : record.headers) {
                                           if (name == "settle_place") place = value;
                                         }
                                       },
                                       [](const kafka::Notice&) {}};
  EXPECT_TRUE(eventually([&] { return (*reader)->read(10, visits) > 0 && !seen.empty(); }));
  EXPECT_EQ(seen, std::vector<std::string>{"this is no event"});
  EXPECT_EQ(place.substr(0, 7), "events/");
}

TEST_F(KafkaSource, StopsAtAPositionThatTheTopicDoesNotHave) {
  end_.write(events("e", 8));
  source_ = end_.open();
  hall_.attach(*source_);
  ASSERT_TRUE(fires(8));
  source_->unseated(0);
  source_->seated(0, {{"events/0", 1'000}});
  EXPECT_TRUE(eventually([&] { return source_->report().state == "failing"; }));
  EXPECT_NE(source_->report().last_error.find("events/0@1000"), std::string::npos);
  ASSERT_EQ(hall_.buried().size(), 1U);
  EXPECT_EQ(hall_.buried()[0].id, "events/0@1000");
}

TEST_F(KafkaSource, GoesOnAsAnotherLogWhereThatIsWanted) {
  end_.settings_.on_gap = kafka::OnGap::skip;
  end_.write(events("e", 8));
  start();
  ASSERT_TRUE(fires(8));
  source_->unseated(0);
  source_->seated(0, {{"events/0", 1'000}});
  EXPECT_TRUE(eventually([&] { return hall_.positions(0).contains("events/0+1"); }));
  EXPECT_EQ(detail("gaps"), "1");
  end_.write(events("more", 8));
  EXPECT_TRUE(fires(16));
}

TEST_F(KafkaSource, WaitsForItsCluster) {
  start();
  end_.write(events("e", 8));
  EXPECT_TRUE(fires(8));
  end_.cluster().take_down(1);
  EXPECT_TRUE(eventually([&] { return source_->report().state == "failing"; }));
  end_.cluster().bring_up(1);
  EXPECT_TRUE(eventually([&] { return source_->report().state == "idle"; }));
  end_.write(events("back", 8));
  EXPECT_TRUE(fires(16));
}

TEST_F(KafkaSource, KeepsOtherPartitionsGoingWhereOneIsStuck) {
  end_.settings_.in_flight_max = 1'000;
  start();
  end_.write(events("e", 400));
  EXPECT_TRUE(fires(400));
  // Paused and resumed, nothing is left out.
  hall_.hold_commits(true);
  end_.write(events("held", 4'000));
  EXPECT_TRUE(eventually([&] { return source_->report().in_flight >= 500; }));
  hall_.hold_commits(false);
  EXPECT_TRUE(fires(4'400));
}

TEST(KafkaSettings, AreRefusedByNameAndWithoutTheirValues) {
  const Hall hall;
  kafka::Settings settings = kafka::settings_for("127.0.0.1:1", "events");
  settings.access.options["sasl.pasword"] = "hush";
  const auto source = kafka::open_kafka_source(settings, hall);
  ASSERT_FALSE(source);
  EXPECT_NE(source.error().message.find("sasl.pasword"), std::string::npos);
  EXPECT_EQ(source.error().message.find("hush"), std::string::npos);
}

}  // namespace
}  // namespace settle
