// Parts of logs that wait until a commit holds what alarms over many groups measure of them: the
// position behind a part must not be committed before. In order: none overtakes another of its log.
//
// Knows nothing of what is measured, or of where a part goes.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/runtime/shard.h"

namespace settle {

/// Safe from any thread. Holds no more than whoever joins bounds.
class PartQueue {
 public:
  struct Log {
    Seating seating;
    std::string name;
  };
  /// Called once, with "merged" if the part may go on, and else with why it is to come again.
  using Then = std::function<void(std::string_view)>;
  struct Waiting {
    Then then;
    std::string_view word;  // Of outcome_word()'s, "full" or "elsewhere"; empty: not yet.
  };
  using Place = std::shared_ptr<Waiting>;

  /// Whether a part of this log waits, or is just going on.
  [[nodiscard]] bool has(const Log& log) const;
  [[nodiscard]] Place join(const Log& log, Then then);
  /// Says what became of the measures of one that joined. Calls whoever may go on by that, perhaps
  /// from within the call; where one may not, nor may those that had joined behind it.
  void answer(const Log& log, const Place& place, std::string_view word);

 private:
  struct Line {
    std::deque<Place> places;
    bool is_moving = false;  // Somebody calls those that may go on.
  };
  using Key = std::pair<std::pair<std::uint32_t, Epoch>, std::string>;
  [[nodiscard]] static Key key_of(const Log& log);
  void move(const Key& key);
  /// Null: nobody may go on, and nobody calls any more.
  [[nodiscard]] Place take_next(const Key& key);
  [[nodiscard]] std::deque<Place> take_all(const Key& key);

  mutable std::mutex mutex_;
  std::map<Key, Line> lines_;  // Guarded by mutex_, as is all that lies in it.
};

}  // namespace settle
