#include "daemon/sources/kafka/reader.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/log.h"
#include "daemon/partition/router.h"
#include "daemon/sources/kafka/binding.h"

namespace settle::kafka {
namespace {

constexpr std::size_t kept_text_max = 4'096;
constexpr std::size_t reading_max = 4'096;  // Records at one time.
constexpr std::size_t share_least = 256;    // Kilobytes.
constexpr Duration report_every{200};
constexpr Duration rest_most{1'000};

}  // namespace

Status Reader::open() {
  const Status opened = open_consumer(settings_.partitions);
  if (!opened) return opened;
  if (settings_.dead_letter_topic.empty()) return std::monostate();
  Result<std::unique_ptr<Producer>> producer = Producer::open(settings_.access);
  if (!producer) return producer.error();
  producer_ = std::move(*producer);
  return std::monostate();
}

/// For a topic of so many partitions: each has its share of what may be fetched ahead.
Status Reader::open_consumer(std::size_t partitions) {
  const std::size_t share = settings_.buffer_bytes / 1024 / partitions;
  const int kilobytes = static_cast<int>(std::max(share, share_least));
  if (kilobytes == buffer_kilobytes_) return std::monostate();
  Result<std::unique_ptr<Consumer>> consumer =
      Consumer::open(settings_.access, settings_.topic, kilobytes, [this] { wake(); });
  if (!consumer) return consumer.error();
  consumer_ = std::move(*consumer);
  buffer_kilobytes_ = kilobytes;
  return std::monostate();
}

void Reader::begin(Intake& intake) {
  intake_ = &intake;
  thread_ = std::thread([this] { run(); });
}

void Reader::seated(std::uint32_t partition, const Offsets& positions) {
  const std::lock_guard gate(gate_mutex_);
  seatings_[partition] = ++seatings_made_;
  leave(Seat{partition, seatings_made_, positions});
}

void Reader::unseated(std::uint32_t partition) {
  const std::lock_guard gate(gate_mutex_);
  seatings_.erase(partition);
  leave(Seat{partition, 0, {}});
}

SourceReport Reader::report() const {
  const std::lock_guard lock(mutex_);
  return report_;
}

// The consumer goes first: whatever is left of it calls wake().
void Reader::end() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  consumer_.reset();
  producer_.reset();
}

void Reader::leave(Mail mail) {
  {
    const std::lock_guard lock(mutex_);
    mailbox_.push_back(std::move(mail));
  }
  changed_.notify_all();
}

void Reader::wake() {
  {
    const std::lock_guard lock(mutex_);
    is_ready_ = true;
  }
  changed_.notify_all();
}

void Reader::run() {
  while (true) {
    std::vector<Mail> mail;
    {
      const std::lock_guard lock(mutex_);
      if (is_stopping_) return;
      mail.swap(mailbox_);
      is_ready_ = false;
    }
    for (Mail& one : mail) {
      std::visit([this](auto& content) { on(std::move(content)); }, one);
    }
    if (turn()) continue;
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, next_look_,
                        [this] { return is_stopping_ || is_ready_ || !mailbox_.empty(); });
  }
}

bool Reader::turn() {
  next_look_ = Steady::now() + rest_most;
  discover();
  if (are_lanes_due_) open_lanes();
  if (!gaps_.empty()) mend_gaps();
  const bool has_read = read();
  hand_over();
  publish();
  return has_read;
}

bool Reader::read() {
  if (in_flight_ >= settings_.in_flight_max) return false;
  ++readings_;
  const std::size_t room = settings_.in_flight_max - in_flight_;
  const Consumer::Visits visits{[this](const Record& record) { take(record); },
                                [this](const Notice& notice) { take(notice); }};
  const std::size_t seen = consumer_->read(std::min(room, reading_max), visits);
  tell(consumer_->take_trouble());
  return seen > 0;
}

