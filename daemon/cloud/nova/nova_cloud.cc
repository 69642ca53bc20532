#include "daemon/cloud/nova/nova_cloud.h"

#include <algorithm>
#include <utility>

#include "daemon/cloud/listing_desk.h"
#include "daemon/cloud/nova/answers.h"
#include "daemon/cloud/nova/api.h"
#include "daemon/cloud/nova/doubts.h"
#include "daemon/cloud/nova/lister.h"
#include "daemon/cloud/nova/names.h"
#include "daemon/cloud/nova/requests.h"

namespace settle::nova {
namespace {

http::Urgency urgency_of(const Intent& intent) {
  if (intent.kind == IntentKind::launch) {
    return intent.replaces.value.empty() ? http::Urgency::out : http::Urgency::replace;
  }
  return intent.is_voluntary ? http::Urgency::in : http::Urgency::replace;
}

Acted answer_to(const Act& act, Judgement judgement) {
  return {act.group, act.intent.token, judgement.result, {}, judgement.why};
}

Acted answer_to(const Act& act, const InstanceId& made) {
  return {act.group, act.intent.token, Acted::Result::done, made};
}

constexpr Judgement done{Acted::Result::done, Reason::cloud_refused};
constexpr Judgement unreachable{Acted::Result::not_now, Reason::cloud_unreachable};

bool is_gone(const Server& server) {
  const std::string& state = server.instance.state;
  return state == "DELETED" || state == "SOFT_DELETED" || state == "DELETING";
}

bool is_success(const http::Answer& answer) {
  return answer.end == http::End::answered && answer.status / 100 == 2;
}

ListerSettings lister_settings(const Settings& from) {
  ListerSettings settings;
  settings.cluster = from.cluster;
  settings.look_deadline = from.look_deadline;
  settings.page_size = from.page_size;
  return settings;
}

}  // namespace

struct NovaCloud::Shared : std::enable_shared_from_this<Shared> {
  Shared(Settings given, LoginSource login, const std::shared_ptr<http::Outbound>& out,
         const Clock& clock)
      : settings(std::move(given)),
        api(std::make_shared<Api>(Gate{settings.auth_url, settings.choice}, std::move(login), out,
                                  clock)),
        names(std::make_shared<Names>(api)),
        lister(std::make_shared<Lister>(lister_settings(settings), api)) {}

  const Settings settings;
  const std::shared_ptr<Api> api;
  const std::shared_ptr<Names> names;
  const std::shared_ptr<Lister> lister;
  Doubts doubts;
  std::unique_ptr<ListingDesk> desk;  // Set once, right after construction.

  /// A change on its way: it ends at `manner.until`, whatever it still waits for.
  struct Errand {
    Act act;
    ActedReply reply;
    Manner manner;
  };
  using ErrandPointer = std::shared_ptr<const Errand>;

  [[nodiscard]] ErrandPointer errand_of(const Act& act, ActedReply reply) const {
    const Manner manner{urgency_of(act.intent), api->now() + settings.act_deadline,
                        act.intent.sends > 1};
    return std::make_shared<const Errand>(Errand{act, std::move(reply), manner});
  }

  void seek(const InstanceId& id, std::function<void(Sought)> told) const {
    const Manner manner{http::Urgency::look, api->now() + settings.act_deadline, false};
    api->ask(look_at(id), manner,
             [self = shared_from_this(), id, told = std::move(told)](const Reply& reply) {
               told(self->sought(id, reply));
             });
  }

  [[nodiscard]] Sought sought(const InstanceId& id, const Reply& reply) const {
    if (reply.answer.is(404)) return {Sought::What::gone};
    if (!reply.answer.is(200)) return {};
    const Result<Server> server = read_server(reply.answer.body);
    // Of one whose cell does not answer little more is told than that it exists.
    if (!server || server->instance.id != id || server->instance.state == "UNKNOWN") return {};
    // One whose marks were taken off has been let go by somebody.
    const bool is_ours = server->cluster == settings.cluster && !server->group.value.empty();
    if (!is_ours) return {Sought::What::gone};
    return {Sought::What::here, server->group, server->instance};
  }

  // ---- Launching ----------------------------------------------------------------------------

  void launch(const ErrandPointer& errand) {
    const Intent& intent = errand->act.intent;
    if (!doubts.knows(intent.token)) {
      intent.sends <= 1 ? doubts.lay(intent.token) : doubts.raise(intent.token, api->now());
    }
    if (!doubts.since(intent.token)) return name_what_is_named(errand);
    Manner manner = errand->manner;
    manner.is_repeat = false;  // A look, that spares the repeat where it finds one.
    api->ask(find_token(settings.cluster, intent.token), manner,
             [self = shared_from_this(), errand](const Reply& reply) {
               self->looked_for_token(errand, reply);
             });
  }

