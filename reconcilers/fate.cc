// The closed table from the clouds' words for states to fates: OpenStack Nova's server states, and
// the instance states of the EC2 API. The commonest come first.
#include <algorithm>
#include <array>

#include "reconcilers/census.h"
#include "reconcilers/retiring.h"

namespace settle {
namespace {

struct Row {
  std::string_view state;  // In lower case.
  Fate fate;
};

constexpr std::array rows{
    Row{"active", Fate::keep},
    Row{"running", Fate::keep},
    Row{"build", Fate::wait},
    Row{"pending", Fate::wait},
    Row{"error", Fate::replace},
    Row{"deleted", Fate::gone},
    Row{"terminated", Fate::gone},
    Row{"soft_deleted", Fate::gone},
    Row{state_retiring, Fate::keep},
    Row{"shutoff", Fate::replace},
    Row{"stopping", Fate::replace},
    Row{"stopped", Fate::replace},
    Row{"rebuild", Fate::wait},
    Row{"resize", Fate::wait},
    Row{"revert_resize", Fate::wait},
    Row{"migrating", Fate::wait},
    Row{"reboot", Fate::wait},
    Row{"hard_reboot", Fate::wait},
    Row{"password", Fate::wait},
    Row{"verify_resize", Fate::avoid_replacing},
    Row{"suspended", Fate::avoid_replacing},
    Row{"paused", Fate::avoid_replacing},
    Row{"rescue", Fate::avoid_replacing},
    Row{"shelved", Fate::avoid_replacing},
    Row{"shelved_offloaded", Fate::avoid_replacing},
    Row{"shutting-down", Fate::ignore},  // Leaves by itself, and exists until the cloud says not.
    Row{"deleting", Fate::ignore},
    Row{"unknown", Fate::ignore},
};

constexpr char lowered(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool is_same_word(std::string_view lower_case, std::string_view any_case) {
  return std::equal(lower_case.begin(), lower_case.end(), any_case.begin(), any_case.end(),
                    [](char a, char b) { return a == lowered(b); });
}

}  // namespace

Fate fate(std::string_view cloud_state) {
  for (const Row& row : rows) {
    if (row.state.size() == cloud_state.size() && is_same_word(row.state, cloud_state)) {
      return row.fate;
    }
  }
  return Fate::ignore;
}

bool is_birth(std::string_view cloud_state) {
  return is_same_word("build", cloud_state) || is_same_word("pending", cloud_state);
}

}  // namespace settle
