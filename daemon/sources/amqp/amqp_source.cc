#include "daemon/sources/amqp/amqp_source.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "daemon/base/log.h"
#include "daemon/sources/amqp/nova_notification.h"
#include "daemon/sources/amqp/reading.h"

namespace settle::amqp {
namespace {

constexpr std::size_t kept_text_max = 4'096;
constexpr std::size_t batch_max = 256;
constexpr std::size_t counted_max = 64;  // Queues whose length is asked for.
constexpr std::chrono::milliseconds patience{10};

using Steady = std::chrono::steady_clock;

class Reader final : public std::enable_shared_from_this<Reader> {
 public:
  Reader(Settings settings, const Clock& clock) : settings_(std::move(settings)), clock_(clock) {}

  void begin(Intake& intake) {
    intake_ = &intake;
    thread_ = std::thread([this] { run(); });
  }
  void leave_seat(std::uint32_t partition, bool is_here) { leave(Seat{partition, is_here}); }
  [[nodiscard]] SourceReport report() const {
    const std::lock_guard lock(mutex_);
    return report_;
  }
  void end() {
    {
      const std::lock_guard lock(mutex_);
      is_stopping_ = true;
    }
    if (thread_.joinable()) thread_.join();
  }

 private:
  struct Seat {
    std::uint32_t partition = 0;
    bool is_here = false;
  };
  struct Emitted {
    std::uint64_t connection = 0;
    std::vector<std::uint64_t> tags;
    std::vector<Receipt> receipts;
  };
  using Mail = std::variant<Seat, Emitted>;
  struct Held {
    std::string queue;
    Signal signal;
    bool is_out = false;  // Emitted, not answered.
  };

  void leave(Mail mail) {
    const std::lock_guard lock(mutex_);
    mailbox_.push_back(std::move(mail));
  }
  void run();
  /// False where the connection is lost.
  Status turn(std::vector<Mail> mail);
  Status connect();
  void lose(const Error& error);
  Status on(const Seat& seat);
  Status on(const Emitted& answer);
  Status read();
  Status take(Message message);
  void emit();
  void count();
  void publish();
  [[nodiscard]] QueueWish wish_for(std::uint32_t partition) const;

  const Settings settings_;
  const Clock& clock_;
  Intake* intake_ = nullptr;

  mutable std::mutex mutex_;
  std::vector<Mail> mailbox_;  // Guarded by mutex_, as are the next two.
  bool is_stopping_ = false;
  SourceReport report_;

