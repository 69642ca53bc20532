// Queues of a real RabbitMQ under the contract of every source, and what only a broker does.
#include "daemon/codec/json.h"
#include "daemon/sources/amqp/amqp_source.h"
#include "tests/intake/conformance.h"
#include "tests/servers/rabbit.h"

namespace settle {
namespace {

/// One broker for the whole program: it takes seconds to start.
servers::Rabbit& broker() {
  static servers::Rabbit one;
  return one;
}

/// Each test has queues of its own.
class QueueEnd final : public OtherEnd {
 public:
  explicit QueueEnd(const Hall& hall) : hall_(hall) {
    static int ends = 0;
    settings_.address = *read_amqp_address(broker().url());
    settings_.queue = "events-" + std::to_string(++ends);
    settings_.partitions = Hall::partitions;
    settings_.in_flight_max = 64;
    settings_.again_after = Duration{2};
    settings_.retry_after = Duration{20};
    connect();
  }
  std::unique_ptr<Source> open() override { return amqp::open_amqp_source(settings_, hall_); }
  void write(const std::vector<Signal>& events) override {
    for (const Signal& event : events) {
      publish(std::hash<std::string>{}(event.stamp.id) % Hall::partitions, event_json(event));
    }
  }
  bool write_poison(const std::string& text) override {
    publish(0, text);
    return true;
  }
  std::size_t in_flight_max() override { return settings_.in_flight_max; }
  void connect() {
    auto opened = amqp::Connection::open(settings_.address, 10);
    ASSERT_TRUE(opened) << opened.error().message;
    writer_ = std::move(*opened);
    for (std::uint32_t number = 0; number < Hall::partitions; ++number) {
      amqp::QueueWish wish;
      wish.name = settings_.queue + "." + std::to_string(number);
      ASSERT_TRUE(writer_->declare(wish));
    }
  }

  amqp::Settings settings_;

 private:
  void publish(std::size_t queue, const std::string& body) {
    EXPECT_TRUE(writer_->publish("", settings_.queue + "." + std::to_string(queue),
                                 "application/cloudevents+json", body));
  }
  const Hall& hall_;
  std::unique_ptr<amqp::Connection> writer_;
};

/// Where there is no broker: every test says so.
class NoEnd final : public OtherEnd {
 public:
  std::unique_ptr<Source> open() override { return nullptr; }
  void write(const std::vector<Signal>&) override {}
  std::size_t in_flight_max() override { return 0; }
};

INSTANTIATE_TEST_SUITE_P(RealRabbit, SourceConformance,
                         testing::Values(NamedOtherEnd{
                             "queues",
                             [](const Hall& hall) -> std::unique_ptr<OtherEnd> {
                               if (servers::Rabbit::is_available()) {
                                 return std::make_unique<QueueEnd>(hall);
                               }
                               [] { GTEST_SKIP() << "RabbitMQ is not here"; }();
                               return std::make_unique<NoEnd>();
                             }}),
                         [](const auto& param) { return param.param.name; });

class RealRabbit : public testing::Test {
 protected:
  void SetUp() override {
    if (!servers::Rabbit::is_available()) GTEST_SKIP() << "RabbitMQ is not here";
    end_ = std::make_unique<QueueEnd>(hall_);
  }
  void TearDown() override {
    hall_.detach();
    source_.reset();
  }
  void start() {
    source_ = end_->open();
    hall_.attach(*source_);
  }
  bool fires(std::size_t count) {
    return eventually([&] { return hall_.fired().size() == count; }, std::chrono::seconds(60));
  }
  std::vector<Signal> events(const std::string& prefix, std::size_t count) {
    std::vector<Signal> made;
    const std::vector<GroupId> groups = Hall::groups();
    for (std::size_t at = 0; at < count; ++at) {
      made.push_back(hall_.push(groups[at % groups.size()], prefix + std::to_string(at)));
    }
    return made;
  }

  Hall hall_;
  std::unique_ptr<QueueEnd> end_;
  std::unique_ptr<Source> source_;
};

TEST_F(RealRabbit, GoesOnWhenItsBrokerIsBack) {
  start();
  end_->write(events("before", 20));
  ASSERT_TRUE(fires(20));
  broker().kill();
  EXPECT_TRUE(eventually([&] { return source_->report().state == "failing"; }));
  broker().start();
  end_->connect();
  end_->write(events("after", 20));
  EXPECT_TRUE(fires(40));
  EXPECT_EQ(source_->report().state, "reading");
}

TEST_F(RealRabbit, TakesNotificationsOfNovaAsHints) {
  amqp::Settings settings = end_->settings_;
  settings.speaks = amqp::Speaks::nova;
  settings.queue = "notifications";
  settings.exchange = "amq.topic";
  settings.keys = {"versioned_notifications.info", "versioned_notifications.error"};
  source_ = amqp::open_amqp_source(settings, hall_);
  hall_.attach(*source_);
  ASSERT_TRUE(eventually([&] { return source_->report().state == "reading"; }));
  const std::string inner =
      R"({"message_id":"f1a0","event_type":"instance.create.error",)"
      R"("timestamp":"2026-11-23 09:14:30.250000","payload":{"nova_object.data":)"
      R"({"uuid":"178b0921","metadata":{"settle:group":")" +
      Hall::groups().front().value + R"("}}}})";
  std::string body = R"({"oslo.version":"2.0","oslo.message":)";
  append_json_text(body, inner);
  const auto writer = amqp::Connection::open(settings.address, 10);
  ASSERT_TRUE(writer);
  ASSERT_TRUE((*writer)->publish(settings.exchange, "versioned_notifications.error",
                                 "application/json", body + "}"));
  EXPECT_TRUE(eventually([&] {
    const SourceReport report = source_->report();
    return report.last_event == parse_time("2026-11-23T09:14:30.250Z") && report.in_flight == 0;
  }));
  EXPECT_TRUE(hall_.buried().empty());
}

TEST_F(RealRabbit, RejectsToTheDeadLetterExchange) {
  end_->settings_.queue += "-dead";
  end_->settings_.dead_letter_exchange = "amq.fanout";
  auto reader = amqp::Connection::open(end_->settings_.address, 10);
  ASSERT_TRUE(reader);
  amqp::QueueWish dead;
  dead.name = "the-dead";
  dead.exchange = "amq.fanout";
  dead.keys = {""};
  ASSERT_TRUE((*reader)->declare(dead));
  ASSERT_TRUE((*reader)->consume(dead.name));
  start();
  ASSERT_TRUE(eventually([&] { return source_->report().state == "reading"; }));
  (void)end_->write_poison("this is no event");
  std::string body;
  EXPECT_TRUE(eventually([&] {
    const auto message = (*reader)->next(std::chrono::milliseconds(50));
    if (message && *message) body = (*message)->body;
    return !body.empty();
  }));
  EXPECT_EQ(body, "this is no event");
  EXPECT_EQ(hall_.buried().size(), 1U);
}

}  // namespace
}  // namespace settle
