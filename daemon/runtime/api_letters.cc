// Calls about dead letters: looked at, given to their groups once more, or let be.
#include <utility>

#include <fmt/core.h>

#include "daemon/codec/json.h"
#include "daemon/runtime/api.h"

namespace settle {
namespace {

HttpServer::Reply made(HttpResponse response) {
  return [response = std::move(response)] { return response; };
}

HttpResponse trouble(const Error& error) {
  const bool is_missing = error.code == ErrorCode::not_found;
  return problem(is_missing ? 404 : 503,
                 is_missing ? "No such dead letter" : "The journal cannot be read", error.message);
}

ListedDeadLetter listed(StoredDeadLetter letter) {
  return {letter.sequence, letter.at, std::move(letter.reason), std::move(letter.event),
          std::move(letter.settled)};
}

}  // namespace

void Api::carry_out(const ListDeadLetters& call, HttpRequest /*request*/, Answer answer) {
  read(
      [count = call.count_max, answer](JournalReader& reader, bool /*is_last*/) {
        Result<std::vector<StoredDeadLetter>> found = reader.dead_letters(count);
        if (!found) {
          answer(made(trouble(found.error())));
          return true;
        }
        std::vector<ListedDeadLetter> letters;
        for (StoredDeadLetter& letter : *found) letters.push_back(listed(std::move(letter)));
        answer(made(json_response(dead_letters_json(letters))));
        return true;
      },
      Duration::zero(), answer);
}

void Api::carry_out(const ReadDeadLetter& call, HttpRequest /*request*/, Answer answer) {
  read(
      [sequence = call.sequence, answer](JournalReader& reader, bool /*is_last*/) {
        Result<StoredDeadLetter> found = reader.dead_letter(sequence);
        answer(made(found ? json_response(dead_letter_json(listed(std::move(*found))))
                          : trouble(found.error())));
        return true;
      },
      Duration::zero(), answer);
}

void Api::carry_out(const SettleDeadLetter& call, HttpRequest request, Answer answer) {
  read(
      [this, call, owner = request.owner, answer](JournalReader& reader, bool /*is_last*/) {
        const Result<StoredDeadLetter> found = reader.dead_letter(call.sequence);
        if (!found) {
          answer(made(trouble(found.error())));
        } else if (call.replays) {
          replay(*found, owner, answer);
        } else {
          settle(*found, owner, "Discarded", answer);
        }
        return true;
      },
      Duration::zero(), answer);
}

// Its own time may be long past: it happens now. The new id is made from the letter's place, so
// that a replay that is asked for twice counts once.
void Api::replay(const StoredDeadLetter& letter, const std::string& owner, const Answer& answer) {
  Result<Signal> signal = parse_event(letter.event, parts_.clock.now(), Senders::operators);
  if (!signal) {
    return answer(made(problem(422, "What lies there is no event",
                               signal.error().message + ". Send what was meant, and discard it.")));
  }
  signal->stamp.at = parts_.clock.now();
  signal->stamp.id = fmt::format("replay-{}/{}", letter.sequence, signal->stamp.id);
  parts_.delivery.deliver(
      {*signal}, "replay",
      [this, letter, owner, answer](const std::vector<std::string_view>& outcomes) {
        const std::string_view outcome = outcomes.front();
        if (outcome == "merged" || outcome == "repeated") {
          return settle(letter, owner, "Replayed", answer);
        }
        const bool is_full = outcome == "full" || outcome == "elsewhere";
        HttpResponse response =
            is_full ? problem(503, "No room now", "Ask for the same again.")
                    : problem(409, "The event was not taken again", std::string(outcome));
        if (is_full) response.headers.emplace_back("Retry-After", "1");
        answer(made(std::move(response)));
      });
}

void Api::settle(const StoredDeadLetter& letter, const std::string& owner, std::string_view word,
                 const Answer& answer) {
  StoredDeadLetter disposal;
  disposal.at = parts_.clock.now();
  disposal.reason = word;
  disposal.event = owner;
  disposal.settles = letter.sequence;
  parts_.engine.recorder().leave(std::move(disposal));
  StoredDeadLetter shown = letter;
  shown.settled = word;
  answer(made(json_response(dead_letter_json(listed(std::move(shown))))));
}

}  // namespace settle
