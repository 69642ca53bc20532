#include "daemon/cloud/ec2/ec2_cloud.h"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "daemon/cloud/ec2/answers.h"
#include "daemon/cloud/ec2/notices.h"
#include "daemon/cloud/ec2/requests.h"
#include "daemon/cloud/listing_desk.h"
#include "daemon/cloud/offers.h"

namespace settle::ec2 {
namespace {

constexpr std::size_t tokens_max = 10'000;

http::Urgency urgency_of(const Intent& intent) {
  if (intent.kind == IntentKind::launch) {
    return intent.replaces.value.empty() ? http::Urgency::out : http::Urgency::replace;
  }
  return intent.is_voluntary ? http::Urgency::in : http::Urgency::replace;
}

bool is_gone(const Marked& marked) {
  return marked.instance.state == "terminated" || marked.instance.state == "shutting-down";
}

/// The id that was asked for is no instance's, or no longer.
bool is_of_nobody(const http::Answer& answer) {
  return answer.end == http::End::answered &&
         read_error(answer.body).code == "InvalidInstanceID.NotFound";
}

Acted answer_to(const Act& act, Acted::Result result, Reason why = Reason::cloud_refused) {
  return {act.group, act.intent.token, result, {}, why};
}

/// Tokens that this process has sent, the newest ten thousand.
class SentTokens {
 public:
  /// Whether it was sent before; from now on it was.
  bool note(const std::string& token) {
    const std::lock_guard lock(mutex_);
    if (!known_.try_emplace(token).second) return true;
    order_.push_back(token);
    if (order_.size() > tokens_max) {
      known_.erase(order_.front());
      order_.pop_front();
    }
    return false;
  }
  /// It is being sent with this offer; none: nothing was made with the last one.
  void note_offer(const std::string& token, std::optional<Offer> offer) {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(token);
    if (found != known_.end()) found->second = std::move(offer);
  }
  /// What it may have been made with.
  [[nodiscard]] std::optional<Offer> offer(const std::string& token) {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(token);
    return found == known_.end() ? std::nullopt : found->second;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::optional<Offer>> known_;  // Guarded by mutex_.
  std::deque<std::string> order_;                      // Guarded by mutex_.
};

}  // namespace

struct Ec2Cloud::Shared : std::enable_shared_from_this<Shared> {
  Shared(Settings given, CredentialSource source, const std::shared_ptr<http::Outbound>& outbound,
         const Clock& given_clock)
      : settings(std::move(given)),
        credentials(std::move(source)),
        out(outbound),
        clock(given_clock) {}

  const Settings settings;
  const CredentialSource credentials;
  const std::weak_ptr<http::Outbound> out;  // An answer must not be what keeps it.
  const Clock& clock;
  SentTokens sent;
  OfferBoard board;
  NoticeBoard notices;  // Of the one listing that is under way.

  using Done = http::Outbound::Done;

  [[nodiscard]] std::string endpoint() const {
    if (!settings.endpoint.empty()) return settings.endpoint;
    return "https://ec2." + settings.region + ".amazonaws.com/";
  }

  struct Manner {
    http::Urgency urgency = http::Urgency::look;
    Duration deadline{};
    bool is_repeat = false;
  };

  void ask(const Parameters& parameters, Manner manner, Done done) const {
    http::Call call;
    call.operation = parameters.front().second;
    call.method = "POST";
    call.url = endpoint();
    call.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
    call.body = canonical_query(parameters);
    call.urgency = manner.urgency;
    call.deadline = manner.deadline;
    call.is_repeat = manner.is_repeat;
    credentials([self = shared_from_this(), call = std::move(call),
                 done = std::move(done)](const Result<Credentials>& who) mutable {
      self->send(std::move(call), who, std::move(done));
    });
  }

  void send(http::Call call, const Result<Credentials>& who, Done done) const {
    const std::shared_ptr<http::Outbound> way = out.lock();
    if (!who || !way) {
      http::Answer unsent;
      unsent.why = who ? "the cloud is not in use any more" : who.error().message;
      done(std::move(unsent));
      return;
    }
    sign(call, *who, {settings.region, "ec2"}, clock.now());
    way->start(std::move(call), std::move(done));
  }

