#include "daemon/sources/prometheus/prometheus_source.h"

#include <algorithm>
#include <mutex>
#include <random>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "daemon/base/log.h"
#include "daemon/sources/prometheus/call.h"
#include "daemon/sources/prometheus/freshness.h"
#include "daemon/sources/prometheus/readings.h"

namespace settle::prometheus {
namespace {

constexpr std::size_t batch_max = 1'000;        // Signals in one emission.
constexpr std::size_t unanswered_max = 20'000;  // Signals; beyond it nothing is asked.
constexpr std::size_t shown_max = 200;          // Bytes of a query in a line of the log.
constexpr int lapses_after = 3;                 // Askings without a word.

/// A question, and where asking it stands.
struct Matter {
  Question question;
  Freshness freshness;
  Time due;
  bool is_under_way = false;
  std::optional<Time> answered;  // When Prometheus last answered at all.
  std::string complaint;         // Empty: the last answer was sound.
};

/// One asking: the answer, and the one about the samples' age.
struct Round {
  Time asked;
  int open = 1;
  http::Answer said;
  http::Answer age;
};

bool has_signals(const Question& question) {
  return std::any_of(question.takers.begin(), question.takers.end(),
                     [](const Taker& taker) { return !taker.is_about_health(); });
}

class Desk : public std::enable_shared_from_this<Desk> {
 public:
  Desk(Settings settings, TokenSource token, const Clock& clock, Timers& timers)
      : settings_(std::move(settings)),
        token_(std::move(token)),
        clock_(clock),
        timers_(timers),
        out_(std::make_shared<http::Outbound>(http::OutboundLimits{
            {settings_.calls_per_second, settings_.in_flight}, 10'000, Duration{5'000}})) {}

  void begin(Intake& intake) {
    const std::lock_guard lock(mutex_);
    intake_ = &intake;
    arm();
  }

  /// On return no call into the intake is under way, and none comes.
  void end() {
    std::shared_ptr<http::Outbound> out;
    {
      const std::scoped_lock lock(emitting_, mutex_);
      intake_ = nullptr;
      out = std::move(out_);
    }
    out.reset();  // Its last answers find nobody to emit to.
  }

  void follow(const std::vector<SpecPointer>& groups) {
    std::vector<Question> questions = questions_of(groups, settings_.name, settings_.queries);
    const std::lock_guard lock(mutex_);
    std::map<Key, std::shared_ptr<Matter>> former = std::move(matters_);
    matters_.clear();
    const Time now = clock_.now();
    for (Question& question : questions) {
      const Key key{question.query, question.group_label};
      const auto found = former.find(key);
      auto matter = std::make_shared<Matter>();
      // A new one, since an asking of the former may be under way; its end finds the new one.
      if (found != former.end()) *matter = *found->second;
      if (found == former.end()) matter->due = now + any_part_of(settings_.every / 10);
      if (has_signals(question)) {
        matter->freshness = freshness_of(question.query, question.group_label);
      }
      matter->question = std::move(question);
      matters_.emplace(key, std::move(matter));
    }
    forget_reporters();
    arm();
  }

  [[nodiscard]] SourceReport report() const {
    const std::lock_guard lock(mutex_);
    SourceReport report;
    std::size_t failing = 0;
    std::size_t takers = 0;
    for (const auto& [key, matter] : matters_) {
      takers += matter->question.takers.size();
      if (!matter->complaint.empty()) ++failing;
    }
    report.state = matters_.empty()               ? "idle"
                   : unanswered_ > unanswered_max ? "waiting"
                   : failing > 0                  ? "failing"
                                                  : "reading";
    report.last_error = failing > 0 ? last_error_ : std::string();
    report.last_event = last_event_;
    report.in_flight = unanswered_;
    report.details = {{"url", settings_.url},
                      {"queries", std::to_string(matters_.size())},
                      {"queries_failing", std::to_string(failing)},
                      {"signals", std::to_string(takers)},
                      {"asked", std::to_string(asked_)}};
    return report;
  }

 private:
  using Key = std::pair<std::string, std::string>;

  /// What was said by those that are not asked for any more, others say from now on. REQUIRES:
  /// mutex_.
  void forget_reporters() {
    std::set<std::pair<GroupId, std::string>> asked_for;
    for (const auto& [key, matter] : matters_) {
      for (const Taker& taker : matter->question.takers) {
        if (taker.is_about_health()) asked_for.emplace(taker.group, taker.reporter);
      }
    }
    std::erase_if(
        named_, [&](const auto& entry) { return asked_for.find(entry.first) == asked_for.end(); });
  }

  // ---- When ---------------------------------------------------------------------------------

  /// REQUIRES: mutex_.
  Duration any_part_of(Duration whole) {
    return Duration(std::uniform_int_distribution<Duration::rep>(0, whole.count())(chance_));
  }

