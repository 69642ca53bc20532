// Random faults against three real daemons over three real servers, under load, by seed:
//
//   settled_chaos --minutes N --seed S
//
// Judged by what cannot lie: the cloud's own file, what was answered, and the daemons' journals.
//
//   no event lost, none counted twice   a group wants one instance, and one more for each event
//                                       that was taken, however often it was told
//   no instance launched twice          no token is on two instances, and there are no more
//                                       instances than are wanted
//   none lost                           nothing that was launched is gone: nothing asks for that
//   one owner acts                      what was sent for a partition was sent under epochs that
//                                       never fall, by the journals of all, with quarantine between
//
// Exits with 1 if one of them does not hold, or nothing comes alive again.
#include <atomic>
#include <cstdio>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <signal.h>

#include "daemon/base/wall_clock.h"
#include "daemon/codec/json.h"
#include "tests/cluster_daemon/fleet_of_daemons.h"
#include "tests/cluster_daemon/trouble/histories.h"
#include "tests/members/proxy.h"

namespace settle {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Steady = std::chrono::steady_clock;

constexpr int members = 3;
constexpr int groups = FleetOfDaemons::groups;

void wait(milliseconds time) {
  (void)eventually([] { return false; }, time);
}

/// Tells events, each until a member has taken it.
class Load {
 public:
  Load(const FleetOfDaemons& fleet, std::uint64_t seed)
      : fleet_(fleet), dice_(seed), thread_([this] { run(); }) {}
  ~Load() { end(); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  /// Comes back once the last of them is taken; false if that takes too long.
  bool end() {
    is_over_ = true;
    if (thread_.joinable()) thread_.join();
    return all_taken_;
  }
  /// By group, how many were taken.
  [[nodiscard]] const std::map<int, int>& taken() const { return taken_; }  // After end().

 private:
  void run() {
    for (int number = 0; !is_over_; ++number) {
      const int group = static_cast<int>(dice_() % groups);
      if (!tell(group, number)) return;
      ++taken_[group];
      wait(milliseconds(dice_() % 600));
    }
    all_taken_ = true;
  }
  bool tell(int group, int number) {
    const std::string event = fmt::format(
        R"({{"specversion":"1.0","id":"c{}","source":"chaos","type":"io.settle.adjust.v1",)"
        R"("subject":"g{}","time":"{}","data":{{"policy":"more"}}}})",
        number, group, time_text(wall_now()));
    const auto until = Steady::now() + std::chrono::minutes(3);
    while (Steady::now() < until) {
      const int member = static_cast<int>(dice_() % members);
      const HttpReply reply = fleet_.ask(member, "POST", "/v1/events", event,
                                         "Content-Type: application/cloudevents+json\r\n");
      if (reply.status == 200) return true;
      wait(milliseconds(50));
    }
    fmt::print("an event for g{} was not taken for three minutes\n", group);
    return false;
  }

  const FleetOfDaemons& fleet_;
  std::mt19937_64 dice_;
  std::map<int, int> taken_;
  std::atomic<bool> is_over_{false};
  std::atomic<bool> all_taken_{false};
  std::thread thread_;
};

class Chaos {
 public:
  explicit Chaos(std::uint64_t seed) : ensemble_(3), fleet_(ensemble_), dice_(seed), seed_(seed) {
    for (const std::string& server : ensemble_.servers()) {
      const int port = std::stoi(server.substr(server.rfind(':') + 1));
      for (int n = 0; n < members; ++n) {
        proxies_[n].push_back(std::make_unique<cluster::Proxy>(port));
      }
    }
    // Of a cloud that knows tokens the same call twice is one instance, at whatever moment it
    // comes.
    fleet_.use_clouds([this](int n) {
      return fmt::format(
          "simulated: {{ type: simulated, state_file: \"{}/cloud\", shared: true, boot_time: 10ms, "
          "boot_jitter: 1ms, call_time: 20ms, call_jitter: 20ms, seed: {} }}",
          fleet_.folder(), n + 1);
    });
    fleet_.use_servers([this](int n) {
      std::vector<std::string> places;
      for (const auto& proxy : proxies_[n]) {
        places.push_back(fmt::format("127.0.0.1:{}", proxy->port()));
      }
      return fmt::format("{}", fmt::join(places, ","));
    });
  }

  bool run(std::chrono::minutes length) {
    const bool is_well = go(length);
    if (!is_well) {
      fleet_.keep_folder();
      fmt::print("what each member logged and journaled is left in {}\n", fleet_.folder());
    }
    return is_well;
  }

