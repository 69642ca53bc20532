#include "daemon/sources/kafka/kafka_source.h"

#include <utility>

#include "daemon/sources/kafka/reader.h"

namespace settle::kafka {
namespace {

/// The reader is shared with the answers that are still to come.
class KafkaSource final : public Source {
 public:
  explicit KafkaSource(std::shared_ptr<Reader> reader) : reader_(std::move(reader)) {}
  ~KafkaSource() override { reader_->end(); }
  void begin(Intake& intake) override { reader_->begin(intake); }
  void seated(std::uint32_t partition, const Offsets& positions) override {
    reader_->seated(partition, positions);
  }
  void unseated(std::uint32_t partition) override { reader_->unseated(partition); }
  [[nodiscard]] SourceReport report() const override { return reader_->report(); }
  void end() override { reader_->end(); }

 private:
  const std::shared_ptr<Reader> reader_;
};

}  // namespace

Result<std::unique_ptr<Source>> open_kafka_source(Settings settings, const Clock& clock) {
  auto reader = std::make_shared<Reader>(std::move(settings), clock);
  const Status opened = reader->open();
  if (!opened) return opened.error();
  return std::unique_ptr<Source>(std::make_unique<KafkaSource>(std::move(reader)));
}

}  // namespace settle::kafka
