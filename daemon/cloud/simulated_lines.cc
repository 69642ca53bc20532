// The simulated cloud as lines of a file, so that a test can kill the daemon and the cloud lives.
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <utility>

#include <fmt/core.h>

#include "daemon/cloud/simulated_cloud.h"

namespace settle {
namespace {
using namespace std::chrono_literals;

// Whoever asks again for what has gone long ago gets another one.
constexpr Duration kept_after_death = 24h;
constexpr std::size_t columns = 13;
constexpr std::string_view never = "-";
constexpr std::string_view letters_of_membership = "-a0pm";  // In the order of Membership.

bool is_plain(std::string_view text) {
  return text.find_first_of("\t\n\r") == std::string_view::npos;
}

std::string time_column(const std::optional<Time>& at) {
  return at ? fmt::format("{}", at->time_since_epoch().count()) : std::string(never);
}

std::optional<std::int64_t> whole(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool read_time(std::string_view text, std::optional<Time>& into) {
  if (text == never) return true;
  const auto number = whole(text);
  if (number) into = Time(Duration(*number));
  return number.has_value();
}

std::optional<std::array<std::string_view, columns>> split(std::string_view line) {
  std::array<std::string_view, columns> cells;
  for (std::size_t n = 0; n < columns; ++n) {
    const std::size_t tab = line.find('\t');
    if ((tab == std::string_view::npos) != (n + 1 == columns)) return std::nullopt;
    cells[n] = line.substr(0, tab);
    if (tab != std::string_view::npos) line.remove_prefix(tab + 1);
  }
  return cells;
}

}  // namespace

void SimulatedCloud::note_change(const InstanceId& instance) {
  if (!settings_.state_file.empty()) changed_.push_back(instance);
}

std::string SimulatedCloud::line_of(const GroupId& group, const Machine& machine) {
  const Instance& instance = machine.instance;
  for (const std::string* text : {&group.value, &instance.id.value, &instance.token, &instance.zone,
                                  &instance.launch_hash, &instance.state}) {
    if (!is_plain(*text)) return {};
  }
  const auto membership = static_cast<std::size_t>(instance.membership);
  return fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}{}{}\t{}\t{}\t{}\t{}\t{}\t{}", group.value,
                     instance.id.value, instance.token, instance.zone, instance.launch_hash,
                     instance.state, instance.is_protected ? 'p' : '-',
                     instance.is_draining ? 'd' : '-', letters_of_membership[membership],
                     time_column(instance.created), time_column(machine.ready_at),
                     time_column(machine.fails_at), time_column(machine.deleted_at),
                     time_column(machine.listed_from), machine.leaves_listing_after.count());
}

std::vector<std::string> SimulatedCloud::take_changes() {
  std::vector<std::string> lines;
  for (const InstanceId& id : std::exchange(changed_, {})) {
    const auto owner = owners_.find(id.value);
    if (owner == owners_.end()) continue;
    lines.push_back(line_of(owner->second, fleets_[owner->second].machines.at(id)));
  }
  return lines;
}

std::vector<std::string> SimulatedCloud::all_lines(Time now) const {
  std::vector<std::string> lines;
  for (const auto& [group, fleet] : fleets_) {
    for (const auto& [id, machine] : fleet.machines) {
      if (machine.exists_at(now - kept_after_death)) lines.push_back(line_of(group, machine));
    }
  }
  return lines;
}

bool SimulatedCloud::recall(std::string_view line) {
  const auto cells = split(line);
  if (!cells) return false;
  Machine machine;
  Instance& instance = machine.instance;
  const GroupId group{std::string((*cells)[0])};
  std::optional<Time> created;
  std::optional<Time> ready_at;
  std::optional<Time> listed_from;
  const auto lag = whole((*cells)[12]);
  // Files from before there were pools have two letters.
  const std::size_t membership =
      (*cells)[6].size() == 3 ? letters_of_membership.find((*cells)[6][2]) : std::string_view::npos;
  const bool is_read =
      read_time((*cells)[7], created) && read_time((*cells)[8], ready_at) &&
      read_time((*cells)[9], machine.fails_at) && read_time((*cells)[10], machine.deleted_at) &&
      read_time((*cells)[11], listed_from) && lag && created && ready_at && listed_from &&
      ((*cells)[6].size() == 2 || membership != std::string_view::npos) && !(*cells)[1].empty();
  if (!is_read) return false;
  instance.id.value = (*cells)[1];
  instance.token = (*cells)[2];
  instance.zone = (*cells)[3];
  instance.launch_hash = (*cells)[4];
  instance.state = (*cells)[5];
  instance.is_protected = (*cells)[6][0] == 'p';
  instance.is_draining = (*cells)[6][1] == 'd';
  if (membership != std::string_view::npos) {
    instance.membership = static_cast<Membership>(membership);
  }
  instance.created = *created;
  machine.ready_at = *ready_at;
  machine.listed_from = *listed_from;
  machine.leaves_listing_after = Duration(*lag);
  std::uint64_t number = 0;
  const char* const end = instance.id.value.data() + instance.id.value.size();
  if (instance.id.value.starts_with("i-") &&
      std::from_chars(instance.id.value.data() + 2, end, number, 16).ptr == end) {
    born_ = std::max(born_, number);
  }
  if (settings_.tokens && !instance.token.empty()) {
    tokens_[instance.token] = {instance.id, group};
    token_ages_.emplace_back(instance.created, instance.token);
  }
  owners_[instance.id.value] = group;
  const InstanceId id = instance.id;
  fleets_[group].machines.insert_or_assign(id, std::move(machine));
  return true;
}

}  // namespace settle
