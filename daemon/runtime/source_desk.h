// The desk of sources: opens what the configuration names, tells each source of partitions and
// groups that come and go, gives it a door of its own, and answers for all of them to people. Every
// call to a source is made here, on one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "daemon/admin/render.h"
#include "daemon/runtime/courier.h"
#include "daemon/runtime/source_door.h"
#include "daemon/runtime/sources.h"

namespace settle {

class SourceDesk {
 public:
  using Configs = std::map<std::string, CloudConfig>;
  /// Sources that have been made and have not begun, by name.
  struct Prepared {
    Configs configs;
    std::map<std::string, std::unique_ptr<Source>> made;  // Of those that are new or changed.
  };

  SourceDesk(SourceDoor::Parts parts, SourceTools tools);
  ~SourceDesk();
  SourceDesk(const SourceDesk&) = delete;
  SourceDesk& operator=(const SourceDesk&) = delete;

  /// Makes whatever is new or has changed. The first that cannot be made is the error, and nothing
  /// changes. A type that this version does not know is left out, and says so in the log.
  [[nodiscard]] Result<Prepared> prepare(const Configs& configs) const;
  /// From here on these sources and groups hold: what is no longer named ends, what is new begins.
  void take(Prepared prepared, std::vector<SpecPointer> specs);
  /// A request to one of them. Answered once, on any thread.
  void receive(const std::string& name, HookRequest request,
               std::function<void(HookAnswer)> answer);
  /// In order of name. Safe from any thread.
  [[nodiscard]] std::vector<SourceStanding> standings() const;
  /// Ends every source. Nothing is emitted any more on return.
  void stop();

 private:
  struct Standing {
    CloudConfig config;
    std::shared_ptr<SourceDoor> door;  // Outlives the source: calls back find it, or nobody.
    std::shared_ptr<Source> source;
    HookSource* hook = nullptr;                        // The same one, if it is sent to.
    std::optional<std::vector<SpecPointer>> followed;  // What it was told; none: nothing yet.
  };
  struct Seated {
    Seating seating;
    Offsets positions;
  };
  struct Unseated {
    Seating seating;
  };
  struct Taking {
    std::shared_ptr<Prepared> prepared;
    std::vector<SpecPointer> specs;
  };
  struct Received {
    std::string name;
    HookRequest request;
    std::function<void(HookAnswer)> answer;
  };
  using Errand = std::variant<Seated, Unseated, Taking, Received>;

  void work(std::vector<Errand> errands);
  void run(Seated&& errand);
  void run(const Unseated& errand);
  void run(Taking&& errand);
  void run(Received&& errand);
  void begin(const std::string& name, const CloudConfig& config, std::shared_ptr<Source> source);
  void end(const std::string& name);
  void follow();

  const SourceDoor::Parts parts_;
  const SourceTools tools_;
  mutable std::mutex mutex_;
  std::map<std::string, Standing> standings_;  // Changed on the desk's thread, under mutex_.
  std::map<std::uint32_t, Seated> seats_;      // On the desk's thread, as are the next two.
  std::vector<SpecPointer> specs_;
  bool is_follow_due_ = false;
  bool has_stopped_ = false;
  std::unique_ptr<Courier<Errand>> courier_;
};

}  // namespace settle