void Reader::take(const Record& record) {
  const auto found = lanes_.find(record.partition);
  if (found == lanes_.end()) return;
  Lane& lane = found->second;
  Part* part = lane.part_for(record.offset, readings_);
  if (part == nullptr) return;
  ++in_flight_;
  Result<Signal> signal = read_event(record, clock_.now());
  if (!signal) return bury(record, signal.error().message, *part);
  last_event_ = std::max(last_event_.value_or(Time{}), signal->stamp.at);
  if (partition_of(signal->group.value, settings_.partitions) == lane.partition()) {
    part->entries.push_back({record.offset, std::move(*signal)});
  } else {
    ++strays_;
    part->strays.push_back(std::move(*signal));
  }
}

void Reader::bury(const Record& record, const std::string& reason, Part& part) {
  ++poison_;
  const std::string place = place_of(settings_.topic, record.partition, record.offset);
  const std::string_view value = record.value.value_or(std::string_view());
  intake_->bury({place, reason, std::string(value.substr(0, kept_text_max))});
  if (!producer_) return;
  Outgoing letter{
      settings_.dead_letter_topic, std::string(record.key.value_or("")), std::string(value), {}};
  for (const auto& [name, text] : record.headers) letter.headers.emplace_back(name, text);
  letter.headers.emplace_back("settle_reason", reason);
  letter.headers.emplace_back("settle_place", place);
  part.letters.push_back(std::move(letter));
}

void Reader::take(const Notice& notice) {
  const auto found = lanes_.find(notice.partition);
  if (found == lanes_.end()) return;
  Lane& lane = found->second;
  switch (notice.kind) {
    case Notice::Kind::at_end:
      lane.is_at_end = true;
      trouble_.clear();
      return;
    case Notice::Kind::no_such:
      if (lane.has_gap) return;
      lane.has_gap = true;
      gaps_.push_back(lane.number());
      return;
    case Notice::Kind::failing:
      tell(fmt::format("{}/{}: {}", settings_.topic, notice.partition, notice.text));
      return;
  }
}

void Reader::look_again_in(Duration delay) {
  next_look_ = std::min(next_look_, Steady::now() + delay);
}

void Reader::tell(std::string trouble) {
  if (trouble.empty()) return;
  trouble_ = std::move(trouble);
  // Whether it has passed, the next discovery tells.
  next_discovery_ = std::min(next_discovery_, Steady::now() + settings_.retry_after);
}

void Reader::publish() {
  if (Steady::now() < next_report_) return;
  next_report_ = Steady::now() + report_every;
  SourceReport report;
  std::int64_t lag = 0;
  bool is_at_end = true;
  bool has_gap = false;
  for (const auto& [number, lane] : lanes_) {
    is_at_end = is_at_end && lane.is_at_end;
    has_gap = has_gap || lane.has_gap;
    const auto end = consumer_->end_of(number);
    const std::int64_t unread =
        lane.is_at_end || !end ? 0 : std::max<std::int64_t>(0, *end - lane.next());
    lag += unread + static_cast<std::int64_t>(lane.in_flight());
  }
  if (!has_gap) gap_text_.clear();
  report.last_error = !trouble_.empty() ? trouble_ : gap_text_;
  report.state = !report.last_error.empty()     ? "failing"
                 : lanes_.empty()               ? "waiting"
                 : is_at_end && in_flight_ == 0 ? "idle"
                                                : "reading";
  report.last_event = last_event_;
  if (!lanes_.empty()) report.lag = lag;
  report.in_flight = in_flight_;
  report.details = {{"topic", settings_.topic},
                    {"topic_partitions", std::to_string(topic_partitions_)},
                    {"partitions_read", std::to_string(lanes_.size())},
                    {"for_other_partitions", std::to_string(strays_)},
                    {"no_events", std::to_string(poison_)},
                    {"gaps", std::to_string(gaps_seen_)}};
  const bool is_failing = report.state == "failing";
  if (is_failing != std::exchange(was_failing_, is_failing)) {
    log(is_failing ? LogLevel::warning : LogLevel::info,
        is_failing ? "kafka-topic-not-read-retrying" : "kafka-topic-is-read-again",
        {{"topic", settings_.topic}, {"error", report.last_error}});
  }
  look_again_in(report.state == "idle" ? rest_most : report_every);
  const std::lock_guard lock(mutex_);
  report_ = std::move(report);
}

}  // namespace settle::kafka
