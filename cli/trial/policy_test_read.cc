// From the text of a test file to tests that can be run.
#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "cli/trial/policy_test.h"
#include "cli/trial/policy_test_schema.h"
#include "cli/trial/script_text.h"
#include "cli/trial/series_notation.h"
#include "config/bind.h"
#include "config/document.h"
#include "config/validate.h"
#include "config/values.h"
#include "daemon/codec/json.h"
#include "reconcilers/fold.h"

namespace settle {
namespace {

const Place whole{0, 0, 0, 1};
constexpr const char* start_unless_given = "2026-01-05T09:00";  // A Monday.
constexpr Duration step_unless_given{60'000};
constexpr Duration hold_unless_given{3'600'000};

std::optional<Bounds> read_bounds(const std::vector<std::string>& texts) {
  constexpr std::int64_t most = capacity_limit;
  if (texts.empty() || texts.size() > 2) return std::nullopt;
  const auto least = parse_count(texts.front());
  const auto last = parse_count(texts.back());
  if (!least || !last || *least > *last || *last > most) return std::nullopt;
  return Bounds{static_cast<Capacity>(*least), static_cast<Capacity>(*last)};
}

/// "30x240 @20" as its parts.
std::pair<std::string, std::optional<int>> split_recorded_with(const std::string& text) {
  const std::size_t at = text.rfind('@');
  if (at == std::string::npos) return {text, std::nullopt};
  const auto count = parse_count(std::string_view(text).substr(at + 1));
  if (!count || *count < 1 || *count > capacity_limit) return {text, std::nullopt};
  std::string before = text.substr(0, at);
  before.erase(before.find_last_not_of(' ') + 1);
  return {before, static_cast<int>(*count)};
}

const std::vector<Element>& items(const Element& map, std::string_view key) {
  static const std::vector<Element> none;
  const Element* list = map.find(key);
  return list == nullptr ? none : list->items;
}

class TestReader {
 public:
  TestReader(const GroupSpec& spec, const PolicyTestFiles& files, Findings& findings,
             ZoneShelf& zones)
      : spec_(spec), files_(files), findings_(findings), zones_(zones) {}

  PolicyTest read_test(const Element& map, const Place& place) {
    test_.line = place.line;
    read(map, "name", test_.name);
    test_.group = spec_.id.value;
    test_.options.specs = {spec_};
    read_start(map, place);
    step_ = step_unless_given;
    read(map, "step", step_);
    read_cloud(child(map, "cloud"));
    for (const Entry& entry : child(map, "signals").entries) read_signal(entry);
    for (const Element& item : items(map, "events")) read_event(item);
    for (const Element& item : items(map, "expect")) read_expectation(item);
    Duration lasts{};
    test_.options.end = read(map, "lasts", lasts) ? start_ + lasts : last_;
    test_.options.start = start_;
    test_.options.events = script_.text();
    return std::move(test_);
  }

 private:
  void reject(const Place& place, std::string message, std::string hint = {}) {
    findings_.add("E0118", place, std::move(message)).hint = std::move(hint);
  }

  void read_start(const Element& map, const Place& place) {
    std::string text = start_unless_given;
    read(map, "start", text);
    Zone zone = spec_.zone;
    if (const auto at = parse_time(text)) {
      start_ = last_ = *at;
      return;
    }
    const std::size_t blank = text.rfind(' ');
    if (blank != std::string::npos) {
      const auto named = zones_.load(text.substr(blank + 1));
      if (!named) {
        reject(place_of(map, "start", place), fmt::format("{} is not in this machine's tz database",
                                                          quoted(text.substr(blank + 1))));
        return;
      }
      zone = *named;
      text.erase(blank);
    }
    const auto local = parse_local_time(text);
    if (!local) {
      reject(place_of(map, "start", place), fmt::format("{} is no time", quoted(text)),
             "such as 2026-11-20T15:00 Europe/Helsinki");
      return;
    }
    start_ = last_ = zone.instant(*local);
  }

  Time moment(const Element& item, std::string_view key) {
    Duration after{};
    read(item, key, after);
    last_ = std::max(last_, start_ + after);
    return start_ + after;
  }

  void read_cloud(const Element& map) {
    Capacity running = 0;
    Duration boots{45'000};
    read(map, "running", running);
    read(map, "boots_in", boots);
    test_.options.cloud_settings = {{"boot_time", duration_setting(boots)}, {"boot_jitter", "0"}};
    script_.running(spec_, start_, running);
  }

  void read_signal(const Entry& entry) {
    const auto [text, per] = split_recorded_with(entry.value.text);
    MetricFeed feed{spec_.id.value, entry.key, {}, per};
    if (text.ends_with(".csv")) {
      Result<std::string> csv = files_.series(text);
      if (!csv) return reject(entry.value.place, csv.error().message);
      feed.csv = std::move(*csv);
    } else {
      const auto values = read_notation(text);
      if (!values) {
        return reject(entry.value.place, values.error().message,
                      "or a file whose name ends in .csv");
      }
      feed.csv = csv_of(*values, start_, step_);
    }
    // Of one among several metrics, "POLICY/METRIC".
    const std::string name = entry.key.substr(0, entry.key.find('/'));
    const bool is_policy = std::any_of(spec_.policies.begin(), spec_.policies.end(),
                                       [&](const Policy& policy) { return policy.name == name; });
    if (is_policy) {
      test_.options.metrics.push_back(std::move(feed));
    } else {
      reject(entry.key_place, fmt::format("the group has no policy {}", quoted(entry.key)));
    }
  }

  void read_event(const Element& item) {
    const Time at = moment(item, "at");
    std::string text;
    bool truth = false;
    Capacity number = 0;
    std::size_t kinds = 0;
    if (read(item, "instance", text)) {
      ++kinds;
      read_instance_event(item, at, text);
    }
    if (read(item, "alert", text)) {
      ++kinds;
      read_alert(item, at, text);
    }
    if (read(item, "webhook", text)) {
      ++kinds;
      script_.claim(spec_.id, at, AdjustClaim{text});
    }
    if (read(item, "signal", text)) {
      ++kinds;
      read_sample(item, at, text);
    }
    if (read(item, "pause", truth)) {
      ++kinds;
      script_.claim(spec_.id, at, PauseOrder{truth, "test", "as the test says"});
    }
    if (read(item, "hold", number)) {
      ++kinds;
      Duration length = hold_unless_given;
      read(item, "for", length);
      script_.claim(spec_.id, at,
                    HoldOrder{number, at + length, false, "test", "as the test says"});
    }
    if (kinds != 1) {
      findings_.add("E0116", item.place, "an event is one of several kinds").hint =
          "one of instance, alert, webhook, signal, pause and hold";
    }
  }

  void read_instance_event(const Element& item, Time at, const std::string& instance) {
    std::string text;
    if (read(item, "becomes", text)) return script_.mishap(spec_.id, at, instance, text);
    if (!read(item, "reports", text)) {
      reject(item.place, "nothing happens to this instance",
             "becomes: ERROR, or reports: unhealthy");
      return;
    }
    HealthClaim claim;
    claim.instance = InstanceId{script_.name_of(instance)};
    claim.status = text == "healthy"     ? HealthStatus::healthy
                   : text == "unhealthy" ? HealthStatus::unhealthy
                                         : HealthStatus::unknown;
    claim.reporter = "probe";
    read(item, "reporter", claim.reporter);
    script_.claim(spec_.id, at, claim);
  }

  /// As a receiver of alerts would: to each policy that the alert's labels match.
  void read_alert(const Element& item, Time at, const std::string& alert) {
    std::map<std::string, std::string> labels{{"alertname", alert}};
    for (const Entry& label : child(item, "labels").entries) labels[label.key] = label.value.text;
    std::string state = "firing";
    read(item, "state", state);
    AlarmClaim claim;
    claim.state = state == "firing"     ? AlarmState::firing
                  : state == "resolved" ? AlarmState::resolved
                                        : AlarmState::no_data;
    for (const Policy& policy : spec_.policies) {
      const auto* kind = std::get_if<AlertPolicy>(&policy.kind);
      if (kind == nullptr || !is_meant(policy, *kind, labels)) continue;
      claim.alarm = kind->alarm;
      script_.claim(spec_.id, at, claim);
    }
  }

  void read_sample(const Element& item, Time at, const std::string& signal) {
    std::string text;
    read(item, "value", text);
    SampleClaim claim{signal, {ReadingKind::no_data, {}}, {}};
    if (text != "null") {
      const auto value = Decimal::parse(text);
      if (!value) return reject(item.place, "a signal needs a value: a number, or null");
      claim.reading = {ReadingKind::value, *value};
    }
    script_.claim(spec_.id, at, claim);
  }

  void read_numbers(const Element& map, Expectation& into) {
    for (const char* key : {"desired", "ready", "existing", "launched", "terminated"}) {
      const Element* value = map.find(key);
      if (value == nullptr) continue;
      const auto bounds = read_bounds(read_texts(map, key));
      if (!bounds) {
        reject(value->place, fmt::format("{} takes a number, or [least, most]", key));
        continue;
      }
      into.numbers.emplace_back(key, *bounds);
    }
  }

  void read_never(const Element& map, Expectation& into) {
    for (const char* what : {"terminations", "launches", "changes", "reversals"}) {
      Capacity over = 0;
      if (read(map, fmt::format("{}_over", what), over)) {
        into.too_many.push_back({what, static_cast<std::size_t>(over)});
      }
    }
    Duration within{};
    if (read(map, "within", within)) into.within = within;
  }

  void read_expectation(const Element& item) {
    Expectation made;
    made.line = item.place.line;
    made.column = item.place.column;
    const bool is_at = item.find("at") != nullptr;
    const bool is_always = item.find("always") != nullptr;
    const bool is_never = item.find("never") != nullptr;
    if (is_at + is_always + is_never != 1) {
      findings_.add("E0116", item.place, "an expectation has one of at, always and never").hint =
          "{ at: 10m, desired: 20 }";
      return;
    }
    if (is_always) {
      made.when = Expectation::When::always;
      read_numbers(child(item, "always"), made);
    } else if (is_never) {
      made.when = Expectation::When::never;
      read_never(child(item, "never"), made);
    } else {
      made.at = moment(item, "at");
      if (item.find("since") != nullptr) made.since = moment(item, "since");
      read_numbers(item, made);
      made.because = read_texts(item, "because");
      made.not_scaled = read_texts(item, "not_scaled");
      made.withheld_by = read_texts(item, "withheld_by");
      bool converged = false;
      if (read(item, "converged", converged)) made.converged = converged;
    }
    const bool says_nothing = made.numbers.empty() && made.because.empty() &&
                              made.not_scaled.empty() && made.withheld_by.empty() &&
                              !made.converged && made.too_many.empty();
    if (says_nothing) reject(item.place, "this expects nothing");
    test_.expect.push_back(std::move(made));
  }

  const GroupSpec& spec_;
  const PolicyTestFiles& files_;
  Findings& findings_;
  ZoneShelf& zones_;
  PolicyTest test_;
  ScriptText script_;
  Duration step_{};
  Time start_;
  Time last_;
};

/// The groups that the file names; what is wrong with them is a finding like any other.
std::vector<GroupSpec> read_groups(const Element& root, const PolicyTestFiles& files,
                                   Findings& findings, PolicyTestFile& result) {
  std::vector<ConfigFile> opened;
  for (const std::string& path : read_texts(root, "groups")) {
    Result<std::vector<ConfigFile>> found = files.groups(path);
    if (!found) {
      findings.add("E0118", place_of(root, "groups", whole), found.error().message);
      continue;
    }
    std::move(found->begin(), found->end(), std::back_inserter(opened));
  }
  Compiled compiled = compile(opened);
  std::move(opened.begin(), opened.end(), std::back_inserter(result.files));
  for (Diagnostic& one : compiled.findings) {
    if (one.severity == Severity::error) result.findings.push_back(std::move(one));
  }
  return std::move(compiled.specs);
}

}  // namespace

bool PolicyTestFile::has_errors() const {
  return std::any_of(findings.begin(), findings.end(),
                     [](const Diagnostic& one) { return one.severity == Severity::error; });
}

PolicyTestFile read_policy_tests(const ConfigFile& file, const PolicyTestFiles& files) {
  PolicyTestFile result;
  result.files = {file};
  Findings findings({file.path});
  ZoneShelf zones;
  std::optional<Element> root = read_document(file.text, 0, findings);
  if (root) {
    Validator(findings, zones).check(*root, policy_tests_schema(), whole);
    const std::vector<GroupSpec> specs = read_groups(*root, files, findings, result);
    for (const Element& item : items(*root, "tests")) {
      std::string name;
      if (!read(item, "group", name) || specs.empty()) continue;
      const auto spec = std::find_if(specs.begin(), specs.end(), [&](const GroupSpec& candidate) {
        return candidate.id.value == name;
      });
      if (spec == specs.end()) {
        findings.add("E0118", place_of(item, "group", item.place),
                     fmt::format("there is no group {}", quoted(name)));
        continue;
      }
      TestReader reader(*spec, files, findings, zones);
      result.tests.push_back(reader.read_test(item, item.place));
    }
  }
  std::vector<Diagnostic> own = findings.take();
  result.findings.insert(result.findings.begin(), own.begin(), own.end());
  if (result.has_errors()) result.tests.clear();
  return result;
}

}  // namespace settle