  /// Sees to it that somebody looks when the next question is due. REQUIRES: mutex_.
  void arm() {
    if (intake_ == nullptr) return;
    std::optional<Time> next;
    for (const auto& [key, matter] : matters_) {
      if (!matter->is_under_way) next = std::min(next.value_or(matter->due), matter->due);
    }
    if (!next || (armed_at_ && *armed_at_ <= *next)) return;
    armed_at_ = next;
    const Duration delay = std::max(*next - clock_.now(), Duration{1});
    timers_.after(delay, [weak = weak_from_this(), at = *next] {
      if (const auto self = weak.lock()) self->wake(at);
    });
  }

  void wake(Time armed_for) {
    std::vector<std::shared_ptr<Matter>> due;
    {
      const std::lock_guard lock(mutex_);
      if (armed_at_ == armed_for) armed_at_.reset();
      if (intake_ == nullptr) return;
      const Time now = clock_.now();
      const bool is_full = unanswered_ > unanswered_max;
      for (const auto& [key, matter] : matters_) {
        if (matter->is_under_way || matter->due > now) continue;
        matter->due =
            now + settings_.every - settings_.every / 20 + any_part_of(settings_.every / 10);
        if (is_full) continue;
        matter->is_under_way = true;
        ++asked_;
        due.push_back(matter);
      }
      arm();
    }
    for (const auto& matter : due) ask(matter);
  }

  // ---- Asking -------------------------------------------------------------------------------

  void ask(const std::shared_ptr<Matter>& matter) {
    auto round = std::make_shared<Round>();
    const Question& question = matter->question;
    const bool asks_age = !matter->freshness.query.empty();
    const Result<std::string> token = token_();
    {
      const std::lock_guard lock(mutex_);
      round->asked = clock_.now();
      round->open = asks_age && token ? 2 : 1;
    }
    if (!token) {
      round->said.why = token.error().message;
      return answered(key_of(question), round);
    }
    send(*matter, round, query_call(settings_.url, question.query, settings_.timeout, *token),
         &Round::said);
    if (!asks_age) return;  // The answer may be here already: the round is not looked at again.
    send(*matter, round,
         query_call(settings_.url, matter->freshness.query, settings_.timeout, *token),
         &Round::age);
  }

  static Key key_of(const Question& question) { return {question.query, question.group_label}; }

  void send(const Matter& matter, const std::shared_ptr<Round>& round, http::Call call,
            http::Answer Round::*where) {
    auto done = [weak = weak_from_this(), key = key_of(matter.question), round,
                 where](http::Answer answer) {
      if (const auto self = weak.lock()) {
        {
          const std::lock_guard lock(self->mutex_);
          (*round).*where = std::move(answer);
        }
        self->answered(key, round);
      }
    };
    std::shared_ptr<http::Outbound> out;
    {
      const std::lock_guard lock(mutex_);
      out = out_;
    }
    if (out) out->start(std::move(call), std::move(done));
  }

  void answered(const Key& key, const std::shared_ptr<Round>& round) {
    const std::lock_guard emitting(emitting_);
    std::vector<Signal> signals;
    {
      const std::lock_guard lock(mutex_);
      if (--round->open > 0 || intake_ == nullptr) return;
      const auto found = matters_.find(key);
      if (found == matters_.end()) return;  // Nobody wants to know any more.
      Matter& matter = *found->second;
      matter.is_under_way = false;
      signals = judge(matter, *round);
      arm();
    }
    emit(std::move(signals));
  }

  /// REQUIRES: mutex_.
  std::vector<Signal> judge(Matter& matter, const Round& round) {
    const Asking asking{matter.question, "/sources/" + settings_.name, round.asked,
                        settings_.every * lapses_after + settings_.timeout,
                        settings_.takes_partial};
    Complaint complaint;
    std::vector<Signal> signals;
    const Verdict verdict = verdict_on(round.said);
    if (verdict.kind == Verdict::Kind::out_of_reach) {
      complaint.add(verdict.why);
      signals = errors_of(asking, matter.answered);
    } else {
      matter.answered = round.asked;
      const Result<Answer> answer = verdict.kind == Verdict::Kind::answered
                                        ? read_answer(round.said.body)
                                        : Result<Answer>(Error{ErrorCode::invalid, verdict.why});
      if (answer) {
        const Result<Answer> age = read_answer(round.age.body);
        const Ages ages = round.age.is(200) && age
                              ? Ages(*age, matter.freshness, matter.question.group_label)
                              : Ages();
        signals = signals_of(asking, *answer, ages, named_, complaint);
      } else {
        complaint.add(answer.error().message);
        signals = errors_of(asking);
      }
    }
    note(matter, complaint);
    return signals;
  }

