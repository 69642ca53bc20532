// Commands on a journal's file, without any daemon: replay, journal verify, journal deadletters.
#include <memory>
#include <utility>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "cli/asking.h"
#include "cli/history.h"
#include "cli/table.h"
#include "daemon/codec/json.h"
#include "daemon/journal/replay.h"

namespace settle {
namespace {

namespace json = boost::json;

constexpr std::size_t differences_shown_max = 10;

struct Options {
  std::string journal = default_journal;
  std::string subject;  // A decision's id or a group; empty: all.
  Asking form;          // Of what is listed; nobody is asked.
};

std::unique_ptr<JournalReader> open(const std::string& path) {
  auto reader = read_journal(path);
  if (reader) return std::move(*reader);
  fmt::print(stderr, "settlectl: {}\n", reader.error().message);
  return nullptr;
}

bool is_wanted(const Options& options, const StoredDecision& stored) {
  return options.subject.empty() || stored.record.group.value == options.subject ||
         (is_decision_id(options.subject) && stored.id.starts_with(options.subject));
}

void print_differences(const StoredDecision& stored, const Replayed& replayed) {
  fmt::print("{}  {}  {}  differs{}\n", stored.id, stored.record.group.value,
             time_text(stored.record.at),
             replayed.engine.empty() ? "" : " (made by engine " + replayed.engine + ")");
  std::size_t shown = 0;
  for (const Difference& difference : replayed.differences) {
    if (++shown > differences_shown_max) {
      fmt::print("  and {} more\n", replayed.differences.size() - differences_shown_max);
      break;
    }
    fmt::print("  {}: recorded {}, replayed {}\n", difference.field, difference.recorded,
               difference.replayed);
  }
}

struct Count {
  std::size_t same = 0;
  std::size_t different = 0;
  std::size_t impossible = 0;
};

void replay_one(const ReplayCase& recorded, RevisionShelf& shelf, Count& count) {
  const auto specs = [&](const std::string& revision, const GroupId& group) {
    return shelf.find(revision, group);
  };
  auto replayed = replay(recorded, specs);
  if (!replayed) {
    ++count.impossible;
    fmt::print("{}  {}  cannot be replayed: {}\n", recorded.stored.id,
               recorded.stored.record.group.value, replayed.error().message);
  } else if (replayed->is_same) {
    ++count.same;
  } else {
    ++count.different;
    print_differences(recorded.stored, *replayed);
  }
}

// Exit code 2 covers a decision that comes out different, and one whose inputs can no longer be
// read: both mean that the journal is not what was written.
Exit replay_all(const Options& options) {
  const auto reader = open(options.journal);
  if (!reader) return Exit::failed;
  RevisionShelf shelf(*reader);
  Count count;
  const Status visited = reader->replay([&](const ReplayCase& recorded) {
    if (is_wanted(options, recorded.stored)) replay_one(recorded, shelf, count);
    return true;
  });
  if (!visited) fmt::print("{}\n", visited.error().message);
  const std::size_t all = count.same + count.different + count.impossible;
  fmt::print("{} decision{} replayed: {} the same to the byte, {} different, {} impossible\n", all,
             all == 1 ? "" : "s", count.same, count.different, count.impossible);
  if (!visited || count.different + count.impossible > 0) return Exit::differences;
  if (all == 0 && !options.subject.empty()) {
    fmt::print(stderr, "settlectl: the journal holds no decision of \"{}\"\n", options.subject);
    return Exit::failed;
  }
  return Exit::ok;
}

Exit verify(const Options& options) {
  const auto reader = open(options.journal);
  if (!reader) return Exit::failed;
  auto report = reader->verify();
  if (!report) {
    fmt::print(stderr, "settlectl: {}\n", report.error().message);
    return Exit::failed;
  }
  if (report->damage) {
    fmt::print("the journal is damaged: {}\n", *report->damage);
    return Exit::check_failed;
  }
  fmt::print("the journal is whole: {} entries, head {}\n", report->entries, report->head);
  return Exit::ok;
}

Exit dead_letters(const Options& options) {
  const auto reader = open(options.journal);
  if (!reader) return Exit::failed;
  auto letters = reader->dead_letters(1'000);
  if (!letters) {
    fmt::print(stderr, "settlectl: {}\n", letters.error().message);
    return Exit::failed;
  }
  if (!options.form.is_for_people()) {
    json::array rows;
    for (const StoredDeadLetter& letter : *letters) {
      rows.push_back(json::object{{"sequence", letter.sequence},
                                  {"at", time_text(letter.at)},
                                  {"reason", letter.reason},
                                  {"event", letter.event}});
    }
    return print_json(options.form, json::object{{"deadletters", rows}}, "deadletters");
  }
  Table table({">SEQUENCE", "TIME", "REASON", "EVENT"});
  for (const StoredDeadLetter& letter : *letters) {
    table.add({std::to_string(letter.sequence), time_text(letter.at), letter.reason, letter.event});
  }
  if (!table.empty()) fmt::print("{}", table.text());
  return Exit::ok;
}

/// The command, and where its options go.
std::pair<CLI::App*, std::shared_ptr<Options>> add_on_file(CLI::App& parent, Run& run,
                                                           const char* name, const char* about,
                                                           Exit (*act)(const Options&)) {
  CLI::App* command = parent.add_subcommand(name, about);
  auto options = std::make_shared<Options>();
  CLI::Option* file = command->add_option("file", options->journal,
                                          fmt::format("The journal (default {})", default_journal));
  command->add_option("--journal", options->journal, "The same, as other commands name it")
      ->excludes(file);
  command->callback([&run, options, act] { run = [options, act] { return act(*options); }; });
  return {command, options};
}

}  // namespace

void add_journal(CLI::App& app, Run& run) {
  CLI::App* replaying = app.add_subcommand(
      "replay", "Make recorded decisions again; exit 2 if any comes out different");
  auto options = std::make_shared<Options>();
  replaying->add_option("subject", options->subject,
                        "A decision's id or a group; all if not given");
  replaying->add_option("--journal", options->journal,
                        fmt::format("The journal (default {})", default_journal));
  replaying->callback([&run, options] { run = [options] { return replay_all(*options); }; });

  CLI::App* journal = app.add_subcommand("journal", "Care for a journal's file");
  journal->require_subcommand(1);
  add_on_file(*journal, run, "verify", "Check every link of the chain; exit 3 if one is broken",
              verify);
  const auto [letters, letters_options] = add_on_file(
      *journal, run, "deadletters", "Events that changed nothing, and why", dead_letters);
  add_output(*letters, letters_options->form.output);
}

}  // namespace settle
