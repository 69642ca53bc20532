// Any text is configuration or findings; what is configuration can be decided with.
#include "config/bundle.h"
#include "config/config.h"
#include "reconcilers/converge.h"
#include "tests/fuzz/fuzz.h"

namespace settle::fuzz {
namespace {

constexpr Time noon{Duration{1'795'435'200'000}};

void examine_findings(const Compiled& compiled, const std::vector<ConfigFile>& files) {
  for (const Diagnostic& finding : compiled.findings) {
    must(!finding.code.empty() && !finding.message.empty(), "a finding has a code and words");
    must(finding.line >= 0 && finding.column >= 0 && finding.length >= 0, "a finding has a place");
  }
  must(compiled.findings.empty() || !render(compiled.findings, files).empty(),
       "findings can be read");
  if (compiled.has_errors()) must(compiled.specs.empty(), "an error leaves no specs");
}

void examine_spec(const GroupSpec& spec) {
  must(spec.limits.min >= 0 && spec.limits.min <= spec.limits.max, "limits are a range");
  for (std::size_t i = 1; i < spec.policies.size(); ++i) {
    must(spec.policies[i - 1].name < spec.policies[i].name, "policies are in order of name");
  }
  GroupState state;
  RoundContext context;
  context.cluster = "fuzz";
  const Observation seen{noon, true, {}};
  const Round round = converge(spec, state, seen, noon, context);
  const auto desired = round.record.desired_to;
  must(!desired || (*desired >= round.record.limits.min && *desired <= round.record.limits.max),
       "a first round decides within limits");
}

}  // namespace

void examine(std::string_view input) {
  // Zero ends the main file, where there is one.
  const std::size_t end = input.find('\0');
  std::vector<ConfigFile> files;
  if (end != std::string_view::npos) {
    files.push_back({"settled.yaml", std::string(input.substr(0, end))});
    (void)compile_main(files.front());
  }
  const std::size_t rest = end == std::string_view::npos ? 0 : end + 1;
  files.push_back({"groups.d/a.yaml", std::string(input.substr(rest))});
  const auto whole = unbundle(bundle(files));
  must(whole && whole->size() == files.size() && whole->back().text == files.back().text,
       "a bundle holds the files");
  (void)unbundle(input);
  const Compiled compiled = compile(files, noon);
  examine_findings(compiled, files);
  for (const GroupSpec& spec : compiled.specs) examine_spec(spec);
}

}  // namespace settle::fuzz
