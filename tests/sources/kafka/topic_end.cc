#include "tests/sources/kafka/topic_end.h"

#include <atomic>
#include <utility>

#include <gtest/gtest.h>

#include "daemon/codec/json.h"
#include "tests/intake/eventually.h"

namespace settle::kafka {

Writer::Writer(const std::string& brokers) {
  Access access;
  access.brokers = brokers;
  auto producer = Producer::open(access);
  if (producer) producer_ = std::move(*producer);
}

void Writer::write(const std::vector<Outgoing>& records) {
  ASSERT_NE(producer_, nullptr);
  auto written = std::make_shared<std::atomic<std::size_t>>(0);
  for (const Outgoing& record : records) {
    producer_->send(record, [written](const Status& status) {
      EXPECT_TRUE(status) << (status ? "" : status.error().message);
      ++*written;
    });
  }
  EXPECT_TRUE(eventually([&] { return *written == records.size(); }));
}

Outgoing structured(const std::string& topic, const Signal& event) {
  return {topic,
          event.group.value,
          event_json(event),
          {{"content-type", "application/cloudevents+json; charset=utf-8"}}};
}

Settings settings_for(const std::string& brokers, const std::string& topic) {
  Settings settings;
  settings.access.brokers = brokers;
  settings.topic = topic;
  settings.partitions = Hall::partitions;
  settings.start = Start::earliest;
  settings.in_flight_max = 64;
  settings.again_after = Duration{2};
  settings.retry_after = Duration{50};
  return settings;
}

std::unique_ptr<Source> TopicEnd::open() {
  auto source = open_kafka_source(settings_, hall_);
  EXPECT_TRUE(source) << (source ? "" : source.error().message);
  return source ? std::move(*source) : nullptr;
}

void TopicEnd::write(const std::vector<Signal>& events) {
  std::vector<Outgoing> records;
  for (const Signal& event : events) records.push_back(structured(settings_.topic, event));
  writer_.write(records);
}

bool TopicEnd::write_poison(const std::string& text) {
  writer_.write({{settings_.topic, "", text, {}}});
  return true;
}

}  // namespace settle::kafka
