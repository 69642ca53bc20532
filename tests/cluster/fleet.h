// The world of a simulated cluster: a cloud that is slow, loses answers and knows tokens; sources
// that tell each event until it is taken; and the oracles, which know what really happened.
//
//   O1  one epoch of a partition acts, and none while a predecessor's call may be under way
//   O2  one instance for one intent, and as many instances as the events say
//   O3  an event that was taken is in what the cluster remembers
//   O4  no commit of an epoch after another one took the partition over
//   O5  no instance is terminated that a newer epoch has and keeps
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "daemon/cluster/layout.h"
#include "daemon/cluster/manifest.h"
#include "tests/cluster/stage.h"

namespace settle::cluster {

struct Intent {
  std::string name;    // Of what it is for: the same whoever carries it out.
  std::string token;   // As the cloud is told.
  std::string victim;  // Empty: a launch.
  friend bool operator==(const Intent&, const Intent&) = default;
};

/// What a partition of the simulation remembers, and its bytes.
struct Ledger {
  std::vector<std::string> events;
  std::set<std::string> instances;
  std::map<std::string, Intent> open;  // By name.
  friend bool operator==(const Ledger&, const Ledger&) = default;

  [[nodiscard]] std::string bytes() const {
    std::string text;
    for (const std::string& event : events) text += "event " + event + "\n";
    for (const std::string& instance : instances) text += "instance " + instance + "\n";
    for (const auto& [name, intent] : open) {
      text += "open " + name + " " + intent.token + " " + intent.victim + "\n";
    }
    return text;
  }
  static Ledger of(const std::string& bytes) {
    Ledger ledger;
    std::istringstream lines(bytes);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string kind;
      Intent intent;
      words >> kind >> intent.name >> intent.token >> intent.victim;
      if (kind == "event") ledger.events.push_back(intent.name);
      if (kind == "instance") ledger.instances.insert(intent.name);
      if (kind == "open") ledger.open[intent.name] = intent;
    }
    return ledger;
  }
  [[nodiscard]] bool keeps(const std::string& instance) const {
    return instances.contains(instance) &&
           std::none_of(open.begin(), open.end(),
                        [&](const auto& each) { return each.second.victim == instance; });
  }
};

