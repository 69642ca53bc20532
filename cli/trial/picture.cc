#include "cli/trial/picture.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "cli/trial/axis.h"
#include "cli/trial/figures.h"
#include "reconcilers/explain/explain.h"
#include "reconcilers/fold.h"

namespace settle {
namespace {

constexpr double margin_left = 56;
constexpr double margin_right = 16;
constexpr double heading_height = 34;
constexpr double legend_height = 22;
constexpr double instances_height = 240;
constexpr double signal_height = 110;
constexpr double axis_height = 26;
constexpr double gap = 16;
// A line of more steps than this is drawn thin, or it would hide what is behind it.
constexpr std::size_t steps_bold_max = 400;
// With more changes than this, their marks would hide what they mark.
constexpr std::size_t changes_marked_max = 250;

constexpr const char* style = R"(<style>
svg{font-family:system-ui,"DejaVu Sans",sans-serif;font-size:12px}
.paper{fill:#fff}.ink{fill:#1b1f24}.faint{fill:#57606a}.grid{stroke:#d8dee4;stroke-width:1}
.frame{fill:none;stroke:#afb8c1}.limits{fill:#eaeef2}.existing{fill:#b6d7f5}.ready{fill:#6cb0ec}
.desired{fill:none;stroke:#0b3d78;stroke-width:1.6}.need{fill:none;stroke:#b3261e;stroke-width:1.2;stroke-dasharray:4 3}
.dense{stroke-width:.7;stroke-dasharray:none;opacity:.6}
.signal{fill:none;stroke:#5b3a9e;stroke-width:1.1}.target{stroke:#8a6d00;stroke-dasharray:6 4;fill:none}
.up{fill:#1a7f37}.down{fill:#9a6700}.held{fill:#6e40c9}
.title{font-size:16px;font-weight:600}.group{font-size:14px;font-weight:600}
@media (prefers-color-scheme:dark){.paper{fill:#0d1117}.ink{fill:#e6edf3}.faint{fill:#9aa4ae}
.grid{stroke:#21262d}.frame{stroke:#484f58}.limits{fill:#161b22}.existing{fill:#1d3a57}.ready{fill:#2f6ea8}
.desired{stroke:#a5d3ff}.need{stroke:#ff8a80}.signal{stroke:#c4a7ff}.target{stroke:#e3b341}
.up{fill:#3fb950}.down{fill:#d29922}.held{fill:#a371f7}}
</style>
)";

class Drawing {
 public:
  Drawing(const Trial& trial, const std::vector<GroupSpec>& specs, const PictureOptions& options)
      : trial_(trial), specs_(specs), options_(options) {
    time_ = {trial.summary.start, trial.summary.end, margin_left,
             static_cast<double>(options.width) - margin_right};
  }

  std::string draw() {
    if (!options_.title.empty()) {
      y_ += 26;
      text(margin_left, y_ - 6, "ink title", "start", options_.title);
    }
    for (const auto& [name, course] : trial_.courses) draw_group(name, course);
    return fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1:.0f}\" width=\"{0}\" "
        "height=\"{1:.0f}\" role=\"img\">\n{2}<rect class=\"paper\" width=\"{0}\" "
        "height=\"{1:.0f}\"/>\n{3}</svg>\n",
        options_.width, y_ + 6, style, body_);
  }

 private:
  template <typename... Values>
  void add(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(body_), format, std::forward<Values>(values)...);
  }

  void text(double x, double y, const char* classes, const char* anchor, std::string_view words) {
    add("<text class=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", classes, x,
        y, anchor, markup(words));
  }

  [[nodiscard]] const GroupSpec* spec_of(const std::string& name) const {
    const auto found = std::find_if(specs_.begin(), specs_.end(),
                                    [&](const GroupSpec& spec) { return spec.id.value == name; });
    return found == specs_.end() ? nullptr : &*found;
  }

  void draw_group(const std::string& name, const GroupCourse& course) {
    const GroupSpec* spec = spec_of(name);
    const Zone zone = spec == nullptr ? Zone() : spec->zone;
    const Figures figures = figures_of(trial_, name);
    y_ += heading_height;
    text(margin_left, y_ - 12, "ink group", "start", name);
    text(time_.right, y_ - 12, "faint", "end",
         fmt::format("{:.1f} instance-hours · short of need {} · {} changes, {} back again · {} "
                     "steps withheld",
                     static_cast<double>(figures.instance_time.count()) / 3'600'000.0,
                     duration_text(figures.short_time), figures.changes, figures.reversals,
                     figures.withheld_all()));
    draw_legend(course);
    draw_instances(course, zone);
    for (const auto& [signal, points] : course.signals) draw_signal(signal, points, spec, zone);
    draw_times(zone);
    y_ += gap;
  }

  [[nodiscard]] bool shows_changes(const GroupCourse& course) const {
    const auto changes =
        std::count_if(course.records.begin(), course.records.end(), [&](std::size_t number) {
          return trial_.records[number].desired_from != trial_.records[number].desired_to;
        });
    return static_cast<std::size_t>(changes) <= changes_marked_max;
  }

  /// Only what the chart below it shows.
  void draw_legend(const GroupCourse& course) {
    double x = margin_left;
    const auto entry = [&](const char* shape, const char* words, double width) {
      add("{}", fmt::format(fmt::runtime(shape), x, y_ + 4, x + 18, y_ + 10));
      text(x + 24, y_ + 14, "faint", "start", words);
      x += width;
    };
    text(x, y_ + 14, "faint", "start", "instances:");
    x += 74;
    entry("<rect class=\"limits\" x=\"{0:.1f}\" y=\"{1:.1f}\" width=\"18\" height=\"12\"/>\n",
          "within limits", 112);
    entry("<rect class=\"existing\" x=\"{0:.1f}\" y=\"{1:.1f}\" width=\"18\" height=\"12\"/>\n",
          "exist", 72);
    entry("<rect class=\"ready\" x=\"{0:.1f}\" y=\"{1:.1f}\" width=\"18\" height=\"12\"/>\n",
          "serve", 74);
    entry("<path class=\"desired\" d=\"M{0:.1f} {3:.1f}H{2:.1f}\"/>\n", "desired", 84);
    entry("<path class=\"need\" d=\"M{0:.1f} {3:.1f}H{2:.1f}\"/>\n", "needed", 84);
    if (shows_changes(course)) {
      entry("<path class=\"up\" d=\"M{0:.1f} {3:.1f}l5 -7l5 7z\"/>\n", "out", 52);
      entry("<path class=\"down\" d=\"M{0:.1f} {1:.1f}l5 7l5 -7z\"/>\n", "in", 46);
    }
    const bool is_held =
        std::any_of(course.records.begin(), course.records.end(),
                    [&](std::size_t number) { return !trial_.records[number].withheld.empty(); });
    if (is_held) {
      entry("<path class=\"held\" d=\"M{0:.1f} {1:.1f}h3v8h-3zm6 0h3v8h-3z\"/>\n", "step withheld",
            112);
    }
    y_ += legend_height;
  }

  void frame(double top, double bottom, const NumberAxis& axis, int wanted, const Zone& zone) {
    for (const double tick : number_ticks(axis, wanted)) {
      const double y = axis.y(tick);
      add("<path class=\"grid\" d=\"M{:.1f} {:.1f}H{:.1f}\"/>\n", time_.left, y, time_.right);
      text(time_.left - 6, y + 4, "faint", "end", short_number(tick));
    }
    for (const auto& [at, words] : time_ticks(time_, zone, 12)) {
      add("<path class=\"grid\" d=\"M{:.1f} {:.1f}V{:.1f}\"/>\n", time_.x(at), top, bottom);
    }
  }

  /// The outline of a staircase: "x y" to "x y", both ends of every level.
  [[nodiscard]] std::string outline(const Staircase& stairs, const NumberAxis& axis) const {
    std::string path;
    double last_x = -1;
    double last_y = -1;
    for (const Level& level : stairs.levels()) {
      const double x = time_.x(std::clamp(level.at, time_.from, time_.until));
      const double y = axis.y(level.number);
      if (path.empty()) {
        fmt::format_to(std::back_inserter(path), "M{:.1f} {:.1f}", x, y);
      } else if (x - last_x >= 0.2 || std::abs(y - last_y) >= 0.5) {
        fmt::format_to(std::back_inserter(path), "H{:.1f}V{:.1f}", x, y);
      } else {
        continue;
      }
      last_x = x;
      last_y = y;
    }
    if (!path.empty()) fmt::format_to(std::back_inserter(path), "H{:.1f}", time_.right);
    return path;
  }

  void fill(const char* classes, const Staircase& stairs, const NumberAxis& axis) {
    if (stairs.levels().empty()) return;
    const double x = time_.x(std::clamp(stairs.levels().front().at, time_.from, time_.until));
    add("<path class=\"{}\" d=\"{}V{:.1f}H{:.1f}z\"/>\n", classes, outline(stairs, axis),
        axis.bottom, x);
  }

  /// Between the group's min and its max, level by level.
  void fill_limits(const GroupCourse& course, const NumberAxis& axis) {
    std::vector<Time> moments;
    for (const Staircase* stairs : {&course.min, &course.max}) {
      for (const Level& level : stairs->levels()) moments.push_back(level.at);
    }
    std::sort(moments.begin(), moments.end());
    moments.erase(std::unique(moments.begin(), moments.end()), moments.end());
    for (std::size_t i = 0; i < moments.size(); ++i) {
      const Time until = i + 1 < moments.size() ? moments[i + 1] : time_.until;
      const double left = time_.x(std::clamp(moments[i], time_.from, time_.until));
      const double right = time_.x(std::clamp(until, time_.from, time_.until));
      const double top = axis.y(course.max.at(moments[i]).value_or(0));
      const double bottom = axis.y(course.min.at(moments[i]).value_or(0));
      if (right <= left || bottom <= top) continue;
      add("<rect class=\"limits\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
          "height=\"{:.1f}\"/>\n",
          left, top, right - left, bottom - top);
    }
  }

  void draw_instances(const GroupCourse& course, const Zone& zone) {
    NumberAxis axis{0, 1, y_, y_ + instances_height};
    for (const Staircase* stairs : {&course.desired, &course.need, &course.existing}) {
      for (const Level& level : stairs->levels()) {
        axis.high = std::max(axis.high, static_cast<double>(level.number));
      }
    }
    axis.high *= 1.12;  // Room for the marks.
    fill_limits(course, axis);
    frame(axis.top, axis.bottom, axis, 6, zone);
    fill("existing", course.existing, axis);
    fill("ready", course.ready, axis);
    const bool is_dense = course.need.levels().size() > steps_bold_max;
    add("<path class=\"need{}\" d=\"{}\"/>\n", is_dense ? " dense" : "",
        outline(course.need, axis));
    add("<path class=\"desired{}\" d=\"{}\"/>\n", is_dense ? " dense" : "",
        outline(course.desired, axis));
    draw_marks(course, axis);
    add("<rect class=\"frame\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>\n",
        time_.left, axis.top, time_.right - time_.left, instances_height);
    y_ += instances_height + gap;
  }

  void draw_marks(const GroupCourse& course, const NumberAxis& axis) {
    const bool is_marked = shows_changes(course);
    double last_held = -1e9;
    for (const std::size_t number : course.records) {
      const DecisionRecord& record = trial_.records[number];
      if (!record.desired_to) continue;
      const double x = time_.x(record.at);
      const double y = axis.y(*record.desired_to);
      const Capacity from = record.desired_from.value_or(*record.desired_to);
      if (from != *record.desired_to) {
        if (!is_marked) continue;
        const bool is_out = *record.desired_to > from;
        add("<path class=\"{}\" d=\"M{:.1f} {:.1f}l-4 {}l8 0z\"><title>{}</title></path>\n",
            is_out ? "up" : "down", x, is_out ? y - 12 : y - 5, is_out ? 7 : -7,
            markup(headline(record)));
      } else if (!record.withheld.empty() && x - last_held >= 8 && x >= time_.left + 4) {
        add("<path class=\"held\" d=\"M{:.1f} {:.1f}h2v7h-2zm4 0h2v7h-2z\"><title>{}</title>"
            "</path>\n",
            x - 3, axis.bottom - 10, markup(because(record.withheld.front())));
        last_held = x;
      }
    }
  }

  void draw_signal(const std::string& name, const std::vector<SignalPoint>& points,
                   const GroupSpec* spec, const Zone& zone) {
    NumberAxis axis{0, 0, y_ + 16, y_ + 16 + signal_height};
    const std::optional<double> target = target_of(spec, name, false);
    const std::optional<double> share = target_of(spec, name, true);
    if (target) axis.high = *target;
    for (const SignalPoint& point : points) {
      if (!point.value) continue;
      axis.high = std::max(axis.high, *point.value);
      axis.low = std::min(axis.low, *point.value);
    }
    if (axis.high <= axis.low) axis.high = axis.low + 1;
    axis.high += (axis.high - axis.low) * 0.06;
    text(time_.left, y_ + 11, "faint", "start",
         target  ? fmt::format("{}, mean of an instance (target {})", name, short_number(*target))
         : share ? fmt::format("{}, total (target {} an instance)", name, short_number(*share))
                 : name);
    frame(axis.top, axis.bottom, axis, 3, zone);
    if (target) {
      add("<path class=\"target\" d=\"M{:.1f} {:.1f}H{:.1f}\"/>\n", time_.left, axis.y(*target),
          time_.right);
    }
    const bool is_dense = points.size() > steps_bold_max;
    add("<path class=\"signal{}\" d=\"{}\"/>\n", is_dense ? " dense" : "", curve(points, axis));
    add("<rect class=\"frame\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>\n",
        time_.left, axis.top, time_.right - time_.left, signal_height);
    y_ = axis.bottom + gap;
  }

  static std::optional<double> target_of(const GroupSpec* spec, const std::string& signal,
                                         bool is_total) {
    if (spec == nullptr) return std::nullopt;
    for (const Policy& policy : spec->policies) {
      const auto* kind = std::get_if<TargetPolicy>(&policy.kind);
      if (kind == nullptr) continue;
      for (const NamedMetric& named : kind->metrics) {
        const bool is_its = named.metric.is_total == is_total && signal_name(named) == signal;
        if (is_its) return named.target.approximate();
      }
      if (!kind->metrics.empty() || kind->metric.is_total != is_total) continue;
      if (signal_name(policy, kind->metric) == signal) return kind->target.approximate();
    }
    return std::nullopt;
  }

  /// A line from point to point; what falls into one column of pixels is its lowest and highest.
  [[nodiscard]] std::string curve(const std::vector<SignalPoint>& points,
                                  const NumberAxis& axis) const {
    std::string path;
    bool is_drawing = false;
    for (std::size_t i = 0; i < points.size();) {
      if (!points[i].value || points[i].at < time_.from || points[i].at > time_.until) {
        is_drawing = is_drawing && points[i].value;
        ++i;
        continue;
      }
      const double x = time_.x(points[i].at);
      double low = *points[i].value;
      double high = low;
      double last = low;
      for (; i < points.size() && points[i].value && time_.x(points[i].at) < x + 1.0; ++i) {
        last = *points[i].value;
        low = std::min(low, last);
        high = std::max(high, last);
      }
      const auto point = [&](char command, double value) {
        fmt::format_to(std::back_inserter(path), "{}{:.1f} {:.1f}", command, x, axis.y(value));
      };
      point(std::exchange(is_drawing, true) ? 'L' : 'M', low);
      if (high > low) point('L', high);
      if (last != high) point('L', last);
    }
    return path;
  }

  void draw_times(const Zone& zone) {
    const double y = y_ - gap + 14;
    for (const auto& [at, words] : time_ticks(time_, zone, 12)) {
      // Neither beyond the edge of the picture nor into the numbers of the axis above.
      const bool is_first = time_.x(at) < time_.left + 20;
      const bool is_last = time_.x(at) > time_.right - 20;
      text(time_.x(at), y, "faint", is_last ? "end" : is_first ? "start" : "middle", words);
    }
    text(time_.right, y + 14, "faint", "end", zone.name());
    y_ += axis_height;
  }

  const Trial& trial_;
  const std::vector<GroupSpec>& specs_;
  const PictureOptions& options_;
  TimeAxis time_;
  double y_ = 0;
  std::string body_;
};

}  // namespace

std::string markup(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20U && c != '\n' ? '?' : c;
    }
  }
  return out;
}

std::string picture(const Trial& trial, const std::vector<GroupSpec>& specs,
                    const PictureOptions& options) {
  return Drawing(trial, specs, options).draw();
}

}  // namespace settle
