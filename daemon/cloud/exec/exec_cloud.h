// Any other cloud, as a program that speaks JSON lines (words.h). It is started when it is first
// needed, and again, later each time, when it has ended; each call has its deadline; whatever it
// does, it costs one thread and bounded memory.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/timers.h"
#include "daemon/child/program.h"
#include "daemon/cloud/cloud.h"
#include "daemon/cloud/inventory.h"
#include "daemon/partition/loop.h"

namespace settle::exec {

struct Settings {
  std::vector<std::string> command;  // The program and its arguments; no shell.
  std::map<std::string, std::string> environment;
  std::string cluster;
  Duration list_every{5'000};
  Duration act_deadline{5'000};
  Duration list_deadline{30'000};
  std::size_t calls_max = 1'000;  // Under way at one time; more are answered "not now".
  child::ProgramLimits program;
};

class ExecCloud final : public CloudWriter, public Inventory {
 public:
  /// `clock` and `timers` outlive whatever `timers` still holds; this may go before that.
  ExecCloud(Settings settings, const Clock& clock, Timers& timers);
  /// Answers what is under way as unknown, and kills the program.
  ~ExecCloud() override;
  ExecCloud(const ExecCloud&) = delete;
  ExecCloud& operator=(const ExecCloud&) = delete;

  void observe(const Observe& look, ObservedReply reply) override;
  void act(const Act& act, ActedReply reply) override;
  void list_all(ListedReply reply) override;

 private:
  class Worker;
  std::shared_ptr<Worker> worker_;
};

}  // namespace settle::exec
