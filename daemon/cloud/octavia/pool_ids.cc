#include "daemon/cloud/octavia/pool_ids.h"

namespace settle::octavia {

void PoolIds::find(const std::string& pool, nova::Manner manner, const Done& done) {
  if (is_id(pool)) return done({pool, {}});
  std::string known;
  {
    const std::lock_guard lock(mutex_);
    const auto found = ids_.find(pool);
    if (found != ids_.end()) known = found->second;
  }
  if (!known.empty()) return done({known, {}});
  manner.is_repeat = false;
  api_->ask(find_pool(pool), manner,
            [self = shared_from_this(), pool, done](const nova::Reply& reply) {
              if (!reply.answer.is(200)) return done({{}, judge_reading(reply)});
              const Result<std::string> id = read_pool(reply.answer.body);
              if (!id) return done({{}, {Acted::Result::refused, Reason::balancer_refused}});
              {
                const std::lock_guard lock(self->mutex_);
                self->ids_[pool] = *id;
              }
              done({*id, {}});
            });
}

void PoolIds::forget(const std::string& pool) {
  const std::lock_guard lock(mutex_);
  ids_.erase(pool);
}

}  // namespace settle::octavia
