#include "daemon/sources/webhook/webhook_source.h"

#include <algorithm>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "daemon/base/log.h"
#include "daemon/sources/webhook/signature.h"

namespace settle::webhook {
namespace {

constexpr std::size_t key_max = 200;  // Bytes of an Idempotency-Key.

/// So many calls a minute, and as many at once.
class Rate {
 public:
  [[nodiscard]] bool admits(int calls_per_minute, Time now) {
    constexpr std::int64_t call = 60'000;  // In parts, of which calls_per_minute come in a ms.
    const std::int64_t full = call * calls_per_minute;
    const std::int64_t passed = std::clamp<std::int64_t>((now - at_).count(), 0, call);
    left_ = at_ == Time() ? full : std::min(full, left_ + passed * calls_per_minute);
    at_ = now;
    if (left_ < call) return false;
    left_ -= call;
    return true;
  }

 private:
  Time at_;
  std::int64_t left_ = 0;
};

bool is_usable_key(const std::string& text) {
  return !text.empty() && text.size() <= key_max &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char letter) { return letter > 0x20 && letter < 0x7f; });
}

const HookAnswer nothing_here{404, "Nothing here", "There is nothing to be sent to."};
const HookAnswer not_now{503, "Not now", "It could not be kept: call again."};

struct Waiting {
  std::function<void(HookAnswer)> answer;
};

class WebhookSource final : public HookSource {
 public:
  WebhookSource(Settings settings, SigningKey key)
      : settings_(std::move(settings)),
        key_(std::move(key)),
        book_(settings_.pass_file),
        shared_(std::make_shared<Shared>()) {}
  ~WebhookSource() override { end(); }
  WebhookSource(const WebhookSource&) = delete;
  WebhookSource& operator=(const WebhookSource&) = delete;

  void begin(Intake& intake) override { intake_ = &intake; }

  void follow(const std::vector<SpecPointer>& groups) override {
    aims_.clear();
    for (const SpecPointer& spec : groups) {
      for (const Policy& policy : spec->policies) {
        if (!std::holds_alternative<WebhookPolicy>(policy.kind)) continue;
        aims_.emplace(spec->id, policy.name);
      }
    }
  }

  void receive(HookRequest request, std::function<void(HookAnswer)> answer) override {
    if (intake_ == nullptr) return answer(not_now);
    const Result<const std::map<std::string, Pass>*> passes = book_.passes();
    const Result<std::string> key = key_();
    if (!passes || !key) {
      shared_->note_error((passes ? key.error() : passes.error()).message, settings_.name);
      return answer(not_now);
    }
    shared_->note_error({}, settings_.name);
    const auto pass = (*passes)->find(hash_of(request.rest));
    if (pass == (*passes)->end() || pass->second.expires <= request.received ||
        aims_.find({pass->second.group, pass->second.policy}) == aims_.end()) {
      return refuse(answer);
    }
    std::optional<std::string> id = id_of(request, *key);
    if (!id) return refuse(answer);
    if (!rates_[pass->first].admits(settings_.calls_per_minute, request.received)) {
      shared_->count(&Shared::limited);
      return answer({429, "Too often", "This webhook is called too often."});
    }
    emit(pass->second, std::move(*id), request.received, std::move(answer));
  }

  [[nodiscard]] SourceReport report() const override {
    const std::lock_guard lock(shared_->mutex);
    SourceReport report;
    report.state = shared_->error.empty() ? "reading" : "failing";
    report.last_error = shared_->error;
    report.last_event = shared_->last;
    report.in_flight = shared_->waiting.size();
    report.details = {{"pass_file", settings_.pass_file},
                      {"fired", std::to_string(shared_->fired)},
                      {"refused", std::to_string(shared_->refused)},
                      {"limited", std::to_string(shared_->limited)}};
    return report;
  }

  void end() override {
    intake_ = nullptr;
    std::vector<std::shared_ptr<Waiting>> left;
    {
      const std::lock_guard lock(shared_->mutex);
      left.swap(shared_->waiting);
    }
    for (const auto& one : left) one->answer(not_now);
  }

 private:
  /// What answers find, whether or not the source is still there.
  struct Shared {
    std::mutex mutex;
    // What follows is guarded by mutex.
    std::vector<std::shared_ptr<Waiting>> waiting;
    std::string error;
    std::optional<Time> last;
    std::uint64_t fired = 0;
    std::uint64_t refused = 0;
    std::uint64_t limited = 0;

    void count(std::uint64_t Shared::*what) {
      const std::lock_guard lock(mutex);
      ++(this->*what);
    }
    void note_error(const std::string& why, const std::string& source) {
      const std::lock_guard lock(mutex);
      if (!why.empty() && why != error) {
        log(LogLevel::error, "webhooks-shut", {{"source", source}, {"why", why}});
      }
      error = why;
    }
    void settle(const std::shared_ptr<Waiting>& one, bool is_held) {
      {
        const std::lock_guard lock(mutex);
        if (std::erase(waiting, one) == 0) return;  // Was answered when the source ended.
        if (is_held) ++fired;
      }
      one->answer(is_held ? HookAnswer{202, {}, {}} : not_now);
    }
  };

  void refuse(const std::function<void(HookAnswer)>& answer) {
    shared_->count(&Shared::refused);
    answer(nothing_here);
  }

  /// None: it may not be let in.
  [[nodiscard]] static std::optional<std::string> id_of(const HookRequest& request,
                                                        const std::string& key) {
    if (!key.empty()) {
      return verified(key, request.headers, request.rest, request.body, request.received);
    }
    const auto given = request.headers.find("idempotency-key");
    if (given != request.headers.end()) {
      return is_usable_key(given->second) ? std::optional(given->second) : std::nullopt;
    }
    const Result<std::string> drawn = draw_token();
    return drawn ? std::optional(*drawn) : std::nullopt;
  }

  void emit(const Pass& pass, std::string id, Time received,
            std::function<void(HookAnswer)> answer) {
    const auto waiting = std::make_shared<Waiting>(Waiting{std::move(answer)});
    {
      const std::lock_guard lock(shared_->mutex);
      shared_->waiting.push_back(waiting);
      shared_->last = received;
    }
    const std::string source = fmt::format("/sources/{}/{}", settings_.name, pass.id());
    std::vector<Signal> signals{
        {pass.group, {received, source, std::move(id)}, AdjustClaim{pass.policy}}};
    intake_->emit(std::move(signals), [shared = std::weak_ptr<Shared>(shared_),
                                       waiting](const std::vector<Receipt>& receipts) {
      const bool is_held = receipts.size() == 1 && receipts.front() == Receipt::held;
      if (const auto alive = shared.lock()) alive->settle(waiting, is_held);
    });
  }

  const Settings settings_;
  const SigningKey key_;
  // On the desk's thread alone.
  PassBook book_;
  Intake* intake_ = nullptr;
  std::set<std::pair<GroupId, std::string>> aims_;  // Webhook policies that there are.
  std::map<std::string, Rate> rates_;               // By hash, of passes that were used.
  const std::shared_ptr<Shared> shared_;
};

}  // namespace

std::unique_ptr<HookSource> open_webhook_source(Settings settings, SigningKey key) {
  return std::make_unique<WebhookSource>(std::move(settings), std::move(key));
}

}  // namespace settle::webhook
