// Three real servers and three members as processes, with a proxy between each member and each
// server, and the log that they share.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <sys/types.h>

#include "tests/members/journal.h"
#include "tests/members/proxy.h"
#include "tests/zookeeper/ensemble.h"

namespace settle::cluster {

struct CrewOptions {
  std::chrono::milliseconds session{4'000};
  std::chrono::milliseconds tick{500};
  std::uint32_t partitions = 12;
  int groups = 0;  // Rows of each partition, besides its counter.
  std::size_t members = 3;
};

class Crew {
 public:
  explicit Crew(CrewOptions options);
  /// Kills what is left.
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  void start(std::size_t member);
  void kill(std::size_t member);   // SIGKILL.
  void drain(std::size_t member);  // SIGTERM; waits until it has ended.
  void pause(std::size_t member);
  void resume(std::size_t member);
  /// Between a member and every server.
  void hold(std::size_t member, bool requests, bool answers);
  void cut(std::size_t member);

  [[nodiscard]] bool is_up(std::size_t member) const { return processes_[member] > 0; }
  [[nodiscard]] std::vector<Line> lines() const;
  /// By partition, its newest line of `kind`; empty names where there is none.
  [[nodiscard]] std::vector<Line> newest(const std::string& kind) const;
  /// What is wrong with the history so far.
  [[nodiscard]] std::vector<std::string> contradictions() const;
  /// Every partition has been committed, and acted for if `acting`, since `from`.
  [[nodiscard]] bool is_alive_since(std::int64_t from, bool acting) const;
  /// The member that committed last for most partitions.
  [[nodiscard]] std::size_t busiest() const;

  zk::Ensemble& ensemble() { return ensemble_; }
  [[nodiscard]] const CrewOptions& options() const { return options_; }
  static std::int64_t now();
  static std::string name(std::size_t member) { return "n" + std::to_string(member + 1); }
  /// Asks again until it is so; false after `most`.
  static bool waits_until(std::chrono::milliseconds most, const std::function<bool()>& condition);
  static void wait(std::chrono::milliseconds length);

 private:
  const CrewOptions options_;
  zk::Ensemble ensemble_;
  std::string folder_;
  std::vector<std::vector<std::unique_ptr<Proxy>>> proxies_;  // By member, by server.
  std::vector<pid_t> processes_;
};

}  // namespace settle::cluster