  [[nodiscard]] Manner manner_of(const Act& act) const {
    return {urgency_of(act.intent), settings.act_deadline, act.intent.sends > 1};
  }

  // ---- Looking ------------------------------------------------------------------------------

  struct Walk {
    Listing listing;
    std::set<InstanceId> seen;
    std::set<std::string> tokens;
    int pages = 0;
    bool has_spot = false;
    std::function<void(Listed)> done;
  };

  void list(std::function<void(Listed)> done) {
    auto walk = std::make_shared<Walk>();
    walk->done = std::move(done);
    turn_page(walk, {});
  }

  void turn_page(const std::shared_ptr<Walk>& walk, const std::string& next) {
    const Manner manner{http::Urgency::look, settings.look_deadline, false};
    ask(list_ours(settings.cluster, settings.page_size, next), manner,
        [self = shared_from_this(), walk](const http::Answer& answer) {
          self->read_page(walk, answer);
        });
  }

  void read_page(const std::shared_ptr<Walk>& walk, const http::Answer& answer) {
    if (!answer.is(200)) return walk->done({std::nullopt, judge(answer).why});
    const Result<Page> page = read_instances(answer.body);
    if (!page) return walk->done({std::nullopt, Reason::cloud_unreachable});
    for (const Marked& marked : page->instances) {
      // Another's rows, or one that a shifting listing shows twice.
      if (marked.cluster != settings.cluster || marked.group.value.empty()) continue;
      if (!walk->seen.insert(marked.instance.id).second) continue;
      walk->has_spot = walk->has_spot || marked.is_spot;
      walk->listing.groups[marked.group].push_back(marked.instance);
    }
    ++walk->pages;
    if (page->next.empty()) {
      walk->listing.is_complete = true;
      walk->listing.tells_by_id = true;
      return ask_for_notices(walk);
    }
    // A marker that comes again leads in a circle: what was seen proves nothing about the rest.
    const bool goes_on = walk->pages < settings.pages_max && walk->tokens.insert(page->next).second;
    if (!goes_on) return walk->done({std::move(walk->listing), Reason::cloud_unreachable});
    turn_page(walk, page->next);
  }

  /// What is to go, before what is there is told. Nothing of it can make a listing worse.
  void ask_for_notices(const std::shared_ptr<Walk>& walk) {
    const std::optional<NoticeKind> kind = notices.due(walk->has_spot, clock.now());
    if (!kind) {
      notices.mark(walk->listing);
      return walk->done({std::move(walk->listing), Reason::cloud_unreachable});
    }
    turn_notices(walk, *kind, std::make_shared<NoticeWalk>());
  }

  struct NoticeWalk {
    std::set<InstanceId> instances;
    std::string next;
    int pages = 0;
  };

  void turn_notices(const std::shared_ptr<Walk>& walk, NoticeKind kind,
                    const std::shared_ptr<NoticeWalk>& found) {
    const Manner manner{http::Urgency::look, settings.act_deadline, false};
    ask(list_notices(kind, found->next), manner,
        [self = shared_from_this(), walk, kind, found](const http::Answer& answer) {
          Result<NoticePage> page =
              answer.is(200) ? read_notices(kind, answer.body) : Result<NoticePage>(Error{});
          if (!page) return self->ask_for_notices(walk);
          found->instances.merge(page->instances);
          const bool goes_on = !page->next.empty() && page->next != found->next &&
                               ++found->pages < self->settings.pages_max;
          found->next = page->next;
          if (goes_on) return self->turn_notices(walk, kind, found);
          self->notices.set(kind, std::move(found->instances));
          self->ask_for_notices(walk);
        });
  }

  void seek(const InstanceId& id, std::function<void(Sought)> done) const {
    const Manner manner{http::Urgency::look, settings.act_deadline, false};
    ask(find_instance(id), manner,
        [self = shared_from_this(), id, done = std::move(done)](const http::Answer& answer) {
          done(self->sought(id, answer));
        });
  }

