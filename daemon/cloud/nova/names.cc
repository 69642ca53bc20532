#include "daemon/cloud/nova/names.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "daemon/base/encoding.h"
#include "daemon/cloud/nova/json.h"

namespace settle::nova {
namespace {

constexpr Duration known_for{60'000};

const char* list_of(Thing thing) {
  switch (thing) {
    case Thing::image:
      return "images";
    case Thing::flavor:
      return "flavors";
    case Thing::network:
      return "networks";
    case Thing::server_group:
      break;
  }
  return "server_groups";
}

}  // namespace

bool is_id(const std::string& text) {
  if (text.size() != 36) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool is_dash = at == 8 || at == 13 || at == 18 || at == 23;
    const char letter = text[at];
    const bool is_digit = (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f') ||
                          (letter >= 'A' && letter <= 'F');
    if (is_dash ? letter != '-' : !is_digit) return false;
  }
  return true;
}

Ask look_for(const Named& name) {
  const std::string wanted = percent_encoded(name.second);
  switch (name.first) {
    case Thing::image:
      return {"FindImage", "GET", Service::image, "/v2/images?status=active&name=" + wanted, {}};
    case Thing::network:
      return {"FindNetwork", "GET", Service::network, "/v2.0/networks?name=" + wanted, {}};
    case Thing::flavor:  // No filter by name: an installation has tens of them.
      return {"ListFlavors", "GET", Service::compute, "/flavors", {}};
    case Thing::server_group:
      break;
  }
  return {"ListServerGroups", "GET", Service::compute, "/os-server-groups", {}};
}

Result<std::vector<std::string>> read_ids(const Named& name, std::string_view json) {
  const std::optional<boost::json::value> value = parse(json);
  const boost::json::array* list = array_in(value, list_of(name.first));
  if (list == nullptr) return Error{ErrorCode::unavailable, "the answer lists nothing"};
  std::vector<std::string> by_name;
  for (const boost::json::value& item : *list) {
    if (!item.is_object()) continue;
    std::string id = text_in(item.get_object(), "id");
    // A flavor's id is a word that people write: it comes before any name.
    if (id == name.second) return std::vector<std::string>{std::move(id)};
    if (text_in(item.get_object(), "name") == name.second) by_name.push_back(std::move(id));
  }
  return by_name;
}

void Names::find(std::vector<Named> names, const Manner& manner, Done done) {
  auto search = std::make_shared<Search>();
  search->names = std::move(names);
  search->manner = manner;
  search->manner.is_repeat = false;
  search->done = std::move(done);
  go_on(search);
}

void Names::go_on(const std::shared_ptr<Search>& search) {
  while (!search->names.empty()) {
    const Named& next = search->names.back();
    const bool may_be_id = next.first != Thing::flavor && is_id(next.second);
    const std::string id = may_be_id ? next.second : recall(next);
    if (id.empty()) break;
    search->found.ids[next] = id;
    search->names.pop_back();
  }
  if (search->names.empty()) return search->done(search->found);
  api_->ask(
      look_for(search->names.back()), search->manner,
      [self = shared_from_this(), search](const Reply& reply) { self->answered(search, reply); });
}

void Names::answered(const std::shared_ptr<Search>& search, const Reply& reply) {
  const Named name = search->names.back();
  const auto fail = [&search](Judgement judgement) {
    search->found.judgement = judgement;
    search->done(search->found);
  };
  if (!reply.answer.is(200)) return fail(judge_look(reply));
  const Result<std::vector<std::string>> ids = read_ids(name, reply.answer.body);
  if (!ids) return fail({Acted::Result::not_now, Reason::cloud_unreachable});
  if (ids->size() != 1) return fail({Acted::Result::refused, Reason::launch_config_invalid});
  {
    const std::lock_guard lock(mutex_);
    known_[name] = {ids->front(), api_->now()};
  }
  search->found.ids[name] = ids->front();
  search->names.pop_back();
  go_on(search);
}

std::string Names::recall(const Named& name) {
  const std::lock_guard lock(mutex_);
  const auto known = known_.find(name);
  if (known == known_.end()) return {};
  const Duration age = api_->now() - known->second.at;
  if (age >= Duration::zero() && age < known_for) return known->second.id;
  known_.erase(known);
  return {};
}

}  // namespace settle::nova