class Fleet {
 public:
  static constexpr zk::Milliseconds call_takes{2'000};  // At most.
  using Answer = std::function<void(const std::string& instance)>;

  void begin(zk::ManualExecutor& clock, std::uint64_t seed) {
    clock_ = &clock;
    dice_.seed(seed);
  }
  void rest() { is_resting_ = true; }

  /// A call leaves. It has its effect within `call_takes`; its answer may be lost.
  void call(std::uint32_t partition, std::uint64_t epoch, const Intent& intent, Answer answer) {
    const zk::BootTime now = clock_->now();
    Acted& acted = acted_[partition];
    if (epoch < acted.epoch) fail("O1", partition, epoch, "acts after its successor");
    if (epoch > acted.epoch && acted.epoch != 0 && now < acted.last + call_takes) {
      fail("O1", partition, epoch, "acts while a call of its predecessor may be under way");
    }
    acted = {std::max(acted.epoch, epoch), now};
    const bool is_answered = is_resting_ || roll(5) > 0;
    clock_->after(zk::Milliseconds(roll(1'800)), [=, this, answer = std::move(answer)] {
      const std::string instance = arrive(partition, epoch, intent);
      if (is_answered) answer(instance);
    });
  }

  void taken(const std::string& event) { taken_.insert(event); }
  [[nodiscard]] bool is_taken(const std::string& event) const { return taken_.contains(event); }

  /// Once in each moment of the simulation: what ZooKeeper has accepted.
  void look_at(const zk::MemoryEnsemble::Tree& tree, std::uint32_t partitions) {
    for (std::uint32_t number = 0; number < partitions; ++number) {
      look_at(number, tree);
    }
  }
  /// What a partition committed, as its owner read it back or wrote it under `epoch`.
  void committed(std::uint32_t partition, std::uint64_t epoch, const Ledger& ledger) {
    Kept& kept = kept_[partition];
    if (epoch >= kept.epoch) kept = {epoch, ledger};
  }
  /// At the end, when nothing is under way: `ledger` as it is stored.
  void judge(std::uint32_t partition, const Ledger& ledger) {
    const std::string prefix = std::to_string(partition) + "-";
    std::set<std::string> known(ledger.events.begin(), ledger.events.end());
    for (const std::string& event : taken_) {
      if (event.starts_with(prefix) && !known.contains(event)) {
        fail("O3", partition, 0, "has forgotten the event " + event);
      }
    }
    const auto living = living_.find(partition);
    const std::set<std::string> there =
        living == living_.end() ? std::set<std::string>{} : living->second;
    if (there != ledger.instances || !ledger.open.empty()) {
      fail("O2", partition, 0,
           "has " + std::to_string(there.size()) + " instances, knows " +
               std::to_string(ledger.instances.size()) + " and has " +
               std::to_string(ledger.open.size()) + " intents open");
    }
  }

  [[nodiscard]] const std::vector<std::string>& failures() const { return failures_; }
  [[nodiscard]] std::size_t launches() const { return tokens_.size(); }
  [[nodiscard]] std::size_t events() const { return taken_.size(); }
  std::uint64_t roll(std::uint64_t below) { return dice_() % below; }

 private:
  struct Acted {
    std::uint64_t epoch = 0;
    zk::BootTime last;
  };
  struct Kept {
    std::uint64_t epoch = 0;
    Ledger ledger;
  };
  struct Seen {
    std::uint64_t own_epoch = 0;
    std::int64_t own_since = 0;  // The first write of it that we saw.
    std::uint64_t checkpoint_epoch = 0;
  };

  void look_at(std::uint32_t number, const zk::MemoryEnsemble::Tree& tree) {
    const auto own = tree.find("/settle/test" + layout::own(number));
    if (own == tree.end()) return;
    const auto record = decode_ownership(own->second.data);
    Seen& seen = seen_[number];
    if (!record || record->epoch < seen.own_epoch) {
      fail("O1", number, record ? record->epoch : 0, "is owned under an earlier epoch");
    } else if (record->epoch > seen.own_epoch) {
      seen.own_epoch = record->epoch;
      seen.own_since = own->second.stat.mzxid;
    }
    const auto stored = tree.find("/settle/test" + layout::checkpoint(number));
    if (stored == tree.end()) return;
    const auto manifest = decode_manifest(stored->second.data);
    const bool is_zombie =
        !manifest || manifest->epoch < seen.checkpoint_epoch ||
        (manifest->epoch < seen.own_epoch && stored->second.stat.mzxid > seen.own_since);
    if (is_zombie) fail("O4", number, manifest ? manifest->epoch : 0, "commits after its end");
    if (manifest) seen.checkpoint_epoch = std::max(seen.checkpoint_epoch, manifest->epoch);
  }

  std::string arrive(std::uint32_t partition, std::uint64_t epoch, const Intent& intent) {
    std::set<std::string>& living = living_[partition];
    if (!intent.victim.empty()) {
      const Kept& kept = kept_[partition];
      if (living.contains(intent.victim) && kept.epoch > epoch &&
          kept.ledger.keeps(intent.victim)) {
        fail("O5", partition, epoch, "terminates what its successor keeps");
      }
      living.erase(intent.victim);
      return intent.victim;
    }
    const auto [token, is_new] =
        tokens_.emplace(intent.token, "i" + std::to_string(tokens_.size()));
    if (is_new) {
      living.insert(token->second);
      if (++launched_[intent.name] > 1)
        fail("O2", partition, epoch, "launches twice for one intent");
    }
    return token->second;
  }

  void fail(const std::string& oracle, std::uint32_t partition, std::uint64_t epoch,
            const std::string& what) {
    failures_.push_back(oracle + ": epoch " + std::to_string(epoch) + " of partition " +
                        std::to_string(partition) + " " + what);
  }

  zk::ManualExecutor* clock_ = nullptr;
  std::mt19937_64 dice_;
  bool is_resting_ = false;
  std::map<std::uint32_t, Acted> acted_;
  std::map<std::uint32_t, Kept> kept_;
  std::map<std::uint32_t, Seen> seen_;
  std::map<std::uint32_t, std::set<std::string>> living_;
  std::map<std::string, std::string> tokens_;
  std::map<std::string, int> launched_;
  std::set<std::string> taken_;
  std::vector<std::string> failures_;
};

}  // namespace settle::cluster
