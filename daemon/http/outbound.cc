#include "daemon/http/outbound.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <thread>
#include <utility>

#include <curl/curl.h>

#include "daemon/http/breaker.h"

namespace settle::http {
namespace {

constexpr std::size_t headers_max = 64U << 10U;

/// A clock that no one sets: deadlines and budgets are about durations.
Time steady_now() {
  return Time(
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

std::string lowered(std::string_view text) {
  std::string low(text);
  std::transform(low.begin(), low.end(), low.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return low;
}

std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
}

/// What libcurl says, as what it means for the one who called.
End end_of(CURLcode code, bool has_left) {
  switch (code) {
    case CURLE_OK:
      return End::answered;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
      return End::unsent;
    default:
      return has_left ? End::unanswered : End::unsent;
  }
}

struct Waiting {
  Call call;
  Outbound::Done done;
  Time handed_over;
};

}  // namespace

bool is_metadata_url(const std::string& url) {
  return is_plain_to(url, {"169.254.169.254", "[fd00:ec2::254]"});
}

class Outbound::Worker : public std::enable_shared_from_this<Worker> {
 public:
  Worker(OutboundLimits limits, std::function<void(const CallNote&)> noted)
      : limits_(limits), noted_(std::move(noted)), budget_(limits.budget) {
    static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    (void)ready;
    multi_ = curl_multi_init();
  }
  ~Worker() { curl_multi_cleanup(multi_); }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void begin() {
    thread_ = std::thread([self = shared_from_this()] { self->run(); });
  }
  /// The last to let go may be an answer's receiver, on the worker's own thread: then it ends by
  /// itself.
  void end() {
    is_stopping_ = true;
    curl_multi_wakeup(multi_);
    if (thread_.get_id() == std::this_thread::get_id()) {
      thread_.detach();
    } else {
      thread_.join();
    }
  }

  void hand_over(Call call, Done done) {
    bool is_taken = false;
    {
      const std::lock_guard lock(mutex_);
      is_taken = !is_stopping_ && waiting_count_ < limits_.waiting_max;
      if (is_taken) {
        ++waiting_count_;
        const auto queue = static_cast<std::size_t>(call.urgency);
        waiting_[queue].push_back({std::move(call), std::move(done), steady_now()});
      }
    }
    if (is_taken) {
      curl_multi_wakeup(multi_);
      return;
    }
    Answer refused;
    refused.why = "too many calls wait already";
    done(std::move(refused));
  }

  [[nodiscard]] OutboundStanding standing() {
    const std::lock_guard lock(mutex_);
    standing_.waiting = waiting_count_;
    return standing_;
  }

 private:
  /// A call that has begun.
  struct Flight {
    Waiting what;
    Answer answer;
    std::string authority;
    curl_slist* headers = nullptr;
    Time began;
    std::size_t header_bytes = 0;
    bool is_over_size = false;
    ~Flight() { curl_slist_free_all(headers); }
    Flight() = default;
    Flight(const Flight&) = delete;
    Flight& operator=(const Flight&) = delete;
  };

  void run() {
    while (!is_stopping_) {
      const Duration wait = begin_what_may();
      int running = 0;
      curl_multi_perform(multi_, &running);
      const bool any_ended = finish_what_ended();
      show();
      if (any_ended) continue;  // Others may begin in their place.
      curl_multi_poll(multi_, nullptr, 0, static_cast<int>(wait.count()), nullptr);
    }
    abandon();
  }

  /// For whoever asks how things stand.
  void show() {
    Breaker::State worst = Breaker::State::closed;
    for (const auto& [authority, breaker] : breakers_) {
      if (breaker.state() == Breaker::State::trying) worst = Breaker::State::trying;
    }
    for (const auto& [authority, breaker] : breakers_) {
      if (breaker.state() == Breaker::State::open) worst = Breaker::State::open;
    }
    const std::lock_guard lock(mutex_);
    standing_.breaker = worst;
    standing_.in_flight = budget_.in_flight();
  }

  /// Begins calls in order of urgency. Returns for how long nothing more can begin.
  Duration begin_what_may() {
    Duration wait{1'000};
    for (std::size_t queue = 0; queue < waiting_.size(); ++queue) {
      while (auto next = take(queue)) {
        const Time now = steady_now();
        if (next->handed_over + next->call.deadline <= now) {
          turn_away(std::move(*next), "its deadline passed while it waited for its turn");
          continue;
        }
        Breaker& breaker = breakers_[authority_of(next->call.url)];
        if (!breaker.admits(now)) {
          turn_away(std::move(*next), "this API failed repeatedly and is left alone for a moment");
          continue;
        }
        const auto verdict = budget_.ask(next->call.is_repeat, now);
        if (verdict == CallBudget::Verdict::go) {
          send(std::move(*next), now);
          continue;
        }
        breaker.did_not_try();
        if (verdict == CallBudget::Verdict::no_more_repeats) {
          turn_away(std::move(*next), "too many of the last calls were repeats");
          continue;
        }
        put_back(queue, std::move(*next));
        if (const auto at = budget_.again_at(now)) wait = std::min(wait, *at - now);
        return wait;
      }
    }
    return wait;
  }

  std::optional<Waiting> take(std::size_t queue) {
    const std::lock_guard lock(mutex_);
    if (waiting_[queue].empty()) return std::nullopt;
    Waiting next = std::move(waiting_[queue].front());
    waiting_[queue].pop_front();
    --waiting_count_;
    return next;
  }
  void put_back(std::size_t queue, Waiting waiting) {
    const std::lock_guard lock(mutex_);
    waiting_[queue].push_front(std::move(waiting));
    ++waiting_count_;
  }

  void turn_away(Waiting what, std::string why) {
    Answer answer;
    answer.why = std::move(why);
    note(what, answer, steady_now() - what.handed_over, {});
    what.done(std::move(answer));
  }

  void send(Waiting what, Time now) {
    auto flight = std::make_unique<Flight>();
    flight->what = std::move(what);
    flight->began = now;
    const Call& call = flight->what.call;
    flight->authority = authority_of(call.url);
    CURL* easy = curl_easy_init();
    for (const auto& [name, value] : call.headers) {
      flight->headers = curl_slist_append(flight->headers, (name + ": " + value).c_str());
    }
    // No "Expect: 100-continue": a pause before every body.
    flight->headers = curl_slist_append(flight->headers, "Expect:");
    const Duration left = flight->what.handed_over + call.deadline - now;
    const bool is_allowed =
        is_allowed_url(call.url) || (call.is_to_metadata && is_metadata_url(call.url));
    if (call.is_to_metadata) curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_URL, is_allowed ? call.url.c_str() : "");
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     static_cast<long>(std::min(left, limits_.connect_max).count()));
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call.method.c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, flight->headers);
    if (call.method == "HEAD") curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    if (!call.body.empty() || call.method == "POST" || call.method == "PUT") {
      curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call.body.c_str());
      curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                       static_cast<curl_off_t>(call.body.size()));
    }
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Worker::on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, flight.get());
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Worker::on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, flight.get());
    curl_multi_add_handle(multi_, easy);
    flights_[easy] = std::move(flight);
  }

  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* to) {
    Flight& flight = *static_cast<Flight*>(to);
    const std::size_t length = size * count;
    if (flight.answer.body.size() + length > flight.what.call.reply_max) {
      flight.is_over_size = true;
      return 0;  // Ends the transfer.
    }
    flight.answer.body.append(bytes, length);
    return length;
  }

  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* to) {
    Flight& flight = *static_cast<Flight*>(to);
    const std::size_t length = size * count;
    flight.header_bytes += length;
    if (flight.header_bytes > headers_max) {
      flight.is_over_size = true;
      return 0;
    }
    const std::string_view line(bytes, length);
    const auto colon = line.find(':');
    if (line.rfind("HTTP/", 0) == 0) {
      flight.answer.headers.clear();  // Of an interim answer.
    } else if (colon != std::string_view::npos) {
      flight.answer.headers.emplace_back(lowered(trimmed(line.substr(0, colon))),
                                         trimmed(line.substr(colon + 1)));
    }
    return length;
  }

  bool finish_what_ended() {
    bool any = false;
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      finish(message->easy_handle, message->data.result);
      any = true;
    }
    return any;
  }

  void finish(CURL* easy, CURLcode code) {
    const auto found = flights_.find(easy);
    const std::unique_ptr<Flight> flight = std::move(found->second);
    flights_.erase(found);
    long status = 0;
    curl_off_t sent_at = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &sent_at);
    curl_multi_remove_handle(multi_, easy);
    curl_easy_cleanup(easy);
    budget_.ended();

    Answer& answer = flight->answer;
    answer.end = flight->is_over_size ? End::too_large : end_of(code, sent_at > 0);
    if (answer.end == End::answered) {
      answer.status = static_cast<int>(status);
    } else {
      answer.body.clear();
      answer.why =
          flight->is_over_size ? "the answer is larger than may be read" : curl_easy_strerror(code);
    }
    judge(*flight);
    note(flight->what, answer, flight->began - flight->what.handed_over,
         steady_now() - flight->began);
    flight->what.done(std::move(answer));
  }

  /// An API that answers at all works, unless it says that it does not.
  void judge(const Flight& flight) {
    Breaker& breaker = breakers_[flight.authority];
    const Answer& answer = flight.answer;
    const bool works =
        answer.end == End::too_large || (answer.end == End::answered && answer.status < 500);
    if (works) {
      breaker.succeeded();
    } else {
      breaker.failed(steady_now(), std::uniform_int_distribution<int>(0, 999)(chance_));
    }
  }

  void note(const Waiting& what, const Answer& answer, Duration waited, Duration took) const {
    if (noted_) noted_({what.call.operation, answer.end, answer.status, waited, took});
  }

  /// The end: nobody is left without an answer.
  void abandon() {
    for (auto& [easy, flight] : flights_) {
      curl_multi_remove_handle(multi_, easy);
      curl_easy_cleanup(easy);
      Answer answer;
      answer.end = End::unanswered;
      answer.why = "the daemon stopped before an answer came";
      flight->what.done(std::move(answer));
    }
    flights_.clear();
    for (std::size_t queue = 0; queue < waiting_.size(); ++queue) {
      while (auto next = take(queue)) turn_away(std::move(*next), "the daemon stopped");
    }
  }

  const OutboundLimits limits_;
  const std::function<void(const CallNote&)> noted_;
  CURLM* multi_ = nullptr;  // The worker's thread's own, but for curl_multi_wakeup().
  std::atomic<bool> is_stopping_{false};

  std::mutex mutex_;
  std::array<std::deque<Waiting>, 4> waiting_;  // By urgency; guarded by mutex_.
  std::size_t waiting_count_ = 0;               // Guarded by mutex_, as is the next.
  OutboundStanding standing_;

  // The thread's own.
  CallBudget budget_;
  std::map<std::string, Breaker> breakers_;  // By authority; as many as there are APIs.
  std::map<CURL*, std::unique_ptr<Flight>> flights_;
  std::minstd_rand chance_{std::random_device{}()};
  std::thread thread_;
};

Outbound::Outbound(OutboundLimits limits, std::function<void(const CallNote&)> noted)
    : worker_(std::make_shared<Worker>(limits, std::move(noted))) {
  worker_->begin();
}
Outbound::~Outbound() {
  worker_->end();
}

OutboundStanding Outbound::standing() const {
  return worker_->standing();
}

void Outbound::start(Call call, Done done) {
  worker_->hand_over(std::move(call), std::move(done));
}

}  // namespace settle::http
