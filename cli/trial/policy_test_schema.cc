#include "cli/trial/policy_test_schema.h"

namespace settle {
namespace {

constexpr Field cloud_fields[] = {
    {.key = "running",
     .kind = Kind::count,
     .about = "Instances that serve when the test begins.",
     .standard = "0",
     .example = "20"},
    {.key = "boots_in",
     .kind = Kind::duration,
     .about = "From a launch to an instance that serves.",
     .standard = "45s",
     .example = "60s"},
};
constexpr Object cloud{"the cloud of a test", "", "", cloud_fields, {}, {}};

constexpr Field event_fields[] = {
    {.key = "at",
     .kind = Kind::duration,
     .about = "After the start.",
     .example = "20m",
     .is_required = true},
    {.key = "instance",
     .kind = Kind::text,
     .about = "An instance: 1 is the oldest.",
     .example = "3"},
    {.key = "becomes",
     .kind = Kind::text,
     .about = "A state of the cloud, or gone: that instance is in it from now on.",
     .example = "ERROR"},
    {.key = "reports",
     .kind = Kind::choice,
     .about = "What a reporter of health says of that instance.",
     .example = "unhealthy",
     .choices = "healthy|unhealthy|unknown"},
    {.key = "reporter", .kind = Kind::name, .about = "Who says so.", .example = "probe"},
    {.key = "alert", .kind = Kind::text, .about = "An alert's name.", .example = "Backlog"},
    {.key = "labels",
     .kind = Kind::texts_by_name,
     .about = "Of the alert, besides its name.",
     .example = "{ severity: page }"},
    {.key = "state",
     .kind = Kind::choice,
     .about = "Of the alert.",
     .standard = "firing",
     .example = "resolved",
     .choices = "firing|resolved|no_data"},
    {.key = "webhook",
     .kind = Kind::name,
     .about = "A webhook policy fires once.",
     .example = "more"},
    {.key = "signal", .kind = Kind::name, .about = "A signal has a value.", .example = "cpu"},
    {.key = "value",
     .kind = Kind::text,
     .about = "Of the signal: a number, or null for no data.",
     .example = "72.5"},
    {.key = "pause",
     .kind = Kind::truth,
     .about = "An operator pauses the group, or lets it go on.",
     .example = "true"},
    {.key = "hold", .kind = Kind::count, .about = "An operator sets desired.", .example = "12"},
    {.key = "for",
     .kind = Kind::duration,
     .about = "How long the operator's number holds.",
     .standard = "1h",
     .example = "2h"},
};
constexpr Object event{"an event", "", "", event_fields, {}, {}};

constexpr Field always_fields[] = {
    {.key = "desired", .kind = Kind::texts, .about = "N, or [least, most].", .example = "[6, 80]"},
    {.key = "ready", .kind = Kind::texts, .about = "The same.", .example = "[6, 80]"},
    {.key = "existing", .kind = Kind::texts, .about = "The same.", .example = "[6, 80]"},
};
constexpr Object always{"always", "", "", always_fields, {}, {}};

constexpr Field never_fields[] = {
    {.key = "terminations_over", .kind = Kind::count, .about = "So many.", .example = "2"},
    {.key = "launches_over", .kind = Kind::count, .about = "So many.", .example = "10"},
    {.key = "changes_over", .kind = Kind::count, .about = "Of desired.", .example = "4"},
    {.key = "reversals_over",
     .kind = Kind::count,
     .about = "Changes of desired in the other direction than the one before.",
     .example = "1"},
    {.key = "within",
     .kind = Kind::duration,
     .about = "Within any such time; else in the whole test.",
     .example = "10m",
     .low = 1'000},
};
constexpr Object never{"never", "", "", never_fields, {}, {}};

constexpr Field expect_fields[] = {
    {.key = "at", .kind = Kind::duration, .about = "After the start.", .example = "10m"},
    {.key = "since",
     .kind = Kind::duration,
     .about = "Steps are counted from here.",
     .standard = "0",
     .example = "20m"},
    {.key = "desired", .kind = Kind::texts, .about = "N, or [least, most].", .example = "20"},
    {.key = "ready", .kind = Kind::texts, .about = "The same.", .example = "20"},
    {.key = "existing", .kind = Kind::texts, .about = "The same.", .example = "21"},
    {.key = "launched", .kind = Kind::texts, .about = "Launches taken by then.", .example = "1"},
    {.key = "terminated", .kind = Kind::texts, .about = "The same.", .example = "[0, 2]"},
    {.key = "because",
     .kind = Kind::texts,
     .about = "What the decision that stands is due to.",
     .example = "policy/cpu"},
    {.key = "not_scaled",
     .kind = Kind::texts,
     .about = "Reason codes of the last decision by then.",
     .example = "Frozen"},
    {.key = "withheld_by",
     .kind = Kind::texts,
     .about = "Guards that withhold a step then.",
     .example = "freeze/weekend-calm"},
    {.key = "converged",
     .kind = Kind::truth,
     .about = "Whether as many exist, and serve, as are desired.",
     .example = "true"},
    {.key = "always",
     .kind = Kind::object,
     .about = "At every moment.",
     .example = "{ desired: [6, 80] }",
     .object = &always},
    {.key = "never",
     .kind = Kind::object,
     .about = "At no moment.",
     .example = "{ terminations_over: 2, within: 10m }",
     .object = &never},
};
constexpr Object expectation{"an expectation", "", "", expect_fields, {}, {}};

constexpr Field test_fields[] = {
    {.key = "name",
     .kind = Kind::text,
     .about = "A sentence that is true if the test passes.",
     .example = "a quiet CPU cannot undercut office hours",
     .is_required = true},
    {.key = "group", .kind = Kind::name, .example = "web", .is_required = true},
    {.key = "start",
     .kind = Kind::text,
     .about = "A local time of the group's zone, of a zone that is named, or RFC 3339.",
     .standard = "2026-01-05T09:00",
     .example = "2026-11-20T15:00 Europe/Helsinki"},
    {.key = "step",
     .kind = Kind::duration,
     .about = "From one value of a signal to the next.",
     .standard = "1m",
     .example = "30s",
     .low = 1'000},
    {.key = "lasts",
     .kind = Kind::duration,
     .about = "The whole test; else until the last that is expected or happens.",
     .example = "2h",
     .low = 1'000},
    {.key = "cloud", .kind = Kind::object, .example = "{ running: 20 }", .object = &cloud},
    {.key = "signals",
     .kind = Kind::texts_by_name,
     .about = "By policy: a series in Prometheus' notation, or a CSV file; @N after it says that "
              "it is a mean over N instances.",
     .example = "{ cpu: 30x240 }"},
    {.key = "events",
     .kind = Kind::object_list,
     .example = "[{ at: 20m, instance: 3, becomes: ERROR }]",
     .object = &event},
    {.key = "expect",
     .kind = Kind::object_list,
     .example = "[{ at: 10m, desired: 20 }]",
     .object = &expectation,
     .is_required = true},
};
constexpr Object test{"a policy test", "", "", test_fields, {}, {}};

constexpr Field root_fields[] = {
    {.key = "version", .kind = Kind::choice, .example = "1", .choices = "1", .is_required = true},
    {.key = "groups",
     .kind = Kind::texts,
     .about = "Files of groups, or directories of them, from where this file is.",
     .example = "../groups.d/web.yaml",
     .is_required = true},
    {.key = "tests",
     .kind = Kind::object_list,
     .example = "[{ name: ..., group: web, expect: [...] }]",
     .object = &test,
     .is_required = true},
};
constexpr Object root{"a file of policy tests", "", "", root_fields, {}, {}};

}  // namespace

const Object& policy_tests_schema() {
  return root;
}

}  // namespace settle
