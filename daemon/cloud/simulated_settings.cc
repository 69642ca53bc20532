#include "daemon/cloud/simulated_settings.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <utility>

#include <fmt/core.h>

namespace settle {
namespace {

constexpr std::pair<std::string_view, std::int64_t> duration_units[] = {
    {"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};

template <typename Number>
std::optional<Number> whole(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// "90s", "1h30m", "0".
std::optional<Duration> duration(std::string_view text) {
  constexpr std::int64_t longest = 366LL * 86'400'000;
  if (text == "0") return Duration::zero();
  std::int64_t total = 0;
  while (!text.empty()) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto count = whole<std::int64_t>(text.substr(0, digits));
    text.remove_prefix(digits);
    const std::size_t letters = std::min(text.find_first_of("0123456789"), text.size());
    const auto unit =
        std::find_if(std::begin(duration_units), std::end(duration_units),
                     [&](const auto& u) { return u.first == text.substr(0, letters); });
    if (!count || unit == std::end(duration_units) || *count > longest / unit->second) return {};
    total += *count * unit->second;
    if (total > longest) return std::nullopt;
    text.remove_prefix(letters);
  }
  return total > 0 ? std::optional(Duration(total)) : std::nullopt;
}

/// Millionths of "0.02" or "2%", exactly, from the digits.
std::optional<Odds> odds(std::string_view text) {
  std::int64_t one = 1'000'000;
  if (text.ends_with('%')) {
    text.remove_suffix(1);
    one = 10'000;
  }
  const std::size_t point = std::min(text.find('.'), text.size());
  const auto before = whole<std::int64_t>(text.substr(0, point));
  if (!before || *before < 0 || *before > 100) return std::nullopt;
  std::int64_t millionths = *before * one;
  for (std::size_t at = point + 1; at < text.size(); ++at) {
    if (text[at] < '0' || text[at] > '9') return std::nullopt;
    one /= 10;
    millionths += one * (text[at] - '0');
  }
  if (millionths > 1'000'000) return std::nullopt;
  return Odds{static_cast<std::uint32_t>(millionths)};
}

std::optional<std::vector<std::string>> names(std::string_view text) {
  std::vector<std::string> found;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view name = text.substr(0, comma);
    text.remove_prefix(std::min(comma + 1, text.size()));
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (name.empty()) return std::nullopt;
    found.emplace_back(name);
  }
  return found;
}

struct Setting {
  SettingNote note;
  std::function<bool(SimulatedSettings&, std::string_view)> set;
};

template <typename T>
auto reader(T SimulatedSettings::*member, std::optional<T> (*read)(std::string_view)) {
  return [member, read](SimulatedSettings& settings, std::string_view text) {
    const std::optional<T> value = read(text);
    if (value) settings.*member = *value;
    return value.has_value();
  };
}
Setting lasting(std::string_view key, Duration SimulatedSettings::*member, std::string_view about) {
  return {{key, "duration", about}, reader(member, &duration)};
}
Setting chancy(std::string_view key, Odds SimulatedSettings::*member, std::string_view about) {
  return {{key, "chance", about}, reader(member, &odds)};
}
Setting counted(std::string_view key, std::uint32_t SimulatedSettings::*member,
                std::string_view about) {
  return {{key, "count", about}, reader(member, &whole<std::uint32_t>)};
}
Setting listed(std::string_view key, std::vector<std::string> SimulatedSettings::*member,
               std::string_view about) {
  return {{key, "list of names", about}, reader(member, &names)};
}

std::optional<bool> truth(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

std::optional<std::string> path(std::string_view text) {
  if (text.empty()) return std::nullopt;
  return std::string(text);
}

const std::vector<Setting>& table() {
  using S = SimulatedSettings;
  static const std::vector<Setting> settings{
      chancy("balancer_errors", &S::balancer_errors, "the load balancer does not answer"),
      lasting("boot_jitter", &S::boot_jitter, "and at most this beyond boot_time"),
      lasting("boot_time", &S::boot_time, "from a launch until it is ready, at least"),
      lasting("call_jitter", &S::call_jitter, "and at most this beyond call_time"),
      lasting("call_time", &S::call_time, "what a call takes, at least"),
      chancy("error_at_birth", &S::error_at_birth, "a launch ends in ERROR"),
      chancy("error_rate", &S::error_rate, "a call is answered 429 or 5xx and changes nothing"),
      lasting("failure_every", &S::failure_every, "how long, about, until an instance fails"),
      listed("full_zones", &S::full_zones, "zones that have no room for a launch"),
      lasting("list_lag", &S::list_lag, "a change shows in listings at most this much later"),
      chancy("lost_reply", &S::lost_reply, "a call has its effect and the answer is lost"),
      chancy("lost_request", &S::lost_request, "a call is lost before it has an effect"),
      chancy("omitted", &S::omitted, "listings that say they are complete lack an instance"),
      lasting("omitted_for", &S::omitted_for, "for about how long they do"),
      chancy("page_loss", &S::page_loss, "a page of a listing is lost"),
      counted("page_size", &S::page_size, "instances to a page"),
      listed("pools", &S::pools, "the load balancer's pools; none given means no balancer"),
      counted("quota", &S::quota, "instances in the whole cloud; 0 is any number"),
      lasting("reply_timeout", &S::reply_timeout, "until a lost answer is given up"),
      {{"seed", "count", "where chance begins"}, reader(&S::seed, &whole<std::uint64_t>)},
      {{"shared", "true or false", "several daemons are in one cloud, through one state_file"},
       reader(&S::shared, &truth)},
      {{"state_file", "path", "where the cloud lives on when the daemon dies"},
       reader(&S::state_file, &path)},
      {{"tokens", "true or false", "two launches under one token are one instance"},
       reader(&S::tokens, &truth)},
      lasting("vanish_every", &S::vanish_every, "how long, about, until somebody else deletes it"),
      listed("zones", &S::zones, "the zones there are; none given means any"),
  };
  return settings;
}

}  // namespace

const std::vector<SettingNote>& simulated_setting_notes() {
  static const std::vector<SettingNote> notes = [] {
    std::vector<SettingNote> made;
    for (const Setting& setting : table()) made.push_back(setting.note);
    return made;
  }();
  return notes;
}

Result<SimulatedSettings> read_simulated_settings(
    const std::map<std::string, std::string>& settings) {
  SimulatedSettings read;
  std::string errors;
  const auto complain = [&errors](const std::string& line) {
    if (!errors.empty()) errors += '\n';
    errors += line;
  };
  for (const auto& [key, text] : settings) {
    const auto found =
        std::find_if(table().begin(), table().end(),
                     [&wanted = key](const Setting& s) { return s.note.key == wanted; });
    if (found == table().end()) {
      complain(fmt::format("a simulated cloud has no setting \"{}\"", key));
    } else if (!found->set(read, text)) {
      complain(fmt::format("{}: \"{}\" is no {}", key, text, found->note.kind));
    }
  }
  if (read.page_size == 0) complain("page_size: a page holds at least one instance");
  if (read.omitted_for == Duration::zero()) complain("omitted_for: a while is longer than nothing");
  if (!errors.empty()) return Error{ErrorCode::invalid, std::move(errors)};
  return read;
}

}  // namespace settle
