// A cloud as a model: what it holds, what it answers, how it misbehaves. Time and chance are
// arguments; there is no thread, no clock and no waiting here (simulated_client.h adds those).
//
// It speaks Nova's words: BUILD, ACTIVE, ERROR. It knows groups only as marks on instances. With
// `pools` it has a load balancer: an instance is a member of all pools that its group names at the
// weight that it declares, at weight 0, or of none.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/cloud/inventory.h"
#include "daemon/cloud/simulated_settings.h"
#include "daemon/partition/event.h"

namespace settle {

class SimulatedCloud {
 public:
  explicit SimulatedCloud(SimulatedSettings settings) : settings_(std::move(settings)) {}

  /// A mutating call, at the moment at which the cloud hears it. Acted::Result::unknown means
  /// that the answer was lost on the way, with or without the effect.
  Acted act(const Act& act, Time now, Chance& chance);
  /// A listing that began at `began` and ends now. Without an observation it was refused or lost.
  Observed observe(const Observe& look, Time began, Time now, Chance& chance);
  /// Adds to a complete listing what is true of those that it leaves out, by id.
  void look_for(const std::vector<InstanceId>& missing, Observed& observed, Time now);

  /// Everything that bears marks, of whatever group.
  [[nodiscard]] Listing list_all(Time now) const;

  /// What others do, behind the daemon's back. An instance of the empty group bears no marks.
  InstanceId create(const GroupId& group, Time now, Chance& chance);
  void fail(const InstanceId& instance, std::string state);
  void remove(const InstanceId& instance, Time now);
  /// Somebody takes it out of every pool.
  void expel(const InstanceId& instance);
  /// The group holds exactly these from now on; what it held is gone.
  void restate(const GroupId& group, const std::vector<Instance>& instances, Time now);

  /// Where there is a state_file: a line for each instance that has changed since the last call,
  /// with all there is to know of it.
  [[nodiscard]] std::vector<std::string> take_changes();
  /// Takes such a line back; of several about one instance the last one stands. False, and
  /// nothing has changed, if it is none.
  bool recall(std::string_view line);
  /// Lines for all that is worth keeping.
  [[nodiscard]] std::vector<std::string> all_lines(Time now) const;

  /// What is true, and not what some listing shows.
  struct Truth {
    Capacity existing = 0;
    Capacity ready = 0;     // ACTIVE, and not draining.
    Capacity balanced = 0;  // ACTIVE, and sent work by the load balancer.
    friend bool operator==(const Truth&, const Truth&) = default;
  };
  [[nodiscard]] Truth truth(const GroupId& group, Time now) const;
  /// The group's instances that exist, the oldest first, then by id.
  [[nodiscard]] std::vector<InstanceId> existing(const GroupId& group, Time now) const;
  /// How long the group's instances have existed by now, all together.
  [[nodiscard]] Duration lived(const GroupId& group, Time now) const;

 private:
  struct Machine {
    Instance instance;  // As it was born; state_at() says how it is.
    Time ready_at;
    std::optional<Time> fails_at;
    std::optional<Time> deleted_at;
    Time listed_from;
    Duration leaves_listing_after{};  // Once deleted.

    [[nodiscard]] bool exists_at(Time at) const { return !deleted_at || *deleted_at > at; }
    [[nodiscard]] bool is_listed_at(Time at) const;
    [[nodiscard]] std::string state_at(Time at) const;
  };
  struct Fleet {
    std::map<InstanceId, Machine> machines;
    Duration lived{};  // By those that are forgotten.
  };

  Acted perform(const Act& act, Time now, Chance& chance);
  Acted launch(const Act& act, Time now, Chance& chance);
  Acted change(const Act& act, Time now, Chance& chance);
  Acted change_membership(const Act& act, Machine& machine, Time now);
  [[nodiscard]] bool is_stray(const Machine& machine, Time at) const;
  Machine& bear(const GroupId& group, Instance born, Time now, Chance& chance);
  [[nodiscard]] std::optional<Reason> why_no_room(const std::string& zone, Time now) const;
  [[nodiscard]] std::string pick_zone(const GroupId& group, Time now) const;
  [[nodiscard]] bool is_omitted(const InstanceId& id, Time now) const;
  [[nodiscard]] bool is_full(const std::string& zone) const;
  void forget_gone(Fleet& fleet, Time now);
  void note_change(const InstanceId& instance);
  [[nodiscard]] static std::string line_of(const GroupId& group, const Machine& machine);
  Machine* find(const InstanceId& instance);

  struct Remembered {
    InstanceId instance;
    GroupId group;
  };

  SimulatedSettings settings_;
  std::uint64_t born_ = 0;
  std::map<GroupId, Fleet> fleets_;
  std::unordered_map<std::string, GroupId> owners_;     // Of every instance in fleets_.
  std::unordered_map<std::string, Remembered> tokens_;  // Of a day.
  std::deque<std::pair<Time, std::string>> token_ages_;
  std::vector<InstanceId> changed_;  // Stays empty without a state_file.
};

}  // namespace settle
