// What each key means to the engine.
#include "tests/config/support.h"

namespace settle {
namespace {

const std::string small = "capacity: { max: 5 }\n";

template <typename T>
const T& policy_of(const GroupSpec& spec) {
  return std::get<T>(spec.policies.at(0).kind);
}

template <typename T>
const T& window_of(const GroupSpec& spec) {
  return std::get<T>(std::get<ScheduledLimits>(spec.schedules.at(0).kind).window);
}

GroupSpec with_window(const std::string& times) {
  return spec_of(small + "schedule: { s: { " + times + ", capacity: { max: 4 } } }");
}

TEST(Spec, OfALoneCapacityIsAllDefaults) {
  GroupSpec expected;
  expected.id.value = "g";
  expected.limits = {0, 5};
  const GroupSpec spec = spec_of(small);
  expected.launch_hash = spec.launch_hash;
  EXPECT_EQ(spec, expected);
}

TEST(Spec, DefaultsOfTheSchemaAreThoseOfTheEngine) {
  const std::string spelled_out =
      "capacity: { min: 0, max: 5 }\n"
      "cloud: simulated\n"
      "time_zone: UTC\n"
      "health: { unhealthy_when: [ { cloud_status: [ERROR] } ], grace: 5m, launch_timeout: 20m,\n"
      "          replace: launch-first, stop_above: 30%, agree: 1, silent_after: 0,\n"
      "          relapses: 0, relapses_within: 1h }\n"
      "steadiness: { tolerance: 0%, scale_out: { settle: 0, select: largest, cooldown: 0 } }\n"
      "guards:\n"
      "  launches: { at_most: 100%, at_least: 4, per: 1m }\n"
      "  terminations: { at_most: 10%, at_least: 1, per: 10m }\n"
      "  disruption: { at_most: 20%, at_least: 1 }\n"
      "  flapping: { reversals: 0, within: 30m, hold: 30m }\n"
      "  mass_change: 20%\n"
      "  launches_a_day: { at_most: 2000%, at_least: 200 }\n"
      "  terminations_a_day: { at_most: 2000%, at_least: 200 }\n"
      "mode: act\n"
      "priority: 0\n"
      "terminate: oldest\n"
      "drain: { timeout: 0 }\n"
      "warm_up: 0\n"
      "boot_time: 60s\n"
      "observe_every: 15s\n"
      "lateness: 15m\n";
  EXPECT_EQ(spec_of(spelled_out), spec_of(small));
}

TEST(Spec, DefaultsOfPoliciesAreThoseOfTheEngine) {
  const auto policy = [](const std::string& lines) {
    return spec_of(small + "policies:\n" + lines);
  };
  EXPECT_EQ(policy("  p: { type: target, target: 5 }"),
            policy("  p: { type: target, target: 5, tolerance: 0%, metric: { signal: p,\n"
                   "       stale_after: 2m, when_missing: hold, may_be_negative: false } }"));
  EXPECT_EQ(
      policy("  p: { type: steps, steps: [ { at_least: 5, add: 10% } ] }"),
      policy(
          "  p: { type: steps, wait: 3m, steps: [ { at_least: 5, add: 10%, min_change: 0 } ] }"));
  EXPECT_EQ(policy("  p: { type: alert, add: 10% }"),
            policy("  p: { type: alert, add: 10%, at_least: 0, alarm: p, release_after: 0 }"));
  EXPECT_EQ(policy("  p: { type: target, target: 5, metrics: { a: { signal: s } } }"),
            policy("  p: { type: target, target: 5, combine: max, metrics: { a: { signal: s,\n"
                   "       target: 5 } } }"));
  EXPECT_EQ(policy("  p: { type: target, target: 5 }\n  q: { type: forecast, of: p }"),
            policy("  p: { type: target, target: 5 }\n"
                   "  q: { type: forecast, of: p, lead: 5m, mode: forecast_only }"));
  EXPECT_EQ(policy("  p: { type: webhook, add: 1 }"),
            policy("  p: { type: webhook, add: 1, hold_for: 15m }"));
  EXPECT_EQ(policy("  p: { type: webhook, add: 1, scale_in: { at_most: 2 } }"),
            policy("  p: { type: webhook, add: 1, scale_in: { at_most: 2, per: 1m } }"));
}

TEST(Spec, DefaultsOfChangesAreThoseOfTheEngine) {
  EXPECT_EQ(spec_of(small + "rollout: {}\n"),
            spec_of(small + "rollout: { canary: 0, canary_soak: 10m, batch: 10%, soak: 0,\n"
                            "           failures: 1, on_failure: halt }\n"));
  EXPECT_EQ(
      spec_of(small + "hooks: { register: {} }\n"),
      spec_of(small + "hooks: { register: { on: launch, deadline: 10m, default: continue } }\n"));
  EXPECT_EQ(spec_of(small), spec_of(small + "max_instance_age: 0\nwarm_pool: { size: 0 }\n"));
}

TEST(Spec, AGroupSaysHowItsInstancesAreChanged) {
  const GroupSpec spec =
      spec_of(small +
              "rollout: { canary: 1, batch: 2, soak: 5m, failures: 3, on_failure: roll-back }\n"
              "max_instance_age: 30d\n"
              "hooks: { z: { on: terminate, deadline: 1m, default: abandon }, a: {} }\n"
              "warm_pool: { size: 3 }\n"
              "guards: { freeze: { calm: { from: Fri 16:00, until: Mon 07:00, block: "
              "[replace-outdated] } } }\n");
  EXPECT_TRUE(spec.rollout.is_on);
  EXPECT_EQ(spec.rollout.canary, 1);
  EXPECT_EQ(spec.rollout.batch, (Budget{Decimal(2), false, 1, Duration{}}));
  EXPECT_EQ(spec.rollout.soak, Duration{300'000});
  EXPECT_EQ(spec.rollout.failures, 3);
  EXPECT_TRUE(spec.rollout.rolls_back);
  EXPECT_EQ(spec.age_max, Duration{std::chrono::days(30)});
  ASSERT_EQ(spec.hooks.size(), 2U);
  EXPECT_EQ(spec.hooks[0].name, "a");
  EXPECT_EQ(spec.hooks[1], (HookSpec{"z", HookOn::terminate, Duration{60'000}, false}));
  EXPECT_EQ(spec.warm_pool, 3);
  ASSERT_EQ(spec.guards.freezes.size(), 1U);
  EXPECT_EQ(spec.guards.freezes[0].blocks, std::vector<StepClass>{StepClass::replace_outdated});
}

TEST(Spec, ATargetPolicyHasItsMetricAndPace) {
  const GroupSpec spec = spec_of(
      small +
      "policies:\n  jobs:\n    type: target\n    target: 0.1\n    tolerance: 10%\n"
      "    metric: { from: prom, query: sum(jobs), divide_by: instances, stale_after: 90s,\n"
      "              when_missing: { fallback: 3 }, signal: backlog, may_be_negative: true }\n"
      "    scale_out: { settle: 1m, at_most: 50% }\n"
      "    scale_in: { tolerance: 2, cooldown: 5m, select: smallest,\n"
      "                at_most: [ { at_most: 4, per: 5m }, { at_most: 10% } ] }\n");
  const TargetPolicy& target = policy_of<TargetPolicy>(spec);
  EXPECT_EQ(target.target, Decimal::of(1, -1));
  EXPECT_EQ(target.metric, (Metric{"prom", "sum(jobs)", "backlog", true, std::chrono::seconds(90),
                                   WhenMissing::fallback, 3, true}));
  const Pace& out = spec.policies[0].steadiness.out;
  EXPECT_EQ(out.settle, std::chrono::minutes(1));
  EXPECT_EQ(out.tolerance, (Tolerance{Decimal(10), true}));
  ASSERT_EQ(out.rules.size(), 1U);
  EXPECT_EQ(out.rules[0], (RateRule{Decimal(50), true, std::chrono::minutes(1)}));
  const Pace& in = spec.policies[0].steadiness.in;
  EXPECT_EQ(in.tolerance, (Tolerance{Decimal(2), false}));
  EXPECT_EQ(in.cooldown, std::chrono::minutes(5));
  EXPECT_EQ(in.select, RateSelect::smallest);
  ASSERT_EQ(in.rules.size(), 2U);
  EXPECT_EQ(in.rules[0], (RateRule{Decimal(4), false, std::chrono::minutes(5)}));
  EXPECT_EQ(in.rules[1], (RateRule{Decimal(10), true, std::chrono::minutes(1)}));
}

TEST(Spec, ATargetMayHaveSeveralMetrics) {
  const GroupSpec spec = spec_of(
      small +
      "policies:\n  load:\n    type: target\n    target: 50\n    combine: mean\n"
      "    breach: { readings: 2, of: 3 }\n"
      "    metrics:\n"
      "      requests: { query: sum(rate), divide_by: instances, target: 100, signal: rps }\n"
      "      cpu: { instead: requests, stale_after: 1m }\n");
  const TargetPolicy& target = policy_of<TargetPolicy>(spec);
  ASSERT_EQ(target.metrics.size(), 2U);
  EXPECT_EQ(target.combine, Mix::mean);
  EXPECT_EQ(target.metrics[0].name, "cpu");
  EXPECT_EQ(target.metrics[0].target, Decimal(50));
  EXPECT_EQ(target.metrics[0].instead, "requests");
  EXPECT_EQ(target.metrics[0].metric.signal, "cpu");
  EXPECT_EQ(target.metrics[0].metric.stale_after, std::chrono::minutes(1));
  EXPECT_EQ(target.metrics[1].target, Decimal(100));
  EXPECT_EQ(target.metrics[1].metric.signal, "rps");
  EXPECT_TRUE(target.metrics[1].metric.is_total);
  EXPECT_EQ(spec.policies[0].breach, (Breach{2, 3}));
}

TEST(Spec, ABreachThatDoesNotSayOfHowManyIsOfAllOfThem) {
  const GroupSpec spec = spec_of(small +
                                 "policies: { p: { type: steps, breach: { readings: 3 },\n"
                                 "  steps: [ { at_least: 5, add: 1 } ] } }");
  EXPECT_EQ(spec.policies[0].breach, (Breach{3, 3}));
}

TEST(Spec, ATargetMayBeARatio) {
  const GroupSpec spec =
      spec_of(small + "policies: { p: { type: target, target: 0.6, metric: { over: asked } } }");
  EXPECT_EQ(policy_of<TargetPolicy>(spec).metric.over, "asked");
}

TEST(Spec, AFallbackIsAMappingOrAText) {
  for (const std::string form : {"{ fallback: 3 }", "'fallback: 3'", "'fallback:3'"}) {
    const GroupSpec spec = spec_of(
        small + "policies: { p: { type: target, target: 1, metric: { when_missing: " + form +
        " } } }");
    EXPECT_EQ(policy_of<TargetPolicy>(spec).metric.when_missing, WhenMissing::fallback);
    EXPECT_EQ(policy_of<TargetPolicy>(spec).metric.fallback, 3);
  }
}

TEST(Spec, AStepsPolicyKeepsItsStepsInOrder) {
  const GroupSpec spec = spec_of(small +
                                 "policies: { q: { type: steps, wait: 1m, steps: [\n"
                                 "  { at_least: 20.5, add: 50%, min_change: 2 },\n"
                                 "  { at_least: 5, at_most: 10, set: 4 },\n"
                                 "  { at_most: 1, remove: 1 } ] } }");
  const StepsPolicy& steps = policy_of<StepsPolicy>(spec);
  EXPECT_EQ(steps.metric.signal, "q");
  EXPECT_EQ(steps.wait, std::chrono::minutes(1));
  ASSERT_EQ(steps.steps.size(), 3U);
  EXPECT_EQ(steps.steps[0], (Step{Decimal::of(205, -1),
                                  std::nullopt,
                                  {Adjustment::Kind::change_percent, Decimal(50), 2}}));
  EXPECT_EQ(steps.steps[1],
            (Step{Decimal(5), Decimal(10), {Adjustment::Kind::set, Decimal(4), 0}}));
  EXPECT_EQ(steps.steps[2],
            (Step{std::nullopt, Decimal(1), {Adjustment::Kind::change, Decimal(-1), 0}}));
}

TEST(Spec, AnAlertIsNamedByItsAlarmItsLabelsOrItself) {
  const auto alarm = [](const std::string& keys) {
    return policy_of<AlertPolicy>(
               spec_of(small + "policies: { p: { type: alert, add: 25%" + keys + " } }"))
        .alarm;
  };
  EXPECT_EQ(alarm(""), "p");
  EXPECT_EQ(alarm(", match: { alertname: Burn, severity: page }"), "Burn");
  EXPECT_EQ(alarm(", match: { alertname: Burn }, alarm: Fire"), "Fire");
}

TEST(Spec, PoliciesSchedulesAndFreezesAreInOrderOfName) {
  const GroupSpec spec = spec_of(
      small +
      "policies: { b: { type: webhook, add: 1 }, a: { type: webhook, add: 1 } }\n"
      "schedule: { d: { at: 2026-01-01T00:00, add: 1 }, c: { at: 2026-01-01T00:00, add: 1 } }\n");
  EXPECT_EQ(spec.policies[0].name, "a");
  EXPECT_EQ(spec.schedules[0].name, "c");
}

TEST(Spec, AWindowIsWeeklyDatedOrByCron) {
  const GroupSpec days = with_window("on: 'Mon-Wed,Sat', from: 06:30, until: 24:00");
  EXPECT_EQ(window_of<WeeklyWindow>(days), (WeeklyWindow{0b0100111, 390, 1440, 0}));
  const GroupSpec night = with_window("from: 22:00, until: 05:30");
  EXPECT_EQ(window_of<WeeklyWindow>(night), (WeeklyWindow{0x7f, 1320, 330, 0}));
  const GroupSpec weekend = with_window("from: Fri 16:00, until: Mon 07:00");
  EXPECT_EQ(window_of<WeeklyWindow>(weekend), (WeeklyWindow{0b0010000, 960, 420, 3}));
  const GroupSpec week = with_window("from: Fri 16:00, until: Fri 07:00");
  EXPECT_EQ(window_of<WeeklyWindow>(week), (WeeklyWindow{0b0010000, 960, 420, 7}));
  const GroupSpec dated = with_window("from: 2026-11-27T00:00, until: 2026-11-30T06:00");
  EXPECT_EQ(window_of<DatedWindow>(dated),
            (DatedWindow{{2026, 11, 27, 0, 0, 0}, {2026, 11, 30, 6, 0, 0}}));
  const GroupSpec cron = with_window("cron: 15 3 * * *, for: 90m");
  EXPECT_EQ(window_of<CronWindow>(cron).cron.text(), "15 3 * * *");
  EXPECT_EQ(window_of<CronWindow>(cron).length, std::chrono::minutes(90));
}

TEST(Spec, AScheduleMayAdjustOnceOrByCron) {
  const GroupSpec spec = spec_of(small +
                                 "schedule: { a: { cron: 0 8 * * Mon, add: 25%, at_least: 2 },\n"
                                 "            b: { at: 2026-11-27T08:00, set: 4, late_by: 1h } }");
  const auto& cron = std::get<ScheduledAdjustment>(spec.schedules[0].kind);
  EXPECT_EQ(cron.adjustment, (Adjustment{Adjustment::Kind::change_percent, Decimal(25), 2}));
  EXPECT_EQ(cron.late_by, std::chrono::minutes(15));
  const auto& once = std::get<ScheduledAdjustment>(spec.schedules[1].kind);
  EXPECT_EQ(std::get<LocalTime>(once.when), (LocalTime{2026, 11, 27, 8, 0, 0}));
  EXPECT_EQ(once.late_by, std::chrono::hours(1));
  EXPECT_EQ(spec.schedules[0].jitter, Duration::zero());
}

TEST(Spec, AScheduleOfEitherKindMayHaveJitter) {
  const GroupSpec spec =
      spec_of(small +
              "schedule: { a: { cron: 0 8 * * Mon, add: 2, jitter: 5m },\n"
              "            b: { from: 08:00, until: 20:00, capacity: { min: 3 }, jitter: 90s } }");
  EXPECT_EQ(spec.schedules[0].jitter, std::chrono::minutes(5));
  EXPECT_EQ(spec.schedules[1].jitter, std::chrono::seconds(90));
}

TEST(Spec, AQueryOfHealthIsAReporterNamedForItsSource) {
  const GroupSpec spec =
      spec_of(small +
              "health:\n  unhealthy_when:\n    - { from: prom, query: up == 0, for: 3m }\n"
              "    - { from: prom, signal: wedged, per_instance: vm }\n");
  EXPECT_EQ(spec.health.reporters,
            (std::vector<ReporterRule>{{"prom", std::chrono::minutes(3), true},
                                       {"prom-2", Duration{}, true}}));
  EXPECT_EQ(spec.health.queries,
            (std::vector<HealthQuery>{{"prom", "prom", "up == 0", "", "instance_id"},
                                      {"prom-2", "prom", "", "wedged", "vm"}}));
}

TEST(Spec, HealthAndGuardsAreRead) {
  const GroupSpec spec =
      spec_of(small +
              "health:\n  unhealthy_when:\n    - cloud_status: [ERROR, SHUTOFF]\n"
              "    - { reporter: probe, for: 3m }\n    - { reporter: lb, for: 1m }\n"
              "  replace: terminate-first\n  stop_above: 12.5%\n  agree: 2\n"
              "  silent_after: 10m\n  relapses: 3\n  relapses_within: 2h\n"
              "guards:\n  launches: { at_most: 20, per: 5m }\n"
              "  freeze: { calm: { from: Fri 16:00, until: Mon 07:00, block: [scale-in, "
              "replace-outdated] },\n"
              "            all: { from: 01:00, until: 02:00 } }\n");
  EXPECT_EQ(spec.health.cloud_states, (std::vector<std::string>{"ERROR", "SHUTOFF"}));
  EXPECT_EQ(spec.health.unhealthy_for, std::chrono::minutes(3));
  EXPECT_EQ(spec.health.reporters, (std::vector<ReporterRule>{{"lb", std::chrono::minutes(1)},
                                                              {"probe", std::chrono::minutes(3)}}));
  EXPECT_EQ(spec.health.agree, 2);
  EXPECT_EQ(spec.health.silent_after, std::chrono::minutes(10));
  EXPECT_EQ(spec.health.relapses, 3);
  EXPECT_EQ(spec.health.relapses_within, std::chrono::hours(2));
  EXPECT_FALSE(spec.health.launch_first);
  EXPECT_EQ(spec.health.stop_above, Decimal::of(125, -1));
  EXPECT_EQ(spec.guards.launches, (Budget{Decimal(20), false, 4, std::chrono::minutes(5)}));
  ASSERT_EQ(spec.guards.freezes.size(), 2U);
  EXPECT_EQ(spec.guards.freezes[0].blocks.size(), 4U);
  EXPECT_EQ(spec.guards.freezes[1].blocks,
            (std::vector<StepClass>{StepClass::scale_in, StepClass::replace_outdated}));
}

TEST(Spec, CapsAreRead) {
  const GroupSpec spec = spec_of(
      small +
      "tenant: media\npriority: 7\nmode: only-up\nlaunch: { flavor: small }\nguards:\n"
      "  launches_a_day: { at_most: 40 }\n  terminations_a_day: { at_most: 50%, at_least: 3 }\n"
      "  spend: { at_most: 4.5 EUR/h, price: { large: 2 EUR/h, small: 0.5 EUR/h } }\n");
  EXPECT_EQ(spec.tenant, "media");
  EXPECT_EQ(spec.priority, 7);
  EXPECT_EQ(spec.mode, Mode::only_up);
  EXPECT_EQ(spec.guards.launches_a_day, (Budget{Decimal(40), false, 200, a_day}));
  EXPECT_EQ(spec.guards.terminations_a_day, (Budget{Decimal(50), true, 3, a_day}));
  EXPECT_EQ(spec.guards.spend, (SpendSpec{Decimal::of(45, -1), Decimal::of(5, -1), "EUR/h"}));
}

TEST(Spec, SharedBudgetsAreThoseOfItsCloudAndTenant) {
  const std::vector<ConfigFile> files{
      {"settled.yaml",
       "budgets:\n  all: { instances: 90 }\n  core: { tenant: core, instances: 9 }\n"
       "  media: { tenant: media, cloud: simulated, launches_a_day: 50, spend: 9 EUR/h }\n"},
      {"g.yaml", one_group(small + "tenant: media\nlaunch: { flavor: s }\n"
                                   "guards: { spend: { price: { s: 0.5 EUR/h } } }\n")}};
  const Compiled compiled = compile(files);
  ASSERT_EQ(compiled.specs.size(), 1U) << render(compiled.findings, files);
  EXPECT_EQ(compiled.specs[0].budgets, (std::vector<std::string>{"all", "media"}));
  ASSERT_EQ(compiled.daemon.budgets.size(), 3U);
  EXPECT_EQ(compiled.daemon.budgets[2].launches_a_day, 50);
  EXPECT_EQ(compiled.daemon.budgets[2].unit, "EUR/h");
}

TEST(Spec, LaunchIsFlatAndNamedByItsContent) {
  const GroupSpec spec =
      spec_of(small +
              "launch: { image: web-1, networks: [a, b], metadata: { team: x },\n"
              "          offers: [m5@z1, c5], spread_over: [z1, z2] }");
  EXPECT_EQ(spec.launch, (std::map<std::string, std::string>{{"image", "web-1"},
                                                             {"metadata.team", "x"},
                                                             {"networks", "a,b"},
                                                             {"offers", "m5@z1,c5"}}));
  EXPECT_EQ(spec.zones, (std::vector<std::string>{"z1", "z2"}));
  const auto hash = [](const std::string& launch) {
    return spec_of(small + "launch: " + launch).launch_hash;
  };
  EXPECT_EQ(hash("{ image: a, flavor: b }"), hash("{ flavor: b, image: a }"));
  EXPECT_EQ(hash("{ image: a }"), hash("{ image: a, spread_over: [z] }"));
  EXPECT_EQ(hash("{ image: a }"), hash("{ image: a, offers: [m5.large@z, \"spot:c5.large\"] }"));
  EXPECT_NE(hash("{ image: a }"), hash("{ image: b }"));
  EXPECT_NE(hash("{ image: a, flavor: b }"), hash("{ image: ab }"));
}

TEST(Spec, DefaultsApplyToEveryGroupOfTheirFile) {
  const std::string text =
      "defaults:\n  warm_up: 2m\n  capacity: { min: 1, max: 9 }\n"
      "  policies: { cpu: { type: target, target: 50 } }\n"
      "groups:\n  a: {}\n  b:\n    capacity: { max: 4 }\n    policies: { cpu: { target: 70 } }\n";
  const Compiled compiled = compile({{"x.yaml", text}});
  ASSERT_EQ(compiled.specs.size(), 2U) << render(compiled.findings, {{"x.yaml", text}});
  EXPECT_EQ(compiled.specs[0].limits, (Range{1, 9}));
  EXPECT_EQ(compiled.specs[1].limits, (Range{1, 4}));
  EXPECT_EQ(compiled.specs[1].warm_up, std::chrono::minutes(2));
  EXPECT_EQ(policy_of<TargetPolicy>(compiled.specs[1]).target, Decimal(70));
}

TEST(Spec, AnErrorInDefaultsIsReportedOnce) {
  EXPECT_EQ(codes_of({{"x.yaml",
                       "defaults: { colour: red }\ngroups:\n  a: { capacity: { max: 1 } }\n"
                       "  b: { capacity: { max: 1 } }\n"}}),
            "E0112");
}

TEST(Main, IsRead) {
  const std::string text =
      "node: { name: \"${env:HOSTNAME}\" }\nstore: sqlite:/tmp/s.db\npartitions: 64\n"
      "groups: [a.yaml, b/*.yaml]\nmode: observe\nlisten: { socket: /tmp/s, http: none }\n"
      "clouds: { lab: { type: simulated, boot_time: 90s, zones: [a, b] } }\n"
      "journal: { path: /tmp/j.db, keep: 30d }\nlog: { level: debug, format: text }\n";
  const Compiled compiled = compile_main({"settled.yaml", text});
  EXPECT_TRUE(compiled.findings.empty()) << render(compiled.findings, {{"settled.yaml", text}});
  DaemonConfig expected;
  expected.node_name = "${env:HOSTNAME}";
  expected.store = "sqlite:/tmp/s.db";
  expected.partitions = 64;
  expected.groups = {"a.yaml", "b/*.yaml"};
  expected.mode = Authority::observe;
  expected.socket = "/tmp/s";
  expected.http = "";
  expected.clouds["lab"] = {"simulated", {{"boot_time", "90s"}, {"zones", "a, b"}}};
  expected.journal = "/tmp/j.db";
  expected.journal_keep = std::chrono::hours(24 * 30);
  expected.log_level = "debug";
  expected.log_format = "text";
  EXPECT_EQ(compiled.daemon, expected);
}

TEST(Main, DefaultsOfTheSchemaAreThoseOfTheDaemon) {
  const std::string spelled_out =
      "version: 1\nstore: sqlite:/var/lib/settled/settle.db\npartitions: 256\nmode: act\n"
      "listen: { socket: /run/settled/admin.sock, http: 127.0.0.1:8470 }\n"
      "journal: { path: /var/lib/settled/journal.db, keep: 90d }\n"
      "log: { level: info, format: journald }\n";
  EXPECT_EQ(compile_main({"m.yaml", spelled_out}).daemon, DaemonConfig{});
}

TEST(Main, TheEnvironmentStandsInForItsNamesAndSecretsStay) {
  DaemonConfig config;
  config.node_name = "${env:HOST}";
  config.store = "sqlite:${env:DIR}/a-${env:HOST}.db";
  config.socket = "${env:NONE}";
  config.clouds["c"].settings = {{"id", "x${env:DIR}"}, {"key", "${secret:k}"}};
  const auto unknown =
      resolve_environment(config, [](const std::string& name) -> std::optional<std::string> {
        if (name == "HOST") return "n1";
        if (name == "DIR") return "/tmp/${env:HOST}";  // A value is not looked into.
        return std::nullopt;
      });
  EXPECT_EQ(config.node_name, "n1");
  EXPECT_EQ(config.store, "sqlite:/tmp/${env:HOST}/a-n1.db");
  EXPECT_EQ(config.socket, "");
  EXPECT_EQ(config.clouds["c"].settings.at("id"), "x/tmp/${env:HOST}");
  EXPECT_EQ(config.clouds["c"].settings.at("key"), "${secret:k}");
  EXPECT_EQ(unknown, (std::vector<std::string>{"NONE"}));
}

TEST(Main, ASecretIsNeverShown) {
  const std::vector<ConfigFile> files{
      {"m.yaml",
       "sources: { p: { type: prometheus, url: x, bearer_token: hunter2, colour: red } }\n"}};
  const std::string text = render(compile(files).findings, files);
  EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
  EXPECT_NE(text.find("E0117"), std::string::npos) << text;
}

TEST(Revision, IsNamedByBaseNamesAndContent) {
  const std::string a = one_group(small);
  const std::string b = one_group("capacity: { max: 6 }");
  const auto revision = [](const std::vector<ConfigFile>& files) {
    return compile(files).revision;
  };
  const std::string name = revision({{"/x/a.yaml", a}, {"/x/b.yaml", b}});
  EXPECT_EQ(name.size(), 14U);
  EXPECT_EQ(name.substr(0, 2), "r-");
  EXPECT_EQ(name, revision({{"/y/b.yaml", b}, {"a.yaml", a}}));
  EXPECT_NE(name, revision({{"/x/a.yaml", b}, {"/x/b.yaml", a}}));
  EXPECT_NE(name, revision({{"/x/a.yaml", a}}));
}

}  // namespace
}  // namespace settle
