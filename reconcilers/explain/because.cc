// One sentence for one entry of a record: its facts, what its place implies, and the phrasebook.
#include <fmt/format.h>

#include "reconcilers/explain/explain.h"
#include "reconcilers/explain/phrase.h"

namespace settle {
namespace {

/// "add 4", "remove 25%", "set 10": an adjustment as its owner wrote it.
void add_adjustment(Words& words) {
  for (const std::string_view verb : {"add", "remove", "set"}) {
    if (const auto amount = words.find(verb)) {
      words.add("adjustment", fmt::format("{} {}", verb, *amount));
      return;
    }
  }
}

void add_if_named(Words& words, std::string_view key, const std::string& word) {
  if (!word.empty()) {
    words.add(key, word);
  }
}

std::string_view prefix(VoiceKind kind) {
  switch (kind) {
    case VoiceKind::schedule:
      return "schedule/";
    case VoiceKind::operator_hold:
      return "operator/";
    case VoiceKind::rest:
      return "";
    case VoiceKind::target:
    case VoiceKind::steps:
    case VoiceKind::alert:
    case VoiceKind::webhook:
    case VoiceKind::forecast:
      break;
  }
  return "policy/";
}

std::string sentence(Reason reason, const Words& words) {
  return fill(phrase(reason).sentence, words);
}

}  // namespace

std::string because(const Voice& voice, const Zone& zone) {
  Words words(voice.facts, zone);
  add_adjustment(words);
  add_if_named(words, "policy", short_name(voice));
  if (voice.proposes) {
    words.add("proposes", std::to_string(*voice.proposes));
  }
  if (voice.input && voice.input->kind == ReadingKind::value) {
    words.add("sample", number_text(voice.input->value));
  }
  if (voice.input_at) {
    words.add("at", near_text(*voice.input_at, zone));
  }
  return sentence(voice.reason, words);
}

std::string because(const RungNote& note, const Zone& zone) {
  Words words(note.facts, zone);
  add_adjustment(words);
  words.add("from", std::to_string(note.from));
  words.add("to", std::to_string(note.to));
  return sentence(note.reason, words);
}

std::string because(const TakenStep& step, const Zone& zone) {
  Words words(step.facts, zone);
  add_if_named(words, "instance", step.instance.value);
  add_if_named(words, "replaces", step.replaces.value);
  add_if_named(words, "zone", step.zone);
  return sentence(step.reason, words);
}

std::string because(const WithheldStep& step, const Zone& zone) {
  Words words(step.facts, zone);
  add_if_named(words, "instance", step.instance.value);
  add_if_named(words, "guard", step.guard);
  return sentence(step.reason, words);
}

std::string because(const Voice& voice) {
  return because(voice, Zone());
}
std::string because(const RungNote& note) {
  return because(note, Zone());
}
std::string because(const TakenStep& step) {
  return because(step, Zone());
}
std::string because(const WithheldStep& step) {
  return because(step, Zone());
}

std::string meaning(Reason reason) {
  const Phrase& known = phrase(reason);
  return fmt::format("{} {}", known.meaning, known.remedy);
}

std::string full_name(const Voice& voice) {
  return voice.name.find('/') == std::string::npos
             ? fmt::format("{}{}", prefix(voice.kind), voice.name)
             : voice.name;
}

std::string short_name(const Voice& voice) {
  return voice.name.substr(voice.name.find('/') + 1);
}

std::string act_text(StepOp op, const InstanceId& instance, Capacity count) {
  if (instance.value.empty()) {
    return fmt::format("{} {}", name(op), count);
  }
  return count == 1 ? fmt::format("{} {}", name(op), instance.value)
                    : fmt::format("{} {} and {} more", name(op), instance.value, count - 1);
}

}  // namespace settle
