// Commands by which an operator stands beside the ladder: pause, resume, set-desired, converge; and
// what is said of one instance: protect, standby, detach, their opposites, replace, and hook.
// Each is acknowledged only once the group's owner has committed it.
#include <array>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "cli/asking.h"
#include "reconcilers/units.h"

namespace settle {
namespace {

namespace json = boost::json;

struct Order {
  std::shared_ptr<Asking> asking;
  std::string group;
  std::string reason;
  std::string length;  // Of a hold: "1h".
  int number = 0;
  bool lift = false;
  std::string instance;
  std::string hook;
  std::string result;
  std::string tenant;
  bool is_of_all = false;
  bool is_only_up = false;
  bool is_observe = false;
};

struct InstanceCommand {
  const char* verb;
  const char* about;
  const char* done;  // {0} is the instance, {1} the group.
};
constexpr std::array instance_commands{
    InstanceCommand{"protect", "Keep an instance from scale-in and rolling change",
                    "{0} of {1} is protected; if it dies, it is replaced"},
    InstanceCommand{"unprotect", "Take an operator's protection back",
                    "{0} of {1} is as protected as its cloud has it"},
    InstanceCommand{"standby", "Set an instance aside: no capacity, no victim",
                    "{0} of {1} stands by; it counts toward max alone"},
    InstanceCommand{"in-service", "Take an instance back from standby, or from being replaced",
                    "{0} of {1} is in service again"},
    InstanceCommand{"detach", "Give an instance away: it is not counted and never touched",
                    "{0} is no longer of {1}, and goes on in its cloud"},
    InstanceCommand{"adopt", "Take a detached instance back", "{0} is of {1} again"},
    InstanceCommand{"replace", "Let another take an instance's place",
                    "{0} of {1} goes once another serves in its place"},
};

/// What people read of the daemon's answer.
using Saying = std::function<std::string(const json::object& reply)>;

Exit send(const Order& given, const char* verb, const json::object& body, const Saying& say) {
  const std::string path = "/v1/groups/" + url_part(given.group) + "/" + verb;
  Exit exit = Exit::ok;
  const auto reply = give_order(*given.asking, path, body, exit);
  if (reply && given.asking->output == "table") fmt::print("{}\n", say(*reply));
  return exit;
}

Exit send(const Order& given, const char* verb, const json::object& body, const std::string& done) {
  return send(given, verb, body, [&](const json::object& /*reply*/) { return done; });
}

/// `done`, unless the daemon notes that it is not so.
Saying unless_noted(std::string done) {
  return [done = std::move(done)](const json::object& reply) {
    return reply.contains("note") ? cell(reply, "note") : done;
  };
}

std::string hold_text(const Order& given, const json::object& reply) {
  std::string text = fmt::format("{} is held at {} until {}, within its limits. ", given.group,
                                 given.number, cell(reply, "until"));
  if (reply.contains("note")) text += cell(reply, "note") + "\n";
  return text + "Watch it: settlectl describe " + given.group;
}

std::string check_capacity(const std::string& text) {
  const bool is_whole = !text.empty() && text.size() <= 10 &&
                        text.find_first_not_of("0123456789") == std::string::npos;
  if (is_whole && std::stoll(text) <= capacity_limit) return {};
  return fmt::format("\"{}\" is not a whole number from 0 to {}", text, capacity_limit);
}

std::shared_ptr<Order> add_order(CLI::App* command, bool needs_reason) {
  auto given = std::make_shared<Order>();
  given->asking = add_asking(*command);
  command->add_option("group", given->group, "The group's name")->required();
  CLI::Option* reason =
      command->add_option("--reason", given->reason, "Why, for whoever asks later");
  if (needs_reason) reason->required();
  return given;
}

void add_set_desired(CLI::App& app, Run& run) {
  CLI::App* command =
      app.add_subcommand("set-desired",
                         "Hold desired capacity at a number for a while. A group without a target "
                         "or steps policy keeps the number afterwards");
  auto given = add_order(command, true);
  command->add_option("number", given->number, "Instances")
      ->required()
      ->check(CLI::Validator(check_capacity, ""));
  command->add_option("--for", given->length, "How long: 30m, 2h, 1d")->required();
  command->callback([&run, given] {
    run = [given] {
      return send(*given, "set-desired",
                  {{"number", given->number}, {"for", given->length}, {"reason", given->reason}},
                  [&given](const json::object& reply) { return hold_text(*given, reply); });
    };
  });
}

void add_instance_order(CLI::App& app, Run& run, const InstanceCommand& kind) {
  CLI::App* command = app.add_subcommand(kind.verb, kind.about);
  auto given = add_order(command, true);
  command->add_option("instance", given->instance, "The instance's id")->required();
  command->callback([&run, given, kind] {
    run = [given, kind] {
      return send(
          *given, kind.verb, {{"instance", given->instance}, {"reason", given->reason}},
          unless_noted(fmt::format(fmt::runtime(kind.done), given->instance, given->group)));
    };
  });
}

void add_hook(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("hook", "Answer a lifecycle hook of an instance");
  auto given = add_order(command, false);
  command->add_option("instance", given->instance, "The instance's id")->required();
  command->add_option("hook", given->hook, "The hook's name")->required();
  command->add_option("result", given->result, "continue or abandon")
      ->required()
      ->check(CLI::IsMember({"continue", "abandon"}));
  command->callback([&run, given] {
    run = [given] {
      return send(*given, "hook",
                  {{"instance", given->instance}, {"hook", given->hook}, {"result", given->result}},
                  unless_noted(fmt::format("hook {} of {} is answered: {}", given->hook,
                                           given->instance, given->result)));
    };
  });
}

/// A group, a tenant's groups, or all of them: exactly one.
void add_scope(CLI::App* command, const std::shared_ptr<Order>& given) {
  auto* which = command->add_option_group("which");
  which->add_option("group", given->group, "The group's name");
  which->add_option("--tenant", given->tenant, "Every group of this tenant, later ones included");
  which->add_flag("--all", given->is_of_all, "Every group, later ones included");
  which->require_option(1);
}

std::string scope_text(const Order& order) {
  if (order.is_of_all) return "everything";
  return order.tenant.empty() ? order.group
                              : "any group of tenant " + order.tenant + ", now or later,";
}

std::string scope_words(const Order& order) {
  if (order.is_of_all) return "--all";
  return order.tenant.empty() ? order.group : "--tenant " + order.tenant;
}

Exit send_to_scope(const Order& given, const char* verb, json::object body,
                   const std::string& done) {
  if (!given.group.empty()) return send(given, verb, body, done);
  if (given.is_of_all) body["all"] = true;
  if (!given.tenant.empty()) body["tenant"] = given.tenant;
  const Exit exit = order(*given.asking, std::string("/v1/") + verb, body);
  if (exit == Exit::ok && given.asking->output == "table") fmt::print("{}\n", done);
  return exit;
}

void add_pause(CLI::App& app, Run& run) {
  CLI::App* command =
      app.add_subcommand("pause", "Stop every step of a group, repairs included, or all that ends");
  auto given = std::make_shared<Order>();
  given->asking = add_asking(*command);
  add_scope(command, given);
  command->add_option("--reason", given->reason, "Why, for whoever asks later")->required();
  CLI::Option* only_up = command->add_flag("--only-up", given->is_only_up,
                                           "Launches go on: nothing is drained or terminated");
  command->add_flag("--observe", given->is_observe, "Decide and explain, as mode: observe does")
      ->excludes(only_up);
  command->callback([&run, given] {
    run = [given] {
      const std::string_view mode =
          given->is_only_up ? "only-up" : (given->is_observe ? "observe" : "pause");
      const std::string effect =
          given->is_only_up
              ? fmt::format("{} may only grow: nothing is drained, replaced or terminated",
                            scope_text(*given))
              : fmt::format("{} is paused: nothing is launched, replaced or terminated",
                            scope_text(*given));
      return send_to_scope(
          *given, "pause", {{"reason", given->reason}, {"mode", mode}},
          fmt::format("{} until settlectl resume {}", effect, scope_words(*given)));
    };
  });
}

void add_resume(CLI::App& app, Run& run) {
  CLI::App* command = app.add_subcommand("resume", "Let what was paused go on");
  auto given = std::make_shared<Order>();
  given->asking = add_asking(*command);
  add_scope(command, given);
  given->reason = "no longer needed";
  command->add_option("--reason", given->reason, "Why, for whoever asks later");
  command->callback([&run, given] {
    run = [given] {
      return send_to_scope(*given, "resume", {{"reason", given->reason}},
                           fmt::format("{} goes on", scope_text(*given)));
    };
  });
}

}  // namespace

void add_orders(CLI::App& app, Run& run) {
  add_pause(app, run);
  add_resume(app, run);

  add_set_desired(app, run);
  for (const InstanceCommand& kind : instance_commands) add_instance_order(app, run, kind);
  add_hook(app, run);

  CLI::App* converge = app.add_subcommand("converge", "Look at the cloud now and run a round");
  auto asked = add_order(converge, false);
  converge->callback([&run, asked] {
    run = [asked] {
      return send(*asked, "converge", {{"reason", asked->reason}},
                  fmt::format("{} looks again", asked->group));
    };
  });
}

}  // namespace settle
