// A topic as the other end of a source, whichever cluster it is in.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "daemon/kafka/producer.h"
#include "daemon/sources/kafka/kafka_source.h"
#include "tests/intake/other_end.h"

namespace settle::kafka {

/// Writes, and waits until what it wrote is there.
class Writer {
 public:
  explicit Writer(const std::string& brokers);
  void write(const std::vector<Outgoing>& records);

 private:
  std::unique_ptr<Producer> producer_;
};

/// A record as the binding has it: one JSON object.
[[nodiscard]] Outgoing structured(const std::string& topic, const Signal& event);

/// What tests begin with: short waits, and from the topic's beginning.
[[nodiscard]] Settings settings_for(const std::string& brokers, const std::string& topic);

class TopicEnd : public OtherEnd {
 public:
  TopicEnd(const Hall& hall, std::string brokers, std::string topic)
      : settings_(settings_for(brokers, topic)), hall_(hall), writer_(brokers) {}
  std::unique_ptr<Source> open() override;
  void write(const std::vector<Signal>& events) override;
  bool write_poison(const std::string& text) override;
  std::size_t in_flight_max() override { return settings_.in_flight_max; }
  Writer& writer() { return writer_; }

  Settings settings_;

 protected:
  const Hall& hall_;
  Writer writer_;
};

}  // namespace settle::kafka
