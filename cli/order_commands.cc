// Commands by which an operator stands beside the ladder: pause, resume, set-desired, converge.
// Each is acknowledged only once the group's owner has committed it.
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "cli/asking.h"

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
};

Exit send(const Order& order_given, const char* verb, const json::object& body,
          const std::string& done) {
  const std::string path = "/v1/groups/" + url_part(order_given.group) + "/" + verb;
  const Exit exit = order(*order_given.asking, path, body);
  if (exit == Exit::ok && order_given.asking->output == "table") fmt::print("{}\n", done);
  return exit;
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
      app.add_subcommand("set-desired", "Hold desired capacity at a number for a while");
  auto given = add_order(command, true);
  command->add_option("number", given->number, "Instances")
      ->required()
      ->check(CLI::NonNegativeNumber);
  command->add_option("--for", given->length, "How long: 30m, 2h, 1d")->required();
  command->callback([&run, given] {
    run = [given] {
      return send(*given, "set-desired",
                  {{"number", given->number}, {"for", given->length}, {"reason", given->reason}},
                  fmt::format("{} is held at {} for {}, within its limits. Watch it: settlectl "
                              "describe {}",
                              given->group, given->number, given->length, given->group));
    };
  });
}

}  // namespace

void add_orders(CLI::App& app, Run& run) {
  CLI::App* pause = app.add_subcommand("pause", "Stop every step of a group, repairs included");
  auto paused = add_order(pause, true);
  pause->callback([&run, paused] {
    run = [paused] {
      return send(*paused, "pause", {{"reason", paused->reason}},
                  fmt::format("{} is paused: nothing is launched, replaced or terminated until "
                              "settlectl resume {}",
                              paused->group, paused->group));
    };
  });

  CLI::App* resume = app.add_subcommand("resume", "Let a paused group go on");
  auto resumed = add_order(resume, false);
  resume->callback([&run, resumed] {
    run = [resumed] {
      return send(*resumed, "resume", {{"reason", resumed->reason}},
                  fmt::format("{} goes on", resumed->group));
    };
  });

  add_set_desired(app, run);

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
