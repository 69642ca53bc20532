#include "daemon/cloud/octavia/memberships.h"

#include <utility>
#include <vector>

#include "daemon/cloud/nova/requests.h"
#include "daemon/cloud/octavia/pool_lister.h"

namespace settle::octavia {
namespace {

constexpr nova::Judgement done_so{Acted::Result::done, Reason::balancer_refused};
constexpr nova::Judgement refused{Acted::Result::refused, Reason::balancer_refused};
constexpr nova::Judgement busy{Acted::Result::not_now, Reason::balancer_pending};

bool is_success(const nova::Reply& reply) {
  return reply.answer.end == http::End::answered && reply.answer.status / 100 == 2;
}

nova::Manner for_a_look(nova::Manner manner) {
  manner.is_repeat = false;
  return manner;
}

}  // namespace

struct Memberships::Errand {
  Wanted wanted;
  Done done;
  std::string address;   // Of a join.
  std::size_t next = 0;  // Of the group's pools.
  std::string pool;      // The one that is being changed, by id.

  void end(nova::Judgement judgement) const { done(judgement); }
};

void Memberships::change(Wanted wanted, Done done) {
  const auto errand = std::make_shared<Errand>();
  errand->wanted = std::move(wanted);
  errand->done = std::move(done);
  if (errand->wanted.kind != IntentKind::join) return next_pool(errand);
  api_->ask(nova::look_at(errand->wanted.instance), for_a_look(errand->wanted.manner),
            [self = shared_from_this(), errand](const nova::Reply& reply) {
              self->looked_at(errand, reply);
            });
}

// The last look before a join: at the very server, its marks and its address.
void Memberships::looked_at(const ErrandPointer& errand, const nova::Reply& reply) {
  const Wanted& wanted = errand->wanted;
  if (reply.answer.is(404)) return errand->end(done_so);  // Nobody is left to join.
  if (!reply.answer.is(200)) return errand->end(nova::judge_look(reply));
  const Result<nova::Server> server = nova::read_server(reply.answer.body);
  if (!server || server->instance.id != wanted.instance) return errand->end(busy);
  if (server->cluster != cluster_ || server->group != wanted.group) return errand->end(refused);
  Result<std::string> address = read_address(reply.answer.body, wanted.spec.network);
  if (!address) return errand->end(refused);
  errand->address = *std::move(address);
  next_pool(errand);
}

void Memberships::next_pool(const ErrandPointer& errand) {
  const std::vector<std::string>& pools = errand->wanted.spec.pools;
  if (errand->next == pools.size()) return errand->end(done_so);
  const std::string& pool = pools[errand->next++];
  ids_->find(pool, errand->wanted.manner,
             [self = shared_from_this(), errand](const PoolIds::Found& found) {
               if (found.id.empty()) return errand->end(found.failure);
               errand->pool = found.id;
               self->look_for_member(errand);
             });
}

void Memberships::look_for_member(const ErrandPointer& errand) {
  api_->ask(find_named(errand->pool, errand->wanted.instance.value),
            for_a_look(errand->wanted.manner),
            [self = shared_from_this(), errand](const nova::Reply& reply) {
              self->found(errand, reply);
            });
}

void Memberships::found(const ErrandPointer& errand, const nova::Reply& reply) {
  const Wanted& wanted = errand->wanted;
  if (reply.answer.is(404)) {
    ids_->forget(wanted.spec.pools[errand->next - 1]);
    // Of a pool that is not there nobody is a member.
    return wanted.kind == IntentKind::join ? errand->end(refused) : next_pool(errand);
  }
  if (!reply.answer.is(200)) return errand->end(judge_reading(reply));
  const Result<Page> page = read_members(reply.answer.body);
  if (!page) return errand->end(busy);
  const Member* ours = nullptr;
  for (const Member& member : page->members) {
    const bool is_it = member.name == wanted.instance.value && !member.is_going() &&
                       is_ours(member, cluster_, wanted.group);
    if (is_it) ours = &member;
  }
  if (ours == nullptr) {
    return wanted.kind == IntentKind::join ? make(errand) : next_pool(errand);
  }
  if (wanted.kind == IntentKind::leave) return send(errand, remove_member(errand->pool, ours->id));
  if (wanted.kind == IntentKind::drain) {
    if (!ours->gets_work()) return next_pool(errand);
    return send(errand, set_weight(errand->pool, ours->id, 0));
  }
  const bool is_elsewhere = ours->address != errand->address || ours->port != wanted.spec.port;
  if (is_elsewhere) {
    // An address cannot be changed: this one goes, and the next attempt makes another.
    const nova::Ask removal = remove_member(errand->pool, ours->id);
    return api_->ask(removal, wanted.manner, [errand](const nova::Reply&) { errand->end(busy); });
  }
  const bool is_as_declared =
      ours->gets_work() && ours->weight == wanted.spec.weight && ours->provisioning != "ERROR";
  if (is_as_declared) return next_pool(errand);
  send(errand, set_weight(errand->pool, ours->id, wanted.spec.weight));
}

Member Memberships::wanted_member(const Errand& errand) const {
  Member member;
  member.name = errand.wanted.instance.value;
  member.address = errand.address;
  member.port = errand.wanted.spec.port;
  member.weight = errand.wanted.spec.weight;
  member.tags = tags_of(cluster_, errand.wanted.group);
  return member;
}

void Memberships::make(const ErrandPointer& errand) {
  api_->ask(create_member(errand->pool, wanted_member(*errand)), errand->wanted.manner,
            [self = shared_from_this(), errand](const nova::Reply& reply) {
              if (is_success(reply)) return self->next_pool(errand);
              if (!reply.answer.is(409)) return errand->end(judge_change(reply));
              self->made(errand, reply);
            });
}

// In the way is either another change of the balancer, or a member with the same address: of an
// instance of ours that is gone, which leaves before long, or of somebody else, who stays.
void Memberships::made(const ErrandPointer& errand, const nova::Reply& /*conflict*/) {
  api_->ask(find_addressed(errand->pool, wanted_member(*errand)), for_a_look(errand->wanted.manner),
            [self = shared_from_this(), errand](const nova::Reply& reply) {
              const Result<Page> page = read_members(reply.answer.body);
              if (!reply.answer.is(200) || !page) return errand->end(busy);
              for (const Member& member : page->members) {
                const bool is_there =
                    member.address == errand->address && member.port == errand->wanted.spec.port;
                if (!is_there || is_ours(member, self->cluster_, errand->wanted.group)) continue;
                return errand->end(refused);
              }
              errand->end(busy);
            });
}

void Memberships::send(const ErrandPointer& errand, const nova::Ask& ask) {
  api_->ask(ask, errand->wanted.manner,
            [self = shared_from_this(), errand](const nova::Reply& reply) {
              // 404: gone meanwhile; what a join then lacks, the next look shows.
              if (is_success(reply) || reply.answer.is(404)) return self->next_pool(errand);
              errand->end(judge_change(reply));
            });
}

}  // namespace settle::octavia
