// Real daemons that are one cluster over real ZooKeeper servers, in one simulated cloud.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <sys/types.h>

#include "tests/runtime/daemon.h"
#include "tests/zookeeper/ensemble.h"

namespace settle {

class FleetOfDaemons {
 public:
  static constexpr int partitions = 8;
  static constexpr int groups = 6;  // "g0" and so on.

  explicit FleetOfDaemons(zk::Ensemble& ensemble);
  /// Kills what is left and removes the folder, unless it is to be kept.
  ~FleetOfDaemons();
  FleetOfDaemons(const FleetOfDaemons&) = delete;
  FleetOfDaemons& operator=(const FleetOfDaemons&) = delete;

  /// Where members that are started from now on keep groups' records; empty: in ZooKeeper.
  void keep_records_in(std::string changelog) { changelog_ = std::move(changelog); }
  /// Starts member `n`, in a folder of its own; `extra` is more of its configuration.
  void start(int n, const std::string& extra = {}, const std::string& name = {});
  void signal(int n, int number) const;
  /// More text for the groups' file that all share, for whoever reads it from now on.
  void change_groups(const std::string& more) const;
  /// The same, for `n` alone, whose copy of the file is its own from now on; takes effect at its
  /// next start.
  void change_groups_of(int n, const std::string& more) const;
  /// A cloud for members that start later: the settings of `clouds`, for each of them.
  void use_clouds(std::function<std::string(int n)> settings) { clouds_ = std::move(settings); }
  /// A process whose network namespace each member is started in.
  void use_namespaces(std::function<pid_t(int n)> holders) { holders_ = std::move(holders); }
  /// Where each member finds the ensemble: "HOST:PORT,HOST:PORT".
  void use_servers(std::function<std::string(int n)> servers) { servers_ = std::move(servers); }
  /// Leaves the folder, for whoever wants to know why: logs, journals and the cloud's file.
  void keep_folder() { keeps_folder_ = true; }
  /// More arguments of members that are started from now on.
  void pass(std::vector<std::string> arguments) { arguments_ = std::move(arguments); }
  /// More of the environment of members that are started from now on: "NAME=VALUE".
  void use_environment(std::vector<std::string> variables) { variables_ = std::move(variables); }
  /// Waits for the end: the exit code, or minus the signal. Minus 1000: too slow.
  int wait(int n);

  [[nodiscard]] HttpReply ask(int n, std::string_view method, std::string_view target,
                              std::string_view body = {}, std::string_view headers = {}) const;
  [[nodiscard]] bool is_ready(int n) const { return ask(n, "GET", "/-/ready").status == 200; }
  /// By partition, whom member `n` takes for its owner; "": nobody.
  [[nodiscard]] std::vector<std::string> owners(int n) const;
  [[nodiscard]] std::string log(int n) const;
  [[nodiscard]] const std::string& folder() const { return folder_; }
  /// Where the fleet's tree begins in the ensemble.
  [[nodiscard]] std::string tree() const;
  [[nodiscard]] int port(int n) const { return ports_[static_cast<std::size_t>(n)]; }
  /// Every instance in the cloud that lives, as "group token".
  [[nodiscard]] std::vector<std::string> living() const;
  /// Every instance that there ever was, the same way.
  [[nodiscard]] std::vector<std::string> launched() const;

 private:
  struct Member {
    pid_t process = -1;
  };
  [[nodiscard]] std::vector<std::string> instances(bool with_dead) const;
  [[nodiscard]] std::string clouds_of(int n) const;
  [[nodiscard]] std::string folder(int n) const { return folder_ + "/n" + std::to_string(n); }

  zk::Ensemble& ensemble_;
  std::string folder_;
  std::function<std::string(int n)> clouds_;
  std::function<std::string(int n)> servers_;
  std::function<pid_t(int n)> holders_;
  std::string changelog_;
  std::vector<std::string> arguments_;
  std::vector<std::string> variables_;
  bool keeps_folder_ = false;
  std::vector<int> ports_;
  std::vector<Member> members_;
};

}  // namespace settle
