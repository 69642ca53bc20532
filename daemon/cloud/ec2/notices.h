// What AWS says it will take away: scheduled events that stop or retire an instance, and spot
// interruptions. Such an instance still serves; it is shown as `retiring`, so that another is
// launched before it goes.
//
// Events are asked for every minute, interruptions (a notice of two minutes) every 15 s, and only
// where there are spot instances; each with a listing, never by itself. What cannot be had is no
// notice, and takes none back that stood.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/cloud/ec2/signature.h"
#include "daemon/cloud/listing_desk.h"

namespace settle::ec2 {

/// Scheduled events that take an instance away; spot requests that are about to end.
enum class NoticeKind : unsigned char { event, interruption };

/// `next` of the page before, or empty.
[[nodiscard]] Parameters list_notices(NoticeKind kind, const std::string& next);

struct NoticePage {
  std::set<InstanceId> instances;
  std::string next;  // Empty: the last page.
};
/// Events that are over are none. Fails unless it is such a page.
[[nodiscard]] Result<NoticePage> read_notices(NoticeKind kind, std::string_view xml);

/// For one listing at a time.
class NoticeBoard {
 public:
  static constexpr Duration events_every{60'000};
  static constexpr Duration interruptions_every{15'000};

  /// Which question is due, and counts as asked from now on.
  [[nodiscard]] std::optional<NoticeKind> due(bool has_spot, Time now);
  void set(NoticeKind kind, std::set<InstanceId> instances);
  /// Those that run, and are not to stay.
  void mark(Listing& listing) const;

 private:
  struct Board {
    std::optional<Time> asked;
    std::set<InstanceId> instances;
  };
  [[nodiscard]] static bool is_due(const Board& board, Duration every, Time now);
  Board events_;
  Board interruptions_;
};

}  // namespace settle::ec2