  // On the source's thread.
  std::unique_ptr<Connection> connection_;
  std::uint64_t connections_ = 0;
  std::set<std::uint32_t> seats_;
  std::map<std::uint64_t, Held> held_;  // By tag.
  std::string trouble_;
  std::optional<Time> last_event_;
  std::optional<std::int64_t> waiting_;
  std::uint64_t poison_ = 0;
  std::uint64_t others_ = 0;  // Notifications that are of no interest.
  Steady::time_point retry_at_;
  Steady::time_point again_at_;
  Steady::time_point count_at_;
  Duration retry_in_{0};
  std::thread thread_;
};

QueueWish Reader::wish_for(std::uint32_t partition) const {
  QueueWish wish;
  const bool is_nova = settings_.speaks == Speaks::nova;
  wish.name = is_nova ? settings_.queue : fmt::format("{}.{}", settings_.queue, partition);
  wish.dead_letter_exchange = settings_.dead_letter_exchange;
  if (!is_nova) return wish;
  wish.exchange = settings_.exchange;
  wish.keys = settings_.keys;
  return wish;
}

void Reader::run() {
  while (true) {
    std::vector<Mail> mail;
    {
      const std::lock_guard lock(mutex_);
      if (is_stopping_) return;
      mail.swap(mailbox_);
    }
    const Status done = turn(std::move(mail));
    if (!done) lose(done.error());
    publish();
    if (!connection_) std::this_thread::sleep_for(patience);
  }
}

Status Reader::turn(std::vector<Mail> mail) {
  Status worst = std::monostate();
  for (const Mail& one : mail) {
    const Status done = std::visit([this](const auto& content) { return on(content); }, one);
    if (!done) worst = done;
  }
  if (!worst) return worst;
  if (!connection_) return Steady::now() < retry_at_ || seats_.empty() ? worst : connect();
  count();
  const Status done = read();
  emit();
  return done;
}

Status Reader::connect() {
  Result<std::unique_ptr<Connection>> opened =
      Connection::open(settings_.address, settings_.in_flight_max);
  if (!opened) return opened.error();
  connection_ = std::move(*opened);
  ++connections_;
  for (const std::uint32_t partition : seats_) {
    const QueueWish wish = wish_for(partition);
    Status done = connection_->declare(wish);
    if (done) done = connection_->consume(wish.name);
    if (!done) return done;
  }
  if (!std::exchange(trouble_, {}).empty()) log(LogLevel::info, "amqp-broker-is-back");
  retry_in_ = Duration{0};
  return std::monostate();
}

// Whatever was not acked, the broker gives out again.
void Reader::lose(const Error& error) {
  if (trouble_.empty()) {
    log(LogLevel::warning, "amqp-broker-lost-retrying", {{"error", error.message}});
  }
  trouble_ = error.message;
  connection_.reset();
  held_.clear();
  waiting_.reset();
  retry_in_ = std::clamp(retry_in_ * 2, settings_.retry_after, settings_.retry_most);
  retry_at_ = Steady::now() + retry_in_;
}

Status Reader::on(const Seat& seat) {
  if (settings_.speaks == Speaks::nova && seat.partition != 0) return std::monostate();
  const bool was_here = seats_.contains(seat.partition);
  if (seat.is_here == was_here) return std::monostate();
  const QueueWish wish = wish_for(seat.partition);
  if (seat.is_here) {
    seats_.insert(seat.partition);
    if (!connection_) return std::monostate();
    const Status done = connection_->declare(wish);
    return done ? connection_->consume(wish.name) : done;
  }
  seats_.erase(seat.partition);
  if (!connection_) return std::monostate();
  Status done = connection_->cancel(wish.name);
  for (auto held = held_.begin(); held != held_.end();) {
    if (held->second.queue != wish.name) {
      ++held;
      continue;
    }
    if (done) done = connection_->give_back(held->first);
    held = held_.erase(held);
  }
  return done;
}

Status Reader::on(const Emitted& answer) {
  if (!connection_ || answer.connection != connections_) return std::monostate();
  for (std::size_t at = 0; at < answer.tags.size(); ++at) {
    const auto held = held_.find(answer.tags[at]);
    if (held == held_.end()) continue;
    held->second.is_out = false;
    if (answer.receipts.at(at) != Receipt::held) {
      again_at_ = Steady::now() + settings_.again_after;
      continue;
    }
    held_.erase(held);
    const Status done = connection_->ack(answer.tags[at]);
    if (!done) return done;
  }
  return std::monostate();
}

Status Reader::read() {
  for (std::size_t taken = 0; taken < batch_max && held_.size() < settings_.in_flight_max;
       ++taken) {
    Result<std::optional<Message>> message =
        connection_->next(taken == 0 ? patience : std::chrono::milliseconds(0));
    if (!message) return message.error();
    if (!*message) return std::monostate();
    const Status done = take(std::move(**message));
    if (!done) return done;
  }
  // Nothing is waited for where there is no room; answers come by the mailbox.
  if (held_.size() >= settings_.in_flight_max) std::this_thread::sleep_for(patience / 5);
  return std::monostate();
}

Status Reader::take(Message message) {
  const Time now = clock_.now();
  Result<std::optional<Signal>> signal = std::optional<Signal>();
  if (settings_.speaks == Speaks::nova) {
    signal = read_nova_notification(message.body, now);
  } else {
    Result<Signal> event = read_event(message, now);
    if (event) {
      signal = std::optional<Signal>(std::move(*event));
    } else {
      signal = event.error();
    }
  }
  if (!signal) {
    ++poison_;
    intake_->bury({fmt::format("{}#{}", message.queue, message.tag), signal.error().message,
                   message.body.substr(0, kept_text_max)});
    return connection_->reject(message.tag);
  }
  if (!*signal) {
    ++others_;
    return connection_->ack(message.tag);
  }
  last_event_ = std::max(last_event_.value_or(Time{}), (*signal)->stamp.at);
  held_.emplace(message.tag, Held{std::move(message.queue), std::move(**signal)});
  return std::monostate();
}

void Reader::emit() {
  if (Steady::now() < again_at_) return;
  Emitted answer{connections_, {}, {}};
  std::vector<Signal> signals;
  for (auto& [tag, held] : held_) {
    if (std::exchange(held.is_out, true)) continue;
    answer.tags.push_back(tag);
    signals.push_back(held.signal);
  }
  if (signals.empty()) return;
  intake_->emit(std::move(signals), [weak = weak_from_this(), answer = std::move(answer)](
                                        std::vector<Receipt> receipts) mutable {
    answer.receipts = std::move(receipts);
    if (const auto self = weak.lock()) self->leave(std::move(answer));
  });
}

void Reader::count() {
  if (Steady::now() < count_at_ || seats_.size() > counted_max) return;
  count_at_ = Steady::now() + settings_.count_every;
  std::int64_t sum = 0;
  for (const std::uint32_t partition : seats_) {
    const Result<std::int64_t> one = connection_->waiting(wish_for(partition).name);
    if (!one) return;  // Reading fails next, and says why.
    sum += *one;
  }
  waiting_ = sum;
}

void Reader::publish() {
  SourceReport report;
  report.last_error = trouble_;
  report.state = !trouble_.empty()                ? "failing"
                 : seats_.empty() || !connection_ ? "waiting"
                                                  : "reading";
  report.last_event = last_event_;
  if (waiting_) report.lag = *waiting_ + static_cast<std::int64_t>(held_.size());
  report.in_flight = held_.size();
  report.details = {
      {"broker", fmt::format("{}:{}", settings_.address.host, settings_.address.port)},
      {"queue", settings_.queue},
      {"queues_read", std::to_string(seats_.size())},
      {"no_events", std::to_string(poison_)},
      {"not_of_interest", std::to_string(others_)}};
  const std::lock_guard lock(mutex_);
  report_ = std::move(report);
}

/// The reader is shared with the answers that are still to come.
class AmqpSource final : public Source {
 public:
  explicit AmqpSource(std::shared_ptr<Reader> reader) : reader_(std::move(reader)) {}
  ~AmqpSource() override { reader_->end(); }
  void begin(Intake& intake) override { reader_->begin(intake); }
  void seated(std::uint32_t partition, const Offsets& /*positions*/) override {
    reader_->leave_seat(partition, true);
  }
  void unseated(std::uint32_t partition) override { reader_->leave_seat(partition, false); }
  [[nodiscard]] SourceReport report() const override { return reader_->report(); }
  void end() override { reader_->end(); }

 private:
  const std::shared_ptr<Reader> reader_;
};

}  // namespace

std::unique_ptr<Source> open_amqp_source(Settings settings, const Clock& clock) {
  return std::make_unique<AmqpSource>(std::make_shared<Reader>(std::move(settings), clock));
}

}  // namespace settle::amqp
