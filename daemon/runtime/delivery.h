// Signals to whoever owns their groups: the engine here, or another member, asked once. Whoever
// hands them in is told the same words either way. What alarms over many groups measure of an event
// goes to whoever owns its key, and the event is answered once both have been committed.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/alarms/alarm_book.h"
#include "daemon/runtime/engine.h"
#include "daemon/runtime/peer_seal.h"
#include "daemon/runtime/peers.h"

namespace settle {

class Delivery {
 public:
  using Done = std::function<void(std::vector<std::string_view>)>;

  /// Both outlive it, and whatever it has under way.
  Delivery(Engine& engine, Peers& peers) : engine_(engine), peers_(peers) {}

  /// Calls `done` once with what became of each signal, in order, after the commits that hold them:
  /// a word of outcome_word(), "full" or "elsewhere". `source` is for the metrics. Safe from any
  /// thread; never blocks.
  void deliver(std::vector<Signal> signals, const std::string& source, Done done);
  /// The same, and what is not ours is not passed on, nor measured: whoever passed it on has done
  /// so.
  void deliver_here(std::vector<Signal> signals, const std::string& source, Done done);

  /// From here on alarms are measured and sounded by this book.
  void use(AlarmBook book);
  /// What alarms measure of these, by themselves: for logs, whose entries go another way.
  [[nodiscard]] std::vector<Signal> measures_of(const std::vector<LogPart::Entry>& entries) const;
  /// Delivers measures; `done` is told whether commits hold all of them, or dead letters.
  void deliver_measures(std::vector<Signal> measures, std::function<void(std::string_view)> done);
  /// Tells groups of an alarm; `heard` is called once all have taken it, and else never.
  void sound(const Sounded& sounded, std::function<void()> heard);

 private:
  void send(std::vector<Signal> signals, const std::string& source, Done done);
  [[nodiscard]] std::shared_ptr<const AlarmBook> book() const;

  Engine& engine_;
  Peers& peers_;
  mutable std::mutex mutex_;
  std::shared_ptr<const AlarmBook> book_ = std::make_shared<const AlarmBook>();  // By mutex_.
};

}  // namespace settle
