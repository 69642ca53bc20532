#include "cli/trial/report.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "cli/trial/figures.h"
#include "cli/trial/picture.h"
#include "reconcilers/explain/explain.h"

namespace settle {
namespace {

constexpr std::size_t rows_max = 1'000;

constexpr const char* head = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>
body{{font:15px/1.45 system-ui,"DejaVu Sans",sans-serif;margin:2rem auto;max-width:1140px;padding:0 1rem}}
h1{{font-size:1.5rem}}h2{{font-size:1.15rem;margin-top:2rem}}
table{{border-collapse:collapse;font-size:.9rem}}th,td{{text-align:left;padding:.2rem .8rem .2rem 0;border-bottom:1px solid #8884;vertical-align:top}}
td.n,th.n{{text-align:right;font-variant-numeric:tabular-nums}}
svg{{max-width:100%;height:auto}}details{{margin:.6rem 0}}summary{{cursor:pointer}}pre{{overflow:auto}}
</style>
<title>{0}</title></head><body><h1>{0}</h1><p>{1}</p>
)";

class Page {
 public:
  Page(const Trial& trial, const std::vector<GroupSpec>& specs) : trial_(trial), specs_(specs) {}

  std::string write(const ReportOptions& options) {
    html_ = fmt::format(head, markup(options.title), markup(options.about));
    write_figures();
    html_ += picture(trial_, specs_, {});
    for (const auto& [name, course] : trial_.courses) write_group(name, course);
    html_ += "</body></html>\n";
    return std::move(html_);
  }

 private:
  void write_figures() {
    html_ += "<table><tr><th>group</th>";
    for (const FigureLine& line : lines_of({})) {
      html_ += fmt::format("<th class=\"n\">{}</th>", markup(line.name));
    }
    html_ += "</tr>\n";
    for (const auto& [name, course] : trial_.courses) {
      html_ += fmt::format("<tr><td>{}</td>", markup(name));
      for (const FigureLine& line : lines_of(figures_of(trial_, name))) {
        html_ += fmt::format("<td class=\"n\">{}</td>", markup(line.text));
      }
      html_ += "</tr>\n";
    }
    html_ += "</table>\n";
  }

  void write_group(const std::string& name, const GroupCourse& course) {
    const auto spec = std::find_if(specs_.begin(), specs_.end(), [&](const GroupSpec& candidate) {
      return candidate.id.value == name;
    });
    const Zone zone = spec == specs_.end() ? Zone() : spec->zone;
    html_ += fmt::format(
        "<h2>{}: every change of desired</h2>\n<table><tr><th>at</th>"
        "<th class=\"n\">desired</th><th>why</th></tr>\n",
        markup(name));
    std::size_t rows = 0;
    for (const std::size_t number : course.records) {
      const DecisionRecord& record = trial_.records[number];
      if (record.desired_from == record.desired_to || !record.desired_to) continue;
      if (++rows > rows_max) continue;
      write_change(record, zone);
    }
    html_ += "</table>\n";
    if (rows > rows_max) html_ += fmt::format("<p>and {} more</p>\n", rows - rows_max);
    write_withheld(name, course, zone);
  }

  void write_change(const DecisionRecord& record, const Zone& zone) {
    const std::string from = record.desired_from ? fmt::format("{} → ", *record.desired_from) : "";
    html_ += fmt::format(
        "<tr><td>{}</td><td class=\"n\">{}{}</td><td><details><summary>{}</summary><pre>{}</pre>"
        "</details></td></tr>\n",
        markup(clock_text(record.at, zone)), from, *record.desired_to, markup(headline(record)),
        markup(page(record, "", zone)));
  }

  void write_withheld(const std::string& name, const GroupCourse& course, const Zone& zone) {
    std::string rows;
    std::size_t count = 0;
    for (const std::size_t number : course.records) {
      const DecisionRecord& record = trial_.records[number];
      for (const WithheldStep& step : record.withheld) {
        if (++count > rows_max) continue;
        fmt::format_to(std::back_inserter(rows),
                       "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                       markup(clock_text(record.at, zone)), markup(settle::name(step.op)),
                       markup(step.guard), markup(because(step)));
      }
    }
    if (count == 0) return;
    html_ += fmt::format(
        "<h2>{}: steps withheld</h2>\n<table><tr><th>at</th><th>step</th>"
        "<th>guard</th><th>why</th></tr>\n{}</table>\n",
        markup(name), rows);
    if (count > rows_max) html_ += fmt::format("<p>and {} more</p>\n", count - rows_max);
  }

  const Trial& trial_;
  const std::vector<GroupSpec>& specs_;
  std::string html_;
};

}  // namespace

std::string report(const Trial& trial, const std::vector<GroupSpec>& specs,
                   const ReportOptions& options) {
  return Page(trial, specs).write(options);
}

}  // namespace settle
