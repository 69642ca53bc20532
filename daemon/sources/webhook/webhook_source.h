// Webhooks that let a policy fire: POST /hooks/NAME/TOKEN, and no body is needed.
//
// The token is the right to do just that: one webhook policy of one group, within the group's
// limits, as often as `calls_per_minute` says, until it expires or is revoked. Where there is a
// signing key, a call must be signed besides. Whatever is wrong (no such token, expired, revoked,
// no such policy, a wrong signature, an old one) is answered with the same 404, so that nobody
// learns what there is.
//
// A call fires once: with an Idempotency-Key or a signature its repetition is the same event, which
// the group's owner remembers; without either each call is an event of its own.
//
// Tokens are written to no log; passes lie in a file (pass_file.h), which is distributed as
// configuration is: any member of a cluster can answer, whoever owns the group.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "daemon/base/result.h"
#include "daemon/sources/source.h"
#include "daemon/sources/webhook/pass_file.h"

namespace settle::webhook {

struct Settings {
  std::string name;  // Of the source, as configuration has it.
  std::string pass_file{standard_pass_file};
  int calls_per_minute = 60;  // Of one pass, and so many at once.
};

/// Read at each call; empty: calls need no signature.
using SigningKey = std::function<Result<std::string>()>;

[[nodiscard]] std::unique_ptr<HookSource> open_webhook_source(Settings settings, SigningKey key);

}  // namespace settle::webhook
