// What a source has at its other end, as the conformance suite handles it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/intake/hall.h"

namespace settle {

/// The other end of a source: where events are before they come to us.
class OtherEnd {
 public:
  virtual ~OtherEnd() = default;
  /// A source over it, as the daemon opens one each time that it starts; one at a time.
  virtual std::unique_ptr<Source> open() = 0;
  /// Events that are there from now on, in this order. They stay until they are acked, or for good.
  virtual void write(const std::vector<Signal>& events) = 0;
  /// Something that is no event. False: it cannot be there.
  virtual bool write_poison(const std::string& /*text*/) { return false; }
  /// Everything that is there and has not been read goes away, and more is written later. False:
  /// that cannot be, or cannot be noticed.
  virtual bool lose() { return false; }
  /// Events that the source may have in flight.
  virtual std::size_t in_flight_max() = 0;
};

using MakeOtherEnd = std::function<std::unique_ptr<OtherEnd>(const Hall& hall)>;
struct NamedOtherEnd {
  std::string name;
  MakeOtherEnd make;
};

}  // namespace settle
