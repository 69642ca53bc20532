// A line that a program said which is a source, whatever it is: an event, a word of the protocol,
// or something to be buried, within bounds.
#include "daemon/codec/json.h"
#include "daemon/sources/lines/words.h"
#include "tests/fuzz/fuzz.h"

namespace settle::fuzz {
namespace {

constexpr Time noon{Duration{1'795'435'200'000}};
constexpr std::size_t kept_max = 4'096;

}  // namespace

void examine(std::string_view input) {
  const lines::Said said = lines::read_line(input, noon);
  if (const auto* emitted = std::get_if<lines::Emitted>(&said)) {
    must(emitted->id == emitted->signal.stamp.id, "an event is acked by its id");
    const auto told = parse_event(event_json(emitted->signal), noon);
    must(told && *told == emitted->signal, "what was emitted can be told");
  }
  if (const auto* buried = std::get_if<lines::Buried>(&said)) {
    must(buried->poison.text.size() <= kept_max, "what is buried is cut off");
    must(!buried->sequence || *buried->sequence >= 0, "no place lies before the first");
  }
  if (const auto* told = std::get_if<lines::Told>(&said)) {
    must(!told->lag || *told->lag >= 0, "nothing less than nothing waits");
  }
}

}  // namespace settle::fuzz
