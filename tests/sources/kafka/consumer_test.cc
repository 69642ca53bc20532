// What reads partitions, on librdkafka's mock of a cluster.
#include "daemon/kafka/consumer.h"

#include <map>

#include <gmock/gmock.h>

#include "tests/intake/eventually.h"
#include "tests/sources/kafka/mock_cluster.h"
#include "tests/sources/kafka/topic_end.h"

namespace settle {
namespace {

using kafka::Consumer;
using kafka::Notice;
using kafka::Outgoing;
using kafka::Record;

constexpr int buffer_kilobytes = 1'024;
constexpr int records = 40;

class KafkaConsumer : public testing::Test {
 protected:
  KafkaConsumer() {
    cluster_.create_topic("events", 2);
    kafka::Writer writer(cluster_.brokers());
    std::vector<Outgoing> written;
    for (int at = 0; at < records; ++at) {
      written.push_back({"events", std::to_string(at), std::to_string(at), {}});
    }
    writer.write(written);
    kafka::Access access;
    access.brokers = cluster_.brokers();
    auto opened = Consumer::open(access, "events", buffer_kilobytes, [] {});
    EXPECT_TRUE(opened);
    consumer_ = std::move(*opened);
    EXPECT_TRUE(consumer_->assign({{0, 0}, {1, 0}}));
  }
  /// Until all of that partition is read.
  bool reads_all_of(std::int32_t partition) {
    return eventually([&] {
      consumer_->read(7, visits_);
      return ends_.contains(partition);
    });
  }
  [[nodiscard]] std::vector<std::int64_t> all_of(std::int32_t partition) const {
    std::vector<std::int64_t> offsets;
    const auto end = ends_.find(partition);
    for (std::int64_t at = 0; end != ends_.end() && at < end->second; ++at) offsets.push_back(at);
    return offsets;
  }

  kafka::MockCluster cluster_{1};
  std::unique_ptr<Consumer> consumer_;
  std::map<std::int32_t, std::vector<std::int64_t>> read_;  // Offsets, in the order they came.
  std::map<std::int32_t, std::int64_t> ends_;
  const Consumer::Visits visits_{
      [this](const Record& record) { read_[record.partition].push_back(record.offset); },
      [this](const Notice& notice) {
        if (notice.kind == Notice::Kind::at_end) ends_[notice.partition] = notice.offset;
      }};
};

TEST_F(KafkaConsumer, ReadsEachPartitionInItsOrder) {
  ASSERT_TRUE(reads_all_of(0));
  ASSERT_TRUE(reads_all_of(1));
  EXPECT_EQ(read_[0].size() + read_[1].size(), records);
  EXPECT_EQ(read_[0], all_of(0));
  EXPECT_EQ(read_[1], all_of(1));
}

TEST_F(KafkaConsumer, KeepsWhatWasFetchedOfAPartitionThatIsHeldAndReadsTheOther) {
  consumer_->hold(0, true);
  ASSERT_TRUE(reads_all_of(1));
  EXPECT_THAT(read_[0], testing::IsEmpty());
  EXPECT_EQ(read_[1], all_of(1));
  consumer_->hold(0, false);
  ASSERT_TRUE(reads_all_of(0));
  EXPECT_EQ(read_[0], all_of(0));
}

TEST_F(KafkaConsumer, ReadsAPartitionFromWhereItIsAssignedAgain) {
  ASSERT_TRUE(reads_all_of(0));
  consumer_->unassign({0});
  read_.clear();
  ends_.clear();
  ASSERT_TRUE(consumer_->assign({{0, 2}}));
  ASSERT_TRUE(reads_all_of(0));
  ASSERT_GE(all_of(0).size(), 3U);
  EXPECT_EQ(read_[0].front(), 2);
  EXPECT_EQ(read_[0].size() + 2, all_of(0).size());
}

}  // namespace
}  // namespace settle
