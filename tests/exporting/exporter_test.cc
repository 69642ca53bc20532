// A journal's decisions in a topic, on librdkafka's mock of a cluster.
#include "daemon/exporting/exporter.h"

#include <map>
#include <set>

#include <gtest/gtest.h>

#include "daemon/codec/json.h"
#include "daemon/kafka/consumer.h"
#include "daemon/partition/router.h"
#include "tests/intake/eventually.h"
#include "tests/journal/journal_fixture.h"
#include "tests/sources/kafka/mock_cluster.h"

namespace settle {
namespace {

using exporting::Exporter;
using exporting::ExporterSettings;

constexpr int partitions = 4;

class Exports : public Journals {
 protected:
  Exports() { cluster_.create_topic("decisions", partitions); }

  ExporterSettings settings() {
    ExporterSettings made;
    made.destination.access.brokers = cluster_.brokers();
    made.destination.topic = "decisions";
    made.destination.name = "kafka://mock/decisions";
    made.position_path = path_ + ".exported";
    made.source = "/settle/c";
    made.batch_max = 7;
    made.retry_after = Duration{20};
    return made;
  }
  std::unique_ptr<Exporter> exporter() {
    auto opened = Exporter::open(settings(), reader());
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
    return opened ? std::move(*opened) : nullptr;
  }
  void decide(JournalWriter& writer, const std::string& group, std::uint64_t from,
              std::uint64_t to) {
    Journal batch;
    for (std::uint64_t round = from; round <= to; ++round) {
      batch.decisions.push_back(decision(group, round));
    }
    ASSERT_TRUE(writer.append({batch}, {}));
  }
  /// Reads until so many records are there, and takes them all.
  std::size_t read(std::size_t count) {
    kafka::Access access;
    access.brokers = cluster_.brokers();
    auto reader = kafka::Consumer::open(access, "decisions", 1'024, [] {});
    EXPECT_TRUE((*reader)->assign({{0, 0}, {1, 0}, {2, 0}, {3, 0}}));
    std::size_t seen = 0;
    ids_.clear();
    const kafka::Consumer::Visits visits{[&](const kafka::Record& record) {
                                           ++seen;
                                           take(record);
                                         },
                                         [](const kafka::Notice&) {}};
    EXPECT_TRUE(eventually([&] {
      (*reader)->read(100, visits);
      return seen >= count;
    }));
    return seen;
  }
  void take(const kafka::Record& record) {
    std::map<std::string, std::string> headers;
    for (const auto& [name, value] : record.headers) headers.emplace(name, value);
    EXPECT_EQ(headers["ce_type"], "io.settle.decision.made.v1");
    EXPECT_EQ(headers["ce_source"], "/settle/c");
    EXPECT_EQ(headers["ce_subject"], *record.key);
    EXPECT_EQ(static_cast<std::uint32_t>(record.partition), partition_of(*record.key, partitions));
    ids_.insert(headers["ce_id"]);
    last_ = std::string(*record.value);
  }

  kafka::MockCluster cluster_{1};
  std::set<std::string> ids_;
  std::string last_;
};

TEST_F(Exports, CopyEveryDecisionKeyedByItsGroup) {
  const auto writer_of = writer();
  decide(*writer_of, "web", 1, 20);
  const auto one = exporter();
  decide(*writer_of, "api", 1, 3);
  one->grown();
  EXPECT_EQ(read(23), 23U);
  EXPECT_EQ(ids_.size(), 23U);
  EXPECT_NE(last_.find("\"group\":"), std::string::npos);
}

TEST_F(Exports, GoOnFromWhereTheLastRunCameTo) {
  const auto writer_of = writer();
  decide(*writer_of, "web", 1, 20);
  {
    const auto one = exporter();
    EXPECT_TRUE(eventually([&] { return one->position() == 20; }));
  }
  decide(*writer_of, "web", 21, 25);
  {
    const auto one = exporter();
    EXPECT_TRUE(eventually([&] { return one->position() == 25; }));
  }
  EXPECT_EQ(read(25), 25U);
}

TEST_F(Exports, WaitForTheClusterAndLoseNothing) {
  const auto writer_of = writer();
  cluster_.take_down(1);
  decide(*writer_of, "web", 1, 20);
  const auto one = exporter();
  cluster_.bring_up(1);
  EXPECT_TRUE(eventually([&] { return one->position() == 20; }));
  read(20);
  EXPECT_EQ(ids_.size(), 20U);
}

TEST_F(Exports, BeginAnewWithAnotherJournalUnderTheOldName) {
  {
    const auto writer_of = writer();
    decide(*writer_of, "web", 1, 20);
    const auto one = exporter();
    EXPECT_TRUE(eventually([&] { return one->position() == 20; }));
  }
  std::filesystem::remove(path_);
  const auto writer_of = writer();
  decide(*writer_of, "api", 1, 4);
  const auto one = exporter();
  EXPECT_TRUE(eventually([&] { return one->position() == 4; }));
  read(24);
  EXPECT_EQ(ids_.size(), 24U);
}

TEST(ExportDestination, IsReadFromOneLine) {
  const auto read = exporting::read_destination(
      "kafka://k1:9092,k2:9092/settle.decisions?security.protocol=SSL&sasl.password=a=b");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->access.brokers, "k1:9092,k2:9092");
  EXPECT_EQ(read->topic, "settle.decisions");
  EXPECT_EQ(read->access.options.at("sasl.password"), "a=b");
  EXPECT_EQ(read->name, "kafka://k1:9092,k2:9092/settle.decisions");
}

TEST(ExportDestination, IsRefusedWithAReason) {
  for (const char* url : {"http://k1/t", "kafka://", "kafka://k1", "kafka:///t", "kafka://k1/a/b",
                          "kafka://k1/t?=x"}) {
    const auto read = exporting::read_destination(url);
    ASSERT_FALSE(read) << url;
    EXPECT_EQ(read.error().code, ErrorCode::invalid);
  }
}

}  // namespace
}  // namespace settle