  [[nodiscard]] Sought sought(const InstanceId& id, const http::Answer& answer) const {
    if (is_of_nobody(answer)) return {Sought::What::gone};
    const Result<Page> page = answer.is(200) ? read_instances(answer.body) : Result<Page>(Error{});
    if (!page) return {};
    for (const Marked& marked : page->instances) {
      if (marked.instance.id != id) continue;
      // One whose marks were taken off has been let go by somebody.
      if (marked.cluster != settings.cluster || marked.group.value.empty()) break;
      return {Sought::What::here, marked.group, marked.instance};
    }
    return {Sought::What::gone};
  }

  // ---- Launching ----------------------------------------------------------------------------

  void launch(const Act& act, ActedReply reply) {
    const bool was_sent = sent.note(act.intent.token) || act.intent.sends > 1;
    if (!was_sent) return create(act, std::move(reply));
    Manner manner = manner_of(act);
    manner.is_repeat = false;  // A look, that spares the repeat where it finds one.
    ask(find_token(settings.cluster, act.intent.token), manner,
        [self = shared_from_this(), act, reply = std::move(reply)](const http::Answer& answer) {
          self->found_by_token(act, reply, answer);
        });
  }

  void found_by_token(const Act& act, const ActedReply& reply, const http::Answer& answer) {
    const Result<Page> page = answer.is(200)
                                  ? read_instances(answer.body)
                                  : Result<Page>(Error{ErrorCode::unavailable, answer.why});
    // Whether it exists is not known, so nothing is sent that could make a second one.
    if (!page) return reply(answer_to(act, Acted::Result::not_now, Reason::cloud_unreachable));
    if (page->instances.empty()) return create(act, reply);
    Acted done = answer_to(act, Acted::Result::done);
    done.instance = page->instances.front().instance.id;
    reply(std::move(done));
  }

  /// A launch on its way through its offers, all of it within the deadline of one call.
  struct Attempt {
    Act act;
    ActedReply reply;
    Time began;
    OfferWalk walk;
  };

  void create(const Act& act, const ActedReply& reply) {
    const Time now = clock.now();
    OfferWalk walk(offers_of(act.spec->launch, act.intent.zone), board, now, act.intent.sends > 1,
                   sent.offer(act.intent.token));
    ask_for_next(std::make_shared<Attempt>(Attempt{act, reply, now, std::move(walk)}));
  }

  void ask_for_next(const std::shared_ptr<Attempt>& attempt) {
    const Act& act = attempt->act;
    const std::optional<Offer> offer = attempt->walk.next();
    if (!offer) return attempt->reply(answer_to(act, Acted::Result::refused, attempt->walk.why()));
    Manner manner = manner_of(act);
    manner.deadline -= std::max(clock.now() - attempt->began, Duration::zero());
    if (manner.deadline <= Duration::zero()) {
      // The board knows which have no room: the next send begins with the others.
      return attempt->reply(answer_to(act, Acted::Result::not_now, Reason::cloud_no_capacity));
    }
    sent.note_offer(act.intent.token, *offer);
    ask(run_one(act, settings.cluster, *offer), manner,
        [self = shared_from_this(), attempt, offer = *offer](const http::Answer& answer) {
          self->was_offered(attempt, offer, answer);
        });
  }

  void was_offered(const std::shared_ptr<Attempt>& attempt, const Offer& offer,
                   const http::Answer& answer) {
    if (is_of_another(answer)) {
      sent.note_offer(attempt->act.intent.token, std::nullopt);
      attempt->walk.is_of_another();
      return ask_for_next(attempt);
    }
    if (is_about_the_offer(answer)) {
      sent.note_offer(attempt->act.intent.token, std::nullopt);
      board.had_no_room(offer, clock.now());
      attempt->walk.was_refused(judge(answer).why);
      return ask_for_next(attempt);
    }
    if (answer.is(200)) board.had_room(offer);
    attempt->reply(created(attempt->act, answer));
  }

