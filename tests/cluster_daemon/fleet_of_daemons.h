// Real daemons that are one cluster over real ZooKeeper servers, in one simulated cloud.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include "tests/runtime/daemon.h"
#include "tests/zookeeper/ensemble.h"

namespace settle {

class FleetOfDaemons {
 public:
  static constexpr int partitions = 8;

  explicit FleetOfDaemons(zk::Ensemble& ensemble);
  /// Kills what is left and removes the folder.
  ~FleetOfDaemons();
  FleetOfDaemons(const FleetOfDaemons&) = delete;
  FleetOfDaemons& operator=(const FleetOfDaemons&) = delete;

  /// Starts member `n`, in a folder of its own; `extra` is more of its configuration.
  void start(int n, const std::string& extra = {}, const std::string& name = {});
  void signal(int n, int number) const;
  /// More text for the groups' file that all share, for whoever reads it from now on.
  void change_groups(const std::string& more) const;
  /// Waits for the end: the exit code, or minus the signal. Minus 1000: too slow.
  int wait(int n);

  [[nodiscard]] HttpReply ask(int n, std::string_view method, std::string_view target,
                              std::string_view body = {}, std::string_view headers = {}) const;
  [[nodiscard]] bool is_ready(int n) const { return ask(n, "GET", "/-/ready").status == 200; }
  /// By partition, whom member `n` takes for its owner; "": nobody.
  [[nodiscard]] std::vector<std::string> owners(int n) const;
  [[nodiscard]] std::string log(int n) const;
  /// Every instance in the cloud that lives, as "group token".
  [[nodiscard]] std::vector<std::string> living() const;

 private:
  struct Member {
    pid_t process = -1;
  };
  [[nodiscard]] std::string folder(int n) const { return folder_ + "/n" + std::to_string(n); }

  zk::Ensemble& ensemble_;
  std::string folder_;
  std::vector<int> ports_;
  std::vector<Member> members_;
};

}  // namespace settle
