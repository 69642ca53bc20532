// Random faults against three members and three real servers, by seed; and how long it takes
// until what a dead owner had is committed again.
//
//   cluster_chaos chaos --minutes N --seed S
//   cluster_chaos takeover --session MS --runs N [--groups N]   kill -9 of an owner
//   cluster_chaos handover --runs N                             SIGTERM of an owner
//
// Exits with 1 if the history contradicts a promise, or nothing comes alive again.
#include <cstdio>
#include <random>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "tests/members/crew.h"

namespace settle::cluster {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

bool judge(const Crew& crew) {
  const std::vector<std::string> found = crew.contradictions();
  for (const std::string& each : found) fmt::print("{}\n", each);
  return found.empty();
}

bool comes_alive(const Crew& crew) {
  const std::int64_t from = Crew::now();
  const bool is_alive =
      Crew::waits_until(seconds(120), [&] { return crew.is_alive_since(from, true); });
  if (!is_alive) fmt::print("not every partition is alive two minutes after the last fault\n");
  return is_alive;
}

/// One fault to a member or a server, told in words.
std::string strike(Crew& crew, std::mt19937_64& dice, std::vector<bool>& servers) {
  const std::size_t member = dice() % crew.options().members;
  const std::size_t server = dice() % servers.size();
  const std::string name = Crew::name(member);
  switch (dice() % 10) {
    case 0:
    case 1:
      crew.kill(member);
      return "kill " + name;
    case 2:
      crew.pause(member);
      return "stop " + name;
    case 3:
      crew.hold(member, false, true);
      return "no answers to " + name;
    case 4:
      crew.hold(member, true, false);
      return "no requests from " + name;
    case 5:
      crew.hold(member, true, true);
      return "blackhole around " + name;
    case 6:
      crew.cut(member);
      return "connections cut of " + name;
    case 7:
      crew.drain(member);
      return "drain " + name;
    case 8:
      if (servers[server]) crew.ensemble().pause(server);
      return fmt::format("stop server {}", server + 1);
    default:
      crew.ensemble().kill(server);
      servers[server] = false;
      return fmt::format("kill server {}", server + 1);
  }
}

void heal(Crew& crew, std::vector<bool>& servers) {
  for (std::size_t server = 0; server < servers.size(); ++server) {
    if (servers[server]) {
      crew.ensemble().resume(server);
    } else {
      crew.ensemble().start(server);
    }
    servers[server] = true;
  }
  for (std::size_t member = 0; member < crew.options().members; ++member) {
    crew.resume(member);
    crew.cut(member);
    crew.hold(member, false, false);
    if (!crew.is_up(member)) crew.start(member);
  }
}

bool chaos(int minutes, std::uint64_t seed) {
  Crew crew({});
  std::mt19937_64 dice(seed);
  std::vector<bool> servers(crew.ensemble().size(), true);
  for (std::size_t member = 0; member < crew.options().members; ++member) crew.start(member);
  if (!comes_alive(crew)) return false;
  const std::int64_t until =
      Crew::now() + std::chrono::nanoseconds(std::chrono::minutes(minutes)).count();
  int faults = 0;
  while (Crew::now() < until) {
    const std::uint64_t blows = 1 + dice() % 3;
    for (std::uint64_t blow = 0; blow < blows; ++blow, ++faults) {
      fmt::print("{}\n", strike(crew, dice, servers));
      std::fflush(stdout);
      Crew::wait(milliseconds(dice() % 1'500));
    }
    Crew::wait(milliseconds(dice() % 8'000));
    heal(crew, servers);
    fmt::print("healed\n");
    if (dice() % 2 == 0 && !comes_alive(crew)) return false;
    if (!judge(crew)) return false;
    std::fflush(stdout);
  }
  const bool is_well = comes_alive(crew) && judge(crew);
  fmt::print("{} faults, {} lines of history, seed {}: {}\n", faults, crew.lines().size(), seed,
             is_well ? "nothing contradicts a promise" : "FAILED");
  return is_well;
}

void tell(const char* what, std::vector<double> seconds_taken) {
  std::sort(seconds_taken.begin(), seconds_taken.end());
  const auto at = [&](double part) {
    return seconds_taken[static_cast<std::size_t>(part *
                                                  static_cast<double>(seconds_taken.size() - 1))];
  };
  fmt::print("{}: {} runs, least {:.2f} s, median {:.2f} s, p90 {:.2f} s, most {:.2f} s\n", what,
             seconds_taken.size(), at(0), at(0.5), at(0.9), at(1));
}

/// For each partition that `member` had, when another first did `kind` for it after `since`.
std::vector<double> taken_after(const Crew& crew, const std::vector<Line>& before,
                                std::size_t member, std::int64_t since, const char* kind) {
  std::map<std::uint32_t, double> first;
  for (const Line& line : crew.lines()) {
    const bool had = before[line.partition].name == Crew::name(member);
    if (!had || line.at <= since || line.kind != kind || line.name == Crew::name(member)) continue;
    first.emplace(line.partition, static_cast<double>(line.at - since) / 1e9);
  }
  std::vector<double> found;
  for (const auto& [partition, taken] : first) found.push_back(taken);
  return found;
}

bool measure(bool by_kill, milliseconds session, int runs, int groups) {
  CrewOptions options;
  options.session = session;
  options.groups = groups;
  Crew crew(options);
  for (std::size_t member = 0; member < options.members; ++member) crew.start(member);
  std::vector<double> committed;
  std::vector<double> acted;
  for (int run = 0; run < runs; ++run) {
    if (!comes_alive(crew)) return false;
    const std::size_t owner = crew.busiest();
    const std::vector<Line> before = crew.newest("committed");
    const std::int64_t at = Crew::now();
    by_kill ? crew.kill(owner) : crew.drain(owner);
    if (!comes_alive(crew)) return false;
    const auto worst = [&](const char* kind) {
      const std::vector<double> each = taken_after(crew, before, owner, at, kind);
      return each.empty() ? 0.0 : *std::max_element(each.begin(), each.end());
    };
    committed.push_back(worst("committed"));
    acted.push_back(worst("act"));
    crew.start(owner);
    Crew::wait(seconds(3));  // It is given partitions again.
  }
  tell(by_kill ? "killed -> the last of its partitions commits" : "told to end -> commits",
       committed);
  tell(by_kill ? "killed -> the last of its partitions acts" : "told to end -> acts", acted);
  return judge(crew);
}

}  // namespace
}  // namespace settle::cluster

int main(int count, char** words) {
  CLI::App app("Faults against a cluster of real processes");
  int minutes = 2;
  int session = 4'000;
  int runs = 10;
  int groups = 0;
  std::uint64_t seed = 1;
  CLI::App* const chaos = app.add_subcommand("chaos", "random faults, by seed");
  chaos->add_option("--minutes", minutes);
  chaos->add_option("--seed", seed);
  CLI::App* const takeover = app.add_subcommand("takeover", "kill -9 of an owner, again and again");
  CLI::App* const handover = app.add_subcommand("handover", "SIGTERM of an owner");
  for (CLI::App* const each : {takeover, handover}) {
    each->add_option("--session", session, "ms");
    each->add_option("--runs", runs);
    each->add_option("--groups", groups, "rows of each partition");
  }
  app.require_subcommand(1);
  CLI11_PARSE(app, count, words);
  const bool is_well =
      *chaos ? settle::cluster::chaos(minutes, seed)
             : settle::cluster::measure(takeover->parsed(), std::chrono::milliseconds(session),
                                        runs, groups);
  return is_well ? 0 : 1;
}
