// The ladder as a page of plain text: it reads the same without colour and pasted into a ticket.
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "reconcilers/explain/explain.h"
#include "reconcilers/explain/phrase.h"

namespace settle {
namespace {

// A group of a thousand may withhold a thousand steps; a page names these and counts the others.
constexpr std::size_t rows_max = 8;
constexpr std::string_view margin = "              ";

using Row = std::vector<std::string>;

/// "1 Voices      " and then its lines, one below the other.
std::string rung(std::string_view title, const std::vector<std::string>& lines) {
  std::string out;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    out += fmt::format("{}{}\n", i == 0 ? padded(std::string(title), width(margin)) : margin,
                       lines[i]);
  }
  return out;
}

std::string_view mark(const Voice& voice) {
  if (voice.won) {
    return "●";
  }
  switch (voice.verdict) {
    case Verdict::proposes:
    case Verdict::stays:
      return "○";
    case Verdict::missing:
      return "✗";
    case Verdict::silent:
      break;
  }
  return voice.reason == Reason::schedule_active ? "○" : "–";
}

/// What a voice says in a number: a proposal, or the limits of a window.
std::string number(const Voice& voice, const Zone& zone) {
  if (voice.proposes) {
    return std::to_string(*voice.proposes);
  }
  if (voice.kind != VoiceKind::schedule || voice.reason != Reason::schedule_active) {
    return {};
  }
  const Words words(voice.facts, zone);
  return fill("≥{min} ≤{max}|≥{min}|≤{max}", words);
}

std::string age(const Voice& voice, Time now) {
  const bool is_used = voice.input && voice.verdict != Verdict::missing;
  if (!is_used || !voice.input_at || now < *voice.input_at) {
    return {};
  }
  return fmt::format("sample {} old", duration_text(now - *voice.input_at));
}

std::vector<std::string> voice_lines(const DecisionRecord& record, const Zone& zone) {
  std::vector<Row> rows;
  for (const Voice& voice : record.voices) {
    rows.push_back({fmt::format("{} {}", mark(voice), short_name(voice)), number(voice, zone),
                    because(voice, zone), age(voice, record.at)});
  }
  return rows.empty() ? std::vector<std::string>{"nobody has a say"} : aligned(rows);
}

std::vector<std::string> note_lines(const DecisionRecord& record, Rung which, const Zone& zone,
                                    std::string_view otherwise) {
  std::vector<Row> rows;
  for (const RungNote& note : record.rungs) {
    if (note.rung == which) {
      rows.push_back({because(note, zone), note.from == note.to
                                               ? std::string("✓")
                                               : fmt::format("{} → {}", note.from, note.to)});
    }
  }
  return rows.empty() ? std::vector<std::string>{std::string(otherwise)} : aligned(rows);
}

std::vector<std::string> limit_lines(const DecisionRecord& record, const Zone& zone) {
  const std::string range =
      record.desired_to
          ? fmt::format("{} ≤ {} ≤ {}", record.limits.min, *record.desired_to, record.limits.max)
          : fmt::format("{}–{}", record.limits.min, record.limits.max);
  std::vector<std::string> lines{range};
  for (std::string& line : note_lines(record, Rung::limits, zone, "")) {
    if (!line.empty()) {
      lines.push_back(std::move(line));
    }
  }
  if (lines.size() == 1) {
    lines.front() += "  ✓";
  }
  return lines;
}

/// "Mon 23 Nov 07:00 EET, in 61h".
std::string coming(Time at, Time now, const Zone& zone) {
  return at <= now ? near_text(at, zone)
                   : fmt::format("{}, in {}", near_text(at, zone), duration_text(at - now));
}

std::vector<std::string> withheld_lines(const DecisionRecord& record, const Zone& zone) {
  std::vector<Row> rows;
  std::size_t left = 0;
  for (const WithheldStep& step : record.withheld) {
    if (rows.size() == rows_max) {
      ++left;
      continue;
    }
    rows.push_back(
        {fmt::format("✗ {}", act_text(step.op, step.instance, step.count)),
         std::string(name(step.reason)), because(step, zone),
         step.until ? fmt::format("until {}", coming(*step.until, record.at, zone)) : ""});
  }
  std::vector<std::string> lines = aligned(rows);
  if (left > 0) {
    lines.push_back(fmt::format("and {} more", left));
  }
  if (record.refusal_repeats > 0) {
    lines.push_back(fmt::format("the same in {} round{} before", record.refusal_repeats,
                                record.refusal_repeats == 1 ? "" : "s"));
  }
  return rows.empty() ? std::vector<std::string>{"nothing withheld  ✓"} : lines;
}

std::string tally_text(const Tally& tally) {
  std::string out = fmt::format("{} ready", tally.ready);
  const auto add = [&out](Capacity count, std::string_view what) {
    if (count > 0) {
      out += fmt::format(", {} {}", count, what);
    }
  };
  add(tally.building, "building");
  add(tally.condemned, "condemned");
  add(tally.draining, "draining");
  add(tally.missing, "missing");
  add(tally.in_flight, "launched and not yet seen");
  add(tally.standby, "standing by");
  add(tally.ignored, "that count for nothing but the maximum");
  return out;
}

/// Launches for the same reason are one line: "launch 7".
std::vector<std::string> step_lines(const DecisionRecord& record, const Zone& zone) {
  struct Line {
    const TakenStep* first;
    Capacity count;
  };
  std::vector<Line> groups;
  for (const TakenStep& step : record.steps) {
    const auto same = std::find_if(groups.begin(), groups.end(), [&](const Line& line) {
      return step.op == StepOp::launch && line.first->op == step.op &&
             line.first->reason == step.reason && line.first->replaces == step.replaces;
    });
    if (same != groups.end()) {
      ++same->count;
    } else {
      groups.push_back({&step, 1});
    }
  }
  std::vector<Row> rows;
  for (std::size_t i = 0; i < std::min(groups.size(), rows_max); ++i) {
    const TakenStep& step = *groups[i].first;
    const std::string replaced =
        step.replaces.value.empty() ? "" : fmt::format(" for {}", step.replaces.value);
    rows.push_back(
        {fmt::format("● {}{}", act_text(step.op, step.instance, groups[i].count), replaced),
         because(step, zone)});
  }
  std::vector<std::string> lines = aligned(rows);
  if (groups.size() > rows_max) {
    lines.push_back(fmt::format("and {} more", groups.size() - rows_max));
  }
  if (lines.empty()) {
    lines.emplace_back(record.converged ? "no step: all is as desired  ✓"
                                        : "no step in this round");
  }
  lines.push_back(tally_text(record.tally));
  return lines;
}

}  // namespace

std::string page(const DecisionRecord& record, const std::string& id, const Zone& zone) {
  std::string out = id.empty() ? "" : id + "  ";
  out += fmt::format("{}  {}  partition {}  epoch {}", record.group.value,
                     clock_text(record.at, zone), record.partition, record.epoch);
  out += record.revision.empty() ? "\n" : fmt::format("  revision {}\n", record.revision);
  out += headline(record, zone) + "\n\n";
  out += rung("1 Voices", voice_lines(record, zone));
  out += rung("2 Combine", note_lines(record, Rung::combine, zone, "nothing to combine"));
  out +=
      rung("3 Steadiness", note_lines(record, Rung::steadiness, zone, "nothing holds it back  ✓"));
  out += rung("4 Limits", limit_lines(record, zone));
  out += rung("5 Guards", withheld_lines(record, zone));
  out += rung("6 Actions", step_lines(record, zone));
  if (record.revisit_at) {
    out += rung("Looks again", {coming(*record.revisit_at, record.at, zone)});
  }
  if (id.empty()) return out;
  out += rung("Try", {fmt::format("settlectl replay {}   ·   settlectl why-not {} in", id,
                                  record.group.value)});
  return out;
}

}  // namespace settle
