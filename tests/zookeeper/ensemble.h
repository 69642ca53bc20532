// A real ZooKeeper ensemble for tests: its own ports and folders, started from Debian's package
// without systemd, stopped by pid.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace settle::zk {

class Ensemble {
 public:
  /// Whether java and ZooKeeper's jar are here; tests that need them are skipped by name otherwise.
  [[nodiscard]] static bool is_available();

  /// Starts `size` servers (1 or 3) and waits until they serve; see is_serving().
  /// Each with a heap of `heap_mib`. `is_open`: clients may come from beyond loopback; only within
  /// a network namespace of the test's own.
  explicit Ensemble(int size, int tick_ms = 500, int heap_mib = 128, bool is_open = false);
  /// Kills what is left and removes the folder.
  ~Ensemble();
  Ensemble(const Ensemble&) = delete;
  Ensemble& operator=(const Ensemble&) = delete;

  [[nodiscard]] bool is_serving() const;
  /// "127.0.0.1:PORT" of each server.
  [[nodiscard]] std::vector<std::string> servers() const;

  void start(std::size_t server);
  void kill(std::size_t server);    // SIGKILL.
  void pause(std::size_t server);   // SIGSTOP: takes what is sent, answers nothing.
  void resume(std::size_t server);  // SIGCONT.
  /// Copies what is on the servers' disks; they are restarted for it.
  void copy();
  /// Puts the last copy back in the place of what is there now, as somebody would from a backup.
  void put_back();
  /// The server that leads, by its own word; size() if none does.
  [[nodiscard]] std::size_t leader() const;
  /// The server that this session's client is connected to, by the servers' word; size() if none.
  /// One that is paused is not asked.
  [[nodiscard]] std::size_t server_of(std::int64_t session) const;
  /// How often clients have asked the server for a session since it began, old or new.
  [[nodiscard]] int connection_requests(std::size_t server) const;
  [[nodiscard]] std::size_t size() const { return servers_.size(); }

 private:
  struct Server {
    std::string folder;
    int port = 0;
    pid_t process = -1;
    bool is_paused = false;
  };
  void restart_all(const std::function<void(const Server&)>& between);
  [[nodiscard]] std::string word(const Server& server, const std::string& command) const;

  std::string folder_;
  const std::string heap_;  // As java takes it.
  std::vector<Server> servers_;
};

}  // namespace settle::zk