  void looked_for_token(const ErrandPointer& errand, const Reply& reply) {
    const Act& act = errand->act;
    if (!reply.answer.is(200)) return errand->reply(answer_to(act, judge_look(reply)));
    const Result<Page> page = read_page(reply.answer.body);
    if (!page) return errand->reply(answer_to(act, unreachable));
    const Server* first = nullptr;
    for (const Server& server : page->servers) {
      const bool bears_it = server.instance.token == act.intent.token &&
                            server.cluster == settings.cluster && server.group == act.group;
      if (!bears_it) continue;
      const bool is_older = first == nullptr || server.instance.created < first->instance.created;
      if (is_older) first = &server;
    }
    if (first != nullptr) return errand->reply(answer_to(act, first->instance.id));
    const Time now = api->now();
    if (now < doubts.since(act.intent.token).value_or(now) + settings.settle_after) {
      return errand->reply(answer_to(act, unreachable));
    }
    name_what_is_named(errand);
  }

  void name_what_is_named(const ErrandPointer& errand) {
    names->find(named_in(errand->act.spec->launch), errand->manner,
                [self = shared_from_this(), errand](const Names::Found& found) {
                  if (found.judgement.result != Acted::Result::done) {
                    return errand->reply(answer_to(errand->act, found.judgement));
                  }
                  self->create(errand, found.ids);
                });
  }

  void create(const ErrandPointer& errand, const Ids& ids) {
    doubts.raise(errand->act.intent.token, api->now());
    api->ask(create_one(errand->act, settings.cluster, ids), errand->manner,
             [self = shared_from_this(), errand](const Reply& reply) {
               errand->reply(self->created(errand->act, reply));
             });
  }

  Acted created(const Act& act, const Reply& reply) {
    if (reply.answer.is(202)) {
      const Result<InstanceId> made = read_created(reply.answer.body);
      // It said yes, in words that cannot be read: it may exist.
      return made ? answer_to(act, *made)
                  : answer_to(act, {Acted::Result::unknown, Reason::cloud_unreachable});
    }
    const Judgement judgement = judge(reply, IntentKind::launch);
    if (judgement.result == Acted::Result::unknown) {
      doubts.raise(act.intent.token, api->now());
    } else {
      doubts.lay(act.intent.token);
    }
    return answer_to(act, judgement);
  }

  // ---- Changing -----------------------------------------------------------------------------

  void change_one(const ErrandPointer& errand) {
    Manner manner = errand->manner;
    manner.is_repeat = false;
    api->ask(look_at(errand->act.intent.instance), manner,
             [self = shared_from_this(), errand](const Reply& reply) {
               self->looked_at(errand, reply);
             });
  }

  /// The last look before a change: at the very server, and its marks.
  void looked_at(const ErrandPointer& errand, const Reply& reply) {
    const Act& act = errand->act;
    if (reply.answer.is(404)) return errand->reply(answer_to(act, done));  // As was wanted.
    if (!reply.answer.is(200)) return errand->reply(answer_to(act, judge_look(reply)));
    const Result<Server> server = read_server(reply.answer.body);
    if (!server || server->instance.id != act.intent.instance) {
      return errand->reply(answer_to(act, unreachable));
    }
    const bool is_ours = server->cluster == settings.cluster && server->group == act.group &&
                         !server->instance.token.empty();
    if (!is_ours) {
      return errand->reply(answer_to(act, {Acted::Result::refused, Reason::cloud_refused}));
    }
    if (is_gone(*server)) return errand->reply(answer_to(act, done));
    const auto answered = [self = shared_from_this(), errand](const Reply& changed) {
      const Intent& intent = errand->act.intent;
      // 404: gone, or without the tag that was to go.
      const bool is_done = is_success(changed.answer) || changed.answer.is(404);
      if (is_done && intent.kind == IntentKind::terminate) self->lister->let_go(intent.instance);
      errand->reply(answer_to(errand->act, is_done ? done : judge(changed, intent.kind)));
    };
    api->ask(change(act.intent), errand->manner, answered);
  }
};

NovaCloud::NovaCloud(Settings settings, LoginSource login, std::shared_ptr<http::Outbound> out,
                     const Clock& clock, Timers& timers)
    : out_(std::move(out)),
      shared_(std::make_shared<Shared>(std::move(settings), std::move(login), out_, clock)) {
  const std::weak_ptr<Shared> weak = shared_;
  shared_->desk = std::make_unique<ListingDesk>(
      [weak](std::function<void(Listed)> listed) {
        if (const auto shared = weak.lock()) return shared->lister->list(std::move(listed));
        listed({std::nullopt, Reason::cloud_unreachable});
      },
      [weak](const InstanceId& id, std::function<void(Sought)> told) {
        if (const auto shared = weak.lock()) return shared->seek(id, std::move(told));
        told({});
      },
      clock, timers, shared_->settings.list_every);
}
NovaCloud::~NovaCloud() = default;

std::shared_ptr<Api> NovaCloud::api() const {
  return shared_->api;
}

void NovaCloud::observe(const Observe& look, ObservedReply reply) {
  shared_->desk->ask(look, std::move(reply));
}

void NovaCloud::list_all(ListedReply reply) {
  shared_->desk->ask_all(std::move(reply));
}

void NovaCloud::act(const Act& act, ActedReply reply) {
  if (needs_balancer(act.intent.kind)) return reply(without_balancer(act));
  const auto errand = shared_->errand_of(act, std::move(reply));
  if (act.intent.kind == IntentKind::launch) {
    shared_->launch(errand);
  } else {
    shared_->change_one(errand);
  }
}

}  // namespace settle::nova
