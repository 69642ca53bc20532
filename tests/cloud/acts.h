// Calls for tests of clouds, with the permits that destructive ones need.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "daemon/partition/event.h"
#include "reconcilers/interlock/interlock.h"

namespace settle {

/// The interlock's word that `instance` may go, from a view in which nothing speaks against it.
inline interlock::Permit permit_for(const InstanceId& instance) {
  interlock::Batch batch;
  batch.now = interlock::Time{} + Duration{1'000'000};
  batch.targets = {{instance.value, true, false}};
  batch.view.members = {{instance.value, true, false, false, false}};
  batch.view.is_complete = true;
  batch.view.at = batch.now;
  batch.rules.rate.amount = 1;
  batch.rules.rate.per = Duration{60'000};
  const interlock::Verdict verdict = interlock::vet(batch, {});
  if (verdict.permits.empty()) {
    throw std::logic_error("no permit: " + std::string(interlock::name(verdict.refusal)));
  }
  return verdict.permits.front();
}

inline Act act_of(SpecPointer spec, Intent intent) {
  const GroupId group = spec->id;
  const std::string cloud = spec->cloud;
  const bool is_destructive =
      intent.kind == IntentKind::terminate || intent.kind == IntentKind::drain;
  if (is_destructive) {
    const interlock::Permit permit = permit_for(intent.instance);
    return Act::destructive(Epoch{1}, cloud, group, std::move(intent), permit).value();
  }
  return Act::harmless(Epoch{1}, cloud, group, std::move(intent), std::move(spec)).value();
}

}  // namespace settle
