// Stored bytes of every kind: any bytes are refused or written again as they were; any contents
// are read back as they were, and refused once a byte of them is another.
#include "daemon/codec/binary.h"
#include "daemon/codec/json.h"
#include "reconcilers/memory.h"
#include "tests/codec/filler.h"
#include "tests/fuzz/fuzz.h"
#include "tests/reconcilers/draw.h"

namespace settle::fuzz {
namespace {

void examine_bytes(std::string_view bytes) {
  if (const auto state = decode_state(bytes)) {
    must(encode(*state) == bytes, "equal states are equal bytes");
    must(!digest(state->memory).empty(), "every memory has a name");
  }
  if (const auto record = decode_record(bytes)) {
    must(encode(*record) == bytes, "equal records are equal bytes");
    must(!record_json(*record).empty() && !decision_id(*record).empty(), "records can be shown");
  }
  if (const auto seen = decode_observation(bytes)) {
    must(encode(*seen) == bytes, "equal observations are equal bytes");
  }
  if (const auto context = decode_context(bytes)) {
    must(encode(*context) == bytes, "equal contexts are equal bytes");
  }
  if (const auto action = decode_action(bytes)) {
    must(encode(*action) == bytes, "equal actions are equal bytes");
  }
}

template <typename T, typename Decode>
void examine_contents(Draw& draw, Decode decode) {
  Filler filler(false, [&draw] { return draw.up_to(UINT64_MAX); });
  const T value = filler.made<T>();
  std::string bytes = encode(value);
  const auto read = decode(bytes);
  must(read && encode(*read) == bytes, "what is stored is read back as it was");
  bytes[draw.up_to(bytes.size() - 1)] ^= static_cast<char>(draw.between(1, 255));
  if (draw.once_in(3)) bytes.resize(draw.up_to(bytes.size()));
  examine_bytes(bytes);
}

}  // namespace

void examine(std::string_view input) {
  examine_bytes(input);
  Draw draw(input);
  switch (draw.between(0, 4)) {
    case 0:
      return examine_contents<GroupState>(draw, decode_state);
    case 1:
      return examine_contents<DecisionRecord>(draw, decode_record);
    case 2:
      return examine_contents<Observation>(draw, decode_observation);
    case 3:
      return examine_contents<RoundContext>(draw, decode_context);
    default:
      return examine_contents<ActionEntry>(draw, decode_action);
  }
}

}  // namespace settle::fuzz
