// webhook: passes for webhooks that let a policy fire. Works on the file of passes, without a
// daemon; a daemon sees the change at the next call. What a token is, is shown once and kept
// nowhere.
#include <algorithm>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "cli/asking.h"
#include "cli/table.h"
#include "config/values.h"
#include "daemon/base/wall_clock.h"
#include "daemon/codec/json.h"
#include "daemon/sources/webhook/pass_file.h"

namespace settle {
namespace {

namespace json = boost::json;

struct WebhookOptions {
  std::string aim;  // "web/burst", or of a revocation also a pass's name.
  std::string file{webhook::standard_pass_file};
  std::string length{"90d"};
  std::string url{"http://127.0.0.1:8470/hooks/webhooks"};
  Asking shown;
};

constexpr Duration length_max{10LL * 365 * 24 * 3'600'000};

Exit fail(const Error& error) {
  fmt::print(stderr, "settlectl: {}\n", error.message);
  return error.code == ErrorCode::conflict ? Exit::refused : Exit::failed;
}

Exit create(const WebhookOptions& options) {
  const auto aim = webhook::read_aim(options.aim);
  const std::optional<Duration> length = parse_duration(options.length);
  if (!aim) {
    fmt::print(stderr, "settlectl: name a policy: GROUP/POLICY\n");
    return Exit::usage;
  }
  if (!length || *length <= Duration{} || *length > length_max) {
    fmt::print(stderr, "settlectl: --for is a duration of at most ten years, such as 90d\n");
    return Exit::usage;
  }
  const Result<std::string> token = webhook::draw_token();
  if (!token) return fail(token.error());
  const webhook::Pass pass{webhook::hash_of(*token), aim->group, aim->policy, wall_now() + *length};
  const auto changed = webhook::change_passes(
      options.file, [&pass](std::vector<webhook::Pass>& passes) { passes.push_back(pass); });
  if (!changed) return fail(changed.error());
  fmt::print("{}/{}\n", options.url, *token);
  fmt::print(stderr,
             "pass {} for {} expires {}; this URL is shown once, and is all that it takes\n",
             pass.id(), options.aim, time_text(pass.expires));
  return Exit::ok;
}

Exit list(const WebhookOptions& options) {
  const auto passes = webhook::load_passes(options.file);
  if (!passes) return fail(passes.error());
  const Time now = wall_now();
  Table table({"PASS", "GROUP", "POLICY", "EXPIRES", "STATE"});
  json::array rows;
  for (const webhook::Pass& pass : *passes) {
    const char* const state = pass.expires > now ? "valid" : "expired";
    table.add({pass.id(), pass.group.value, pass.policy, time_text(pass.expires), state});
    rows.push_back(json::object{{"pass", pass.id()},
                                {"group", pass.group.value},
                                {"policy", pass.policy},
                                {"expires", time_text(pass.expires)},
                                {"state", state}});
  }
  if (options.shown.output == "table") {
    fmt::print("{}", table.text());
  } else {
    print_json(options.shown, json::object{{"passes", std::move(rows)}}, "passes");
  }
  return Exit::ok;
}

Exit revoke(const WebhookOptions& options) {
  const auto aim = webhook::read_aim(options.aim);
  std::size_t revoked = 0;
  const auto changed =
      webhook::change_passes(options.file, [&](std::vector<webhook::Pass>& passes) {
        revoked = std::erase_if(passes, [&](const webhook::Pass& pass) {
          if (!aim) return pass.id() == options.aim;
          return pass.group == aim->group && pass.policy == aim->policy;
        });
      });
  if (!changed) return fail(changed.error());
  if (revoked == 0) {
    fmt::print(stderr, "settlectl: there is no pass {}; settlectl webhook list shows them\n",
               options.aim);
    return Exit::failed;
  }
  fmt::print("{} revoked\n", revoked == 1 ? "1 pass" : fmt::format("{} passes", revoked));
  return Exit::ok;
}

}  // namespace

void add_webhook(CLI::App& app, Run& run) {
  CLI::App* webhook = app.add_subcommand("webhook", "Passes for webhooks that let a policy fire");
  webhook->require_subcommand(1);
  const auto add = [&](const char* name, const char* about, Exit (*what)(const WebhookOptions&)) {
    CLI::App* command = webhook->add_subcommand(name, about);
    auto options = std::make_shared<WebhookOptions>();
    command->add_option("--file", options->file, "The file of passes; /etc/settled/webhooks");
    command->callback([&run, options, what] { run = [options, what] { return what(*options); }; });
    return std::pair(command, options);
  };
  const auto [created, create_options] =
      add("create", "Make a pass, and show its URL once", create);
  created->add_option("aim", create_options->aim, "GROUP/POLICY")->required();
  created->add_option("--for", create_options->length, "How long it is valid; 90d");
  created->add_option("--url", create_options->url,
                      "Where the source of type webhook is reached: .../hooks/NAME");
  const auto [listed, list_options] = add("list", "Show the passes, without their tokens", list);
  add_output(*listed, list_options->shown.output);
  const auto [revoked, revoke_options] = add("revoke", "Take passes back, at once", revoke);
  revoked->add_option("aim", revoke_options->aim, "GROUP/POLICY, or one pass by its name")
      ->required();
}

}  // namespace settle