  static Acted created(const Act& act, const http::Answer& answer) {
    if (!answer.is(200)) {
      const Judgement judgement = judge(answer);
      return answer_to(act, judgement.result, judgement.why);
    }
    const Result<Page> page = read_instances(answer.body);
    // It said yes, in words that cannot be read: it may exist.
    if (!page || page->instances.empty()) {
      return answer_to(act, Acted::Result::unknown, Reason::cloud_unreachable);
    }
    Acted done = answer_to(act, Acted::Result::done);
    done.instance = page->instances.front().instance.id;
    return done;
  }

  // ---- Changing -----------------------------------------------------------------------------

  void change_one(const Act& act, ActedReply reply) {
    ask(find_instance(act.intent.instance), manner_of(act),
        [self = shared_from_this(), act, reply = std::move(reply)](const http::Answer& answer) {
          self->looked_at(act, reply, answer);
        });
  }

  /// The last look before a change: at the very instance, and its marks.
  void looked_at(const Act& act, const ActedReply& reply, const http::Answer& answer) {
    if (is_of_nobody(answer))
      return reply(answer_to(act, Acted::Result::done));  // Gone: as was wanted.
    if (!answer.is(200)) {
      Judgement judgement = judge(answer);
      // Only a look was lost: nothing was changed.
      if (judgement.result == Acted::Result::unknown) judgement.result = Acted::Result::not_now;
      return reply(answer_to(act, judgement.result, judgement.why));
    }
    const Result<Page> page = read_instances(answer.body);
    if (!page) return reply(answer_to(act, Acted::Result::not_now, Reason::cloud_unreachable));
    const auto found = std::find_if(
        page->instances.begin(), page->instances.end(),
        [&](const Marked& marked) { return marked.instance.id == act.intent.instance; });
    if (found == page->instances.end()) return reply(answer_to(act, Acted::Result::done));
    const bool is_ours = found->cluster == settings.cluster && found->group == act.group &&
                         !found->instance.token.empty();
    if (!is_ours) return reply(answer_to(act, Acted::Result::refused));
    if (is_gone(*found)) return reply(answer_to(act, Acted::Result::done));
    ask(change(act.intent), manner_of(act),
        [act, reply](const http::Answer& changed) { reply(judged(act, changed)); });
  }

  static Acted judged(const Act& act, const http::Answer& answer) {
    if (answer.is(200)) return answer_to(act, Acted::Result::done);
    if (is_of_nobody(answer)) return answer_to(act, Acted::Result::done);
    const Judgement judgement = judge(answer);
    return answer_to(act, judgement.result, judgement.why);
  }

  std::unique_ptr<ListingDesk> desk;  // Set once, right after construction.
};

Ec2Cloud::Ec2Cloud(Settings settings, CredentialSource credentials,
                   std::shared_ptr<http::Outbound> out, const Clock& clock, Timers& timers)
    : out_(std::move(out)),
      shared_(std::make_shared<Shared>(std::move(settings), std::move(credentials), out_, clock)) {
  const std::weak_ptr<Shared> weak = shared_;
  shared_->desk = std::make_unique<ListingDesk>(
      [weak](std::function<void(Listed)> done) {
        if (const auto shared = weak.lock()) return shared->list(std::move(done));
        done({std::nullopt, Reason::cloud_unreachable});
      },
      [weak](const InstanceId& id, std::function<void(Sought)> done) {
        if (const auto shared = weak.lock()) return shared->seek(id, std::move(done));
        done({});
      },
      clock, timers, shared_->settings.list_every);
}
Ec2Cloud::~Ec2Cloud() = default;

void Ec2Cloud::observe(const Observe& look, ObservedReply reply) {
  shared_->desk->ask(look, std::move(reply));
}

void Ec2Cloud::list_all(ListedReply reply) {
  shared_->desk->ask_all(std::move(reply));
}

void Ec2Cloud::act(const Act& act, ActedReply reply) {
  if (needs_balancer(act.intent.kind)) return reply(without_balancer(act));
  if (act.intent.kind == IntentKind::launch) {
    shared_->launch(act, std::move(reply));
  } else {
    shared_->change_one(act, std::move(reply));
  }
}

}  // namespace settle::ec2