  /// One line when a query begins to fail, fails otherwise, or answers again.
  void note(Matter& matter, const Complaint& complaint) {
    const std::string query = matter.question.query.substr(0, shown_max);
    if (complaint.first != matter.complaint) {
      if (complaint.first.empty()) {
        log(LogLevel::info, "query-answers-again", {{"source", settings_.name}, {"query", query}});
      } else {
        log(LogLevel::warning, "query-failed",
            {{"source", settings_.name},
             {"query", query},
             {"why", complaint.first},
             {"complaints", complaint.count}});
      }
    }
    matter.complaint = complaint.first;
    if (!complaint.first.empty()) last_error_ = fmt::format("{}: {}", query, complaint.first);
  }

  // ---- Emitting -----------------------------------------------------------------------------

  /// REQUIRES: emitting_, so that end() waits for it.
  void emit(std::vector<Signal> signals) {
    for (std::size_t from = 0; from < signals.size(); from += batch_max) {
      const auto begin = signals.begin() + static_cast<std::ptrdiff_t>(from);
      const auto count = std::min(batch_max, signals.size() - from);
      std::vector<Signal> batch(
          std::make_move_iterator(begin),
          std::make_move_iterator(begin + static_cast<std::ptrdiff_t>(count)));
      Intake* intake = nullptr;
      std::vector<std::optional<Taken>> taken;
      for (const Signal& signal : batch) taken.push_back(taken_back(signal));
      {
        const std::lock_guard lock(mutex_);
        intake = intake_;
        unanswered_ += batch.size();
        for (const Signal& signal : batch) {
          last_event_ = std::max(last_event_.value_or(signal.stamp.at), signal.stamp.at);
        }
      }
      if (intake == nullptr) return;
      intake->emit(std::move(batch), [weak = weak_from_this(), taken = std::move(taken)](
                                         const std::vector<Receipt>& receipts) {
        if (const auto self = weak.lock()) self->settle(taken, receipts);
      });
    }
  }

  struct Taken {
    std::pair<GroupId, std::string> by;
    InstanceId instance;
  };
  /// Of a report that an instance is healthy: whose it is.
  static std::optional<Taken> taken_back(const Signal& signal) {
    const auto* claim = std::get_if<HealthClaim>(&signal.claim);
    if (claim == nullptr || claim->status != HealthStatus::healthy) return std::nullopt;
    return Taken{{signal.group, claim->reporter}, claim->instance};
  }

  /// What was called healthy again is out of mind once a commit holds that; else it is said again.
  void settle(const std::vector<std::optional<Taken>>& taken,
              const std::vector<Receipt>& receipts) {
    const std::lock_guard lock(mutex_);
    unanswered_ -= std::min(unanswered_, taken.size());
    for (std::size_t i = 0; i < taken.size() && i < receipts.size(); ++i) {
      if (!taken[i] || receipts[i] == Receipt::full) continue;
      const auto found = named_.find(taken[i]->by);
      if (found != named_.end()) found->second.erase(taken[i]->instance);
    }
  }

  const Settings settings_;
  const TokenSource token_;
  const Clock& clock_;
  Timers& timers_;

  std::mutex emitting_;  // Taken before mutex_.
  mutable std::mutex mutex_;
  // What follows is guarded by mutex_.
  std::shared_ptr<http::Outbound> out_;
  Intake* intake_ = nullptr;
  std::map<Key, std::shared_ptr<Matter>> matters_;
  Named named_;
  std::optional<Time> armed_at_;
  std::size_t unanswered_ = 0;
  std::size_t asked_ = 0;
  std::optional<Time> last_event_;
  std::string last_error_;
  std::minstd_rand chance_{std::random_device{}()};
};

class PrometheusSource final : public Source {
 public:
  explicit PrometheusSource(std::shared_ptr<Desk> desk) : desk_(std::move(desk)) {}
  ~PrometheusSource() override { desk_->end(); }
  PrometheusSource(const PrometheusSource&) = delete;
  PrometheusSource& operator=(const PrometheusSource&) = delete;

  void begin(Intake& intake) override { desk_->begin(intake); }
  void follow(const std::vector<SpecPointer>& groups) override { desk_->follow(groups); }
  [[nodiscard]] SourceReport report() const override { return desk_->report(); }
  void end() override { desk_->end(); }

 private:
  const std::shared_ptr<Desk> desk_;
};

}  // namespace

std::unique_ptr<Source> open_prometheus_source(Settings settings, TokenSource token,
                                               const Clock& clock, Timers& timers) {
  return std::make_unique<PrometheusSource>(
      std::make_shared<Desk>(std::move(settings), std::move(token), clock, timers));
}

}  // namespace settle::prometheus
