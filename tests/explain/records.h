// Records to be explained, as the engine leaves them.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "reconcilers/explain/explain.h"

namespace settle {

inline Time at(int hour, int minute, int second = 0) {
  return std::chrono::sys_days{std::chrono::year{2026} / 11 / 23} + std::chrono::hours{hour} +
         std::chrono::minutes{minute} + std::chrono::seconds{second};
}

inline Zone helsinki() {
  return Zone::load("Europe/Helsinki").value_or(Zone());
}

inline Decimal decimal(const char* text) {
  return Decimal::parse(text).value_or(Decimal());
}

inline Voice cpu_voice() {
  Voice voice;
  voice.name = "keep-cpu-at-55";
  voice.verdict = Verdict::proposes;
  voice.proposes = 27;
  voice.input = Reading{ReadingKind::value, decimal("72.4")};
  voice.input_at = at(7, 14, 19);
  voice.reason = Reason::proposed;
  voice.facts = {{"target", Decimal(55)}, {"ready", std::int64_t{20}}};
  voice.won = true;
  return voice;
}

/// Monday morning: CPU asks for more than office hours do, and an instance has failed.
inline DecisionRecord monday_morning() {
  DecisionRecord record;
  record.group = {"web-frontend"};
  record.at = at(7, 14, 30);
  record.partition = 17;
  record.epoch = 9;
  record.revision = "r42";
  record.desired_from = 20;
  record.desired_to = 27;
  record.limits = {20, 80};
  record.tally.ready = 19;
  record.tally.condemned = 1;
  record.voices.push_back(cpu_voice());
  Voice queue;
  queue.name = "drain-the-queue";
  queue.kind = VoiceKind::steps;
  queue.verdict = Verdict::proposes;
  queue.proposes = 24;
  queue.input = Reading{ReadingKind::value, Decimal(6120)};
  queue.input_at = at(7, 14, 19);
  queue.reason = Reason::step_matched;
  queue.facts = {{"add", std::int64_t{4}}, {"at_least", Decimal(5000)}};
  record.voices.push_back(queue);
  Voice page;
  page.name = "latency-page";
  page.kind = VoiceKind::alert;
  page.reason = Reason::alarm_quiet;
  record.voices.push_back(page);
  Voice office;
  office.name = "office-hours";
  office.kind = VoiceKind::schedule;
  office.reason = Reason::schedule_active;
  office.facts = {{"min", std::int64_t{20}}, {"until", at(18, 0)}};
  record.voices.push_back(office);
  record.rungs.push_back({Rung::combine, 27, 27, Reason::largest_proposal, {}});
  for (int i = 0; i < 7; ++i) {
    TakenStep launch;
    launch.facts = {{"desired", std::int64_t{27}}, {"ready", std::int64_t{20}}};
    record.steps.push_back(launch);
  }
  WithheldStep replace;
  replace.op = StepOp::terminate;
  replace.instance = {"i-7f31"};
  replace.guard = "replacement";
  replace.reason = Reason::replacement_pending;
  record.withheld.push_back(replace);
  record.revisit_at = at(7, 15, 0);
  return record;
}

}  // namespace settle
