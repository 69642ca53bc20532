#include "daemon/sources/alerts/alert_source.h"

#include <algorithm>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <openssl/crypto.h>

#include "daemon/base/log.h"
#include "daemon/http/outbound.h"
#include "daemon/sources/alerts/audience.h"
#include "daemon/sources/alerts/ledger.h"
#include "daemon/sources/alerts/notice.h"

namespace settle::alerts {
namespace {

constexpr std::size_t text_max = 4'096;  // Of poison.
constexpr Duration repeat_most{900'000};

bool is_same_secret(const std::string& a, const std::string& b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

bool shows(const Keys& keys, const HookRequest& request) {
  if (!keys.path_key.empty() && !is_same_secret(request.rest, keys.path_key)) return false;
  if (keys.path_key.empty() && !request.rest.empty()) return false;
  if (keys.bearer_token.empty()) return true;
  const auto header = request.headers.find("authorization");
  return header != request.headers.end() &&
         is_same_secret(header->second, "Bearer " + keys.bearer_token);
}

std::string_view word_of(AlarmState state) {
  if (state == AlarmState::firing) return "firing";
  return state == AlarmState::resolved ? "resolved" : "no_data";
}

bool are_held(const std::vector<Receipt>& receipts) {
  return std::all_of(receipts.begin(), receipts.end(),
                     [](Receipt receipt) { return receipt == Receipt::held; });
}

/// Somebody who waits for an answer, and gets one, whatever happens.
struct Waiting {
  std::function<void(HookAnswer)> answer;
};

class Desk : public std::enable_shared_from_this<Desk> {
 public:
  Desk(Settings settings, KeySource keys, const Clock& clock, Timers& timers)
      : settings_(std::move(settings)), keys_(std::move(keys)), clock_(clock), timers_(timers) {
    if (!settings_.url.empty()) {
      out_ = std::make_shared<http::Outbound>(http::OutboundLimits{{2, 1}, 10, Duration{5'000}});
    }
  }

  void begin(Intake& intake) {
    {
      const std::lock_guard lock(mutex_);
      intake_ = &intake;
    }
    if (!settings_.url.empty()) check_later();
  }

  void end() {
    std::vector<std::shared_ptr<Waiting>> left;
    std::shared_ptr<http::Outbound> out;
    {
      const std::scoped_lock lock(emitting_, mutex_);
      intake_ = nullptr;
      left.swap(waiting_);
      out.swap(out_);
    }
    for (const auto& one : left) one->answer({503, "Not now", "This source has just ended."});
  }

  void follow(const std::vector<SpecPointer>& groups) {
    Audience audience(groups, settings_.name);
    const std::lock_guard lock(mutex_);
    audience_ = std::move(audience);
  }

  void receive(const HookRequest& request, std::function<void(HookAnswer)> answer) {
    const Result<Keys> keys = keys_();
    if (!keys) {
      log(LogLevel::error, "source-key-unreadable",
          {{"source", settings_.name}, {"why", keys.error().message}});
      return answer({503, "Not now", "This source cannot tell who may send."});
    }
    if (!shows(*keys, request)) {
      return answer({404, "Nothing here", "There is nothing to be sent to."});
    }
    const Result<Notice> notice = settings_.sender == Sender::aodh
                                      ? read_aodh(request.body)
                                      : read_alertmanager(request.body);
    const std::lock_guard emitting(emitting_);
    Intake* const intake = door();
    if (intake == nullptr) return answer({503, "Not now", "This source has just ended."});
    if (!notice) {
      intake->bury({settings_.name, notice.error().message, request.body.substr(0, text_max)});
      return answer({400, "No notification", notice.error().message});
    }
    for (const Unreadable& one : notice->unreadable) {
      intake->bury({settings_.name + "/" + one.id, one.reason, request.body.substr(0, text_max)});
    }
    std::vector<Signal> signals = signals_of(*notice, request.received);
    if (signals.empty()) return answer({200, {}, {}});
    const auto waiting = std::make_shared<Waiting>(Waiting{std::move(answer)});
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(waiting);
    }
    intake->emit(std::move(signals),
                 [weak = weak_from_this(), waiting](const std::vector<Receipt>& receipts) {
                   if (const auto self = weak.lock()) self->settle(waiting, receipts);
                 });
  }

  [[nodiscard]] SourceReport report() const {
    const std::lock_guard lock(mutex_);
    SourceReport report;
    report.state = audience_.size() == 0 ? "idle" : last_error_.empty() ? "reading" : "failing";
    report.last_error = last_error_;
    report.last_event = last_event_;
    report.in_flight = waiting_.size();
    report.details = {{"policies", std::to_string(audience_.size())},
                      {"firing", std::to_string(ledger_.firing())},
                      {"alerts", std::to_string(alerts_)},
                      {"unmatched", std::to_string(unmatched_)},
                      {"late", std::to_string(late_)},
                      {"truncated", std::to_string(truncated_)}};
    return report;
  }

 private:
  Intake* door() const {
    const std::lock_guard lock(mutex_);
    return intake_;
  }

  // ---- What is said -------------------------------------------------------------------------

  std::vector<Signal> signals_of(const Notice& notice, Time now) {
    const std::lock_guard lock(mutex_);
    std::vector<Signal> signals;
    for (const Alert& alert : notice.alerts) tell(alert, now, signals);
    tell_of_the_rest(notice, now, signals);
    if (!signals.empty()) last_event_ = now;
    return signals;
  }

  /// REQUIRES: mutex_.
  void tell(const Alert& alert, Time now, std::vector<Signal>& signals) {
    ++alerts_;
    if (!ledger_.admits(alert, now)) {
      ++late_;
      return;
    }
    const auto meant = audience_.of(alert.labels);
    if (meant.empty()) ++unmatched_;
    if (!meant.empty()) ledger_.note(alert, now);
    for (const Audience::Listener* listener : meant) {
      const std::int64_t began = alert.starts.value_or(Time()).time_since_epoch().count();
      AlarmClaim claim{listener->alarm, alert.state, alert.value, alert.id, {}};
      if (alert.state == AlarmState::firing && settings_.expire_after > Duration{}) {
        claim.until = now + settings_.expire_after;
      }
      signals.push_back(
          {listener->spec->id,
           {now, "/sources/" + settings_.name,
            fmt::format("{}/{}/{}/{}", alert.id, began, word_of(alert.state), listener->alarm)},
           std::move(claim)});
    }
  }

  /// Of a group that was sent in part, its common labels stand for the alerts that are not there.
  void tell_of_the_rest(const Notice& notice, Time now, std::vector<Signal>& signals) {
    const std::string id = "group:" + notice.group_key.substr(0, 240);
    const bool was_truncated = cut_.find(id) != cut_.end();
    if (notice.truncated == 0 && !was_truncated) return;
    Alert rest{id, notice.common, AlarmState::resolved, {}, {}};
    if (notice.truncated > 0) {
      ++truncated_;
      log(LogLevel::warning, "alerts-truncated",
          {{"source", settings_.name}, {"missing", notice.truncated}});
      if (notice.any_fires) rest.state = AlarmState::firing;
      if (cut_.size() < Ledger::alerts_max) cut_.insert(id);
    } else {
      cut_.erase(id);
    }
    tell(rest, now, signals);
  }

  void settle(const std::shared_ptr<Waiting>& waiting, const std::vector<Receipt>& receipts) {
    {
      const std::lock_guard lock(mutex_);
      if (std::erase(waiting_, waiting) == 0) return;  // Was answered when the source ended.
    }
    if (are_held(receipts)) return waiting->answer({200, {}, {}});
    waiting->answer({503, "Not now", "Not all of it could be kept: send it again."});
  }

  // ---- What fires by Alertmanager's own word ------------------------------------------------

  void check_later() {
    timers_.after(settings_.check_every, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->check();
    });
  }

  void check() {
    std::shared_ptr<http::Outbound> out;
    {
      const std::lock_guard lock(mutex_);
      if (intake_ == nullptr) return;
      out = out_;
    }
    http::Call call;
    call.operation = "alerts";
    call.url = settings_.url;
    while (!call.url.empty() && call.url.back() == '/') call.url.pop_back();
    call.url += "/api/v2/alerts?active=true&silenced=false&inhibited=false&unprocessed=false";
    call.headers = {{"Accept", "application/json"}};
    call.deadline = settings_.timeout;
    out->start(std::move(call),
               [weak = weak_from_this(), asked = clock_.now()](const http::Answer& answer) {
                 if (const auto self = weak.lock()) self->checked(answer, asked);
               });
  }

  void checked(const http::Answer& answer, Time asked) {
    const Result<Notice> list =
        answer.is(200) ? read_alert_list(answer.body)
                       : Result<Notice>(Error{ErrorCode::unavailable,
                                              answer.end == http::End::answered
                                                  ? fmt::format("it answers {}", answer.status)
                                                  : answer.why});
    const std::lock_guard emitting(emitting_);
    Intake* const intake = door();
    if (intake == nullptr) return;
    std::vector<Signal> signals;
    std::vector<Alert> news;
    {
      const std::lock_guard lock(mutex_);
      const std::string error = list ? std::string() : list.error().message;
      if (error != last_error_) {
        log(error.empty() ? LogLevel::info : LogLevel::warning, "alerts-checked",
            {{"source", settings_.name}, {"why", error.empty() ? "it answers again" : error}});
      }
      last_error_ = error;
      if (list) news = ledger_.differences(list->alerts, asked, repeat_after());
      for (const Alert& alert : news) tell(alert, asked, signals);
    }
    check_later();
    if (signals.empty()) return;
    intake->emit(std::move(signals), [weak = weak_from_this(), news = std::move(news)](
                                         const std::vector<Receipt>& receipts) {
      if (const auto self = weak.lock()) self->corrected(news, receipts);
    });
  }

  /// What was not held is found again by the next look: as if it had been told to fire long ago.
  void corrected(const std::vector<Alert>& news, const std::vector<Receipt>& receipts) {
    if (are_held(receipts)) return;
    const std::lock_guard lock(mutex_);
    for (Alert alert : news) {
      alert.state = AlarmState::firing;
      ledger_.note(alert, Time());
    }
  }

  [[nodiscard]] Duration repeat_after() const {
    const bool expires = settings_.expire_after > Duration{};
    return expires ? std::min(settings_.expire_after / 4, repeat_most) : repeat_most;
  }

  const Settings settings_;
  const KeySource keys_;
  const Clock& clock_;
  Timers& timers_;

  std::mutex emitting_;  // Taken before mutex_.
  mutable std::mutex mutex_;
  // What follows is guarded by mutex_.
  Intake* intake_ = nullptr;
  std::shared_ptr<http::Outbound> out_;
  Audience audience_;
  Ledger ledger_;
  std::set<std::string> cut_;  // Groups that were last sent in part.
  std::vector<std::shared_ptr<Waiting>> waiting_;
  std::optional<Time> last_event_;
  std::string last_error_;
  std::uint64_t alerts_ = 0;
  std::uint64_t unmatched_ = 0;
  std::uint64_t late_ = 0;
  std::uint64_t truncated_ = 0;
};

class AlertSource final : public HookSource {
 public:
  explicit AlertSource(std::shared_ptr<Desk> desk) : desk_(std::move(desk)) {}
  ~AlertSource() override { desk_->end(); }
  AlertSource(const AlertSource&) = delete;
  AlertSource& operator=(const AlertSource&) = delete;

  void begin(Intake& intake) override { desk_->begin(intake); }
  void follow(const std::vector<SpecPointer>& groups) override { desk_->follow(groups); }
  [[nodiscard]] SourceReport report() const override { return desk_->report(); }
  void end() override { desk_->end(); }
  void receive(HookRequest request, std::function<void(HookAnswer)> answer) override {
    desk_->receive(request, std::move(answer));
  }

 private:
  const std::shared_ptr<Desk> desk_;
};

}  // namespace

std::unique_ptr<HookSource> open_alert_source(Settings settings, KeySource keys, const Clock& clock,
                                              Timers& timers) {
  return std::make_unique<AlertSource>(
      std::make_shared<Desk>(std::move(settings), std::move(keys), clock, timers));
}

}  // namespace settle::alerts