 private:
  bool go(std::chrono::minutes length) {
    for (int n = 0; n < members; ++n) fleet_.start(n);
    if (!comes_alive()) return false;
    Load load(fleet_, seed_ + 1);
    const auto until = Steady::now() + length;
    int faults = 0;
    while (Steady::now() < until) {
      const std::uint64_t blows = 1 + dice_() % 3;
      for (std::uint64_t blow = 0; blow < blows; ++blow, ++faults) {
        fmt::print("{}\n", strike());
        std::fflush(stdout);
        wait(milliseconds(dice_() % 1'500));
      }
      wait(milliseconds(dice_() % 8'000));
      heal();
      fmt::print("healed\n");
      if (dice_() % 2 == 0 && !comes_alive()) return false;
    }
    if (!comes_alive() || !load.end()) return false;
    const bool is_well = judge(load.taken());
    fmt::print("{} faults, {} instances, seed {}: {}\n", faults, fleet_.launched().size(), seed_,
               is_well ? "nothing contradicts a promise" : "FAILED");
    return is_well;
  }

  bool comes_alive() {
    const bool is_alive = eventually(
        [&] {
          for (int n = 0; n < members; ++n) {
            if (!fleet_.is_ready(n)) return false;
          }
          const auto owners = fleet_.owners(0);
          return !owners.empty() && std::count(owners.begin(), owners.end(), "") == 0;
        },
        seconds(120));
    if (!is_alive) tell_who_is_not_ready();
    return is_alive;
  }

  /// With the end of its log: what a daemon waits for stands there.
  void tell_who_is_not_ready() {
    fmt::print("not everybody is ready two minutes after the last fault\n");
    for (int n = 0; n < members; ++n) {
      const std::string log = fleet_.log(n);
      fmt::print("n{} is {}: {}\n{}\n", n, fleet_.is_ready(n) ? "ready" : "not ready",
                 fleet_.ask(n, "GET", "/v1/status").body,
                 log.substr(log.size() - std::min<std::size_t>(log.size(), 2'000)));
    }
    const auto owners = fleet_.owners(0);
    fmt::print("owners: {}\n", fmt::join(owners, " "));
  }

  void hold(int n, bool requests, bool answers) {
    for (const auto& proxy : proxies_[n]) {
      proxy->hold_requests(requests);
      proxy->hold_answers(answers);
    }
  }

  /// One fault to a member or a server, told in words.
  std::string strike() {
    const int n = static_cast<int>(dice_() % members);
    const std::size_t server = dice_() % ensemble_.size();
    switch (dice_() % 9) {
      case 0:
      case 1:
        return end(n, SIGKILL, "kill");
      case 2:
        return end(n, SIGTERM, "end");
      case 3:
        fleet_.signal(n, SIGSTOP);
        return fmt::format("stop n{}", n);
      case 4:
        hold(n, false, true);
        return fmt::format("no answers to n{}", n);
      case 5:
        hold(n, true, true);
        return fmt::format("blackhole around n{}", n);
      case 6:
        for (const auto& proxy : proxies_[n]) proxy->cut();
        return fmt::format("connections cut of n{}", n);
      case 7:
        if (!dead_servers_.contains(server)) ensemble_.pause(server);
        return fmt::format("stop server {}", server + 1);
      default:
        ensemble_.kill(server);
        dead_servers_.insert(server);
        return fmt::format("kill server {}", server + 1);
    }
  }

  std::string end(int n, int number, const char* word) {
    fleet_.signal(n, SIGCONT);
    fleet_.signal(n, number);
    ended_.insert(n);
    return fmt::format("{} n{}", word, n);
  }

  void heal() {
    for (std::size_t server = 0; server < ensemble_.size(); ++server) {
      dead_servers_.contains(server) ? ensemble_.start(server) : ensemble_.resume(server);
    }
    dead_servers_.clear();
    for (int n = 0; n < members; ++n) {
      fleet_.signal(n, SIGCONT);
      for (const auto& proxy : proxies_[n]) proxy->cut();
      hold(n, false, false);
    }
    // A member that was told to end does so in its own time, now that it can reach the servers.
    for (const int n : std::exchange(ended_, {})) {
      constexpr int too_slow = -1000;
      if (fleet_.wait(n) == too_slow) {
        fleet_.signal(n, SIGKILL);
        (void)fleet_.wait(n);
      }
      fleet_.start(n);
    }
  }

  bool judge(const std::map<int, int>& taken) {
    std::vector<std::string> found;
    for (int group = 0; group < groups; ++group) {
      const auto events = taken.find(group);
      const int wanted = 1 + (events == taken.end() ? 0 : events->second);
      const std::string name = fmt::format("g{} ", group);
      const auto count = [&] {
        const auto living = fleet_.living();
        return std::count_if(living.begin(), living.end(),
                             [&](const std::string& each) { return each.starts_with(name); });
      };
      if (!eventually([&] { return count() == wanted; }, seconds(120))) {
        found.push_back(fmt::format("g{} has {} instances, and {} events were taken", group,
                                    count(), wanted - 1));
      }
    }
    const auto launched = fleet_.launched();
    if (std::set<std::string>(launched.begin(), launched.end()).size() != launched.size()) {
      found.emplace_back("a token is on two instances");
    }
    if (launched.size() != fleet_.living().size()) {
      found.emplace_back("an instance is gone that nobody asked to go");
    }
    for (int n = 0; n < members; ++n) fleet_.signal(n, SIGTERM);
    for (int n = 0; n < members; ++n) (void)fleet_.wait(n);
    for (std::string& each : contradictions_of(fleet_, members)) found.push_back(std::move(each));
    for (const std::string& each : found) fmt::print("{}\n", each);
    return found.empty();
  }

  zk::Ensemble ensemble_;
  std::map<int, std::vector<std::unique_ptr<cluster::Proxy>>> proxies_;
  FleetOfDaemons fleet_;
  std::mt19937_64 dice_;
  const std::uint64_t seed_;
  std::set<int> ended_;
  std::set<std::size_t> dead_servers_;
};

}  // namespace
}  // namespace settle

int main(int count, char** words) {
  CLI::App app("Faults against a cluster of real daemons");
  int minutes = 2;
  std::uint64_t seed = 1;
  app.add_option("--minutes", minutes);
  app.add_option("--seed", seed);
  CLI11_PARSE(app, count, words);
  if (!settle::zk::Ensemble::is_available()) {
    fmt::print("java or Debian's zookeeper is not here\n");
    return 77;
  }
  return settle::Chaos(seed).run(std::chrono::minutes(minutes)) ? 0 : 1;
}
