#include "daemon/cloud/nova/answers.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <utility>

#include "daemon/cloud/nova/json.h"
#include "daemon/cloud/nova/marks.h"
#include "daemon/codec/json.h"

namespace settle::nova {
namespace {

/// Nova keeps the status of a server that leaves: what it is about to do says more.
std::string state_of(const boost::json::object& server) {
  const std::string task = text_in(server, "OS-EXT-STS:task_state");
  if (task == "deleting" || task == "soft-deleting") return "DELETING";
  return text_in(server, "status");
}

/// Of bounded length, in one line and without its full stop; no character is cut in two.
std::string within_a_sentence(std::string text) {
  std::size_t end = std::min(text.size(), fault_max);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
    --end;
  }
  text.resize(end);
  for (char& letter : text) {
    if (static_cast<unsigned char>(letter) < 0x20U || letter == 0x7F) letter = ' ';
  }
  while (!text.empty() && (text.back() == '.' || text.back() == ' ')) text.pop_back();
  return text;
}

std::optional<Server> server_of(const boost::json::object& from) {
  Server server;
  Instance& instance = server.instance;
  instance.id.value = text_in(from, "id");
  instance.state = state_of(from);
  if (instance.id.value.empty() || instance.state.empty()) return std::nullopt;
  instance.created = parse_time(text_in(from, "created")).value_or(Time{});
  instance.zone = text_in(from, "OS-EXT-AZ:availability_zone");
  std::vector<std::string> tags;
  if (const auto* borne = array_in(from, "tags")) {
    for (const boost::json::value& tag : *borne) {
      if (tag.is_string()) tags.emplace_back(tag.get_string().data(), tag.get_string().size());
    }
  }
  std::map<std::string, std::string> metadata;
  if (const auto* borne = object_in(from, "metadata")) {
    for (const auto& [key, value] : *borne) {
      if (value.is_string()) metadata[std::string(key)] = std::string(value.get_string());
    }
  }
  Marks marks = read_marks(tags, metadata);
  server.cluster = std::move(marks.cluster);
  server.group = std::move(marks.group);
  instance.token = std::move(marks.token);
  instance.launch_hash = std::move(marks.launch_hash);
  instance.is_draining = marks.is_draining;
  instance.is_protected = marks.is_protected;
  if (const auto* fault = object_in(from, "fault")) {
    server.fault = within_a_sentence(text_in(*fault, "message"));
  }
  return server;
}

bool links_on(const boost::json::object& listing) {
  const auto* links = array_in(listing, "servers_links");
  if (links == nullptr) return false;
  for (const boost::json::value& link : *links) {
    if (link.is_object() && text_in(link.get_object(), "rel") == "next") return true;
  }
  return false;
}

constexpr Judgement refused(Reason why) {
  return {Acted::Result::refused, why};
}
constexpr Judgement later(Reason why) {
  return {Acted::Result::not_now, why};
}
constexpr Judgement unknown() {
  return {Acted::Result::unknown, Reason::cloud_unreachable};
}

bool speaks_of_quota(const http::Answer& answer) {
  const std::string message = fault_message(answer.body);
  return message.find("uota") != std::string::npos ||
         message.find("limit exceeded") != std::string::npos;
}

Judgement judge_launch(const http::Answer& answer) {
  const bool is_about_room = answer.status == 403 || answer.status == 413;
  if (is_about_room && speaks_of_quota(answer)) return refused(Reason::cloud_quota);
  // A role that may not do this is given it or is another's: the launch itself is not at fault.
  if (answer.status == 403) return later(Reason::cloud_refused);
  return refused(Reason::launch_config_invalid);
}

}  // namespace

Result<Page> read_page(std::string_view json) {
  const std::optional<boost::json::value> value = parse(json);
  const boost::json::array* servers = array_in(value, "servers");
  if (servers == nullptr) return Error{ErrorCode::invalid, "the answer lists no servers"};
  Page page;
  page.servers.reserve(servers->size());
  for (const boost::json::value& item : *servers) {
    std::optional<Server> server;
    if (item.is_object()) server = server_of(item.get_object());
    if (!server) return Error{ErrorCode::invalid, "the answer has a server without id or status"};
    page.servers.push_back(std::move(*server));
  }
  page.has_more = links_on(value->get_object());
  return page;
}

Result<Server> read_server(std::string_view json) {
  const std::optional<boost::json::value> value = parse(json);
  const boost::json::object* found = object_in(value, "server");
  std::optional<Server> server;
  if (found != nullptr) server = server_of(*found);
  if (!server) return Error{ErrorCode::invalid, "the answer is no server"};
  return *std::move(server);
}

Result<InstanceId> read_created(std::string_view json) {
  const std::optional<boost::json::value> value = parse(json);
  const boost::json::object* server = object_in(value, "server");
  InstanceId made{server == nullptr ? std::string() : text_in(*server, "id")};
  if (made.value.empty()) return Error{ErrorCode::invalid, "the answer names no server"};
  return made;
}

std::string fault_message(std::string_view json) {
  const std::optional<boost::json::value> value = parse(json);
  if (!value || !value->is_object()) return {};
  for (const auto& [kind, fault] : value->get_object()) {
    if (fault.is_object()) return text_in(fault.get_object(), "message");
  }
  return {};
}

Judgement judge(const Reply& reply, IntentKind kind) {
  const http::Answer& answer = reply.answer;
  if (answer.end == http::End::unsent) return later(reply.unsent_as);
  if (answer.end != http::End::answered) return unknown();
  const bool names_a_time = !answer.header("retry-after").empty();
  if (answer.status == 429) return later(Reason::cloud_throttled);
  if (names_a_time && (answer.status == 413 || answer.status == 503)) {
    return later(Reason::cloud_throttled);
  }
  if (answer.status >= 500 || answer.status < 400) return unknown();
  // Who we are is in doubt, not what we want: credentials are renewed or put right, and it works.
  if (answer.status == 401) return later(Reason::cloud_refused);
  if (kind == IntentKind::launch) return judge_launch(answer);
  // 409: it is being built, or another task has it, or it is locked.
  const bool may_pass = answer.status == 403 || answer.status == 409;
  return may_pass ? later(Reason::cloud_refused) : refused(Reason::cloud_refused);
}

Judgement judge_look(const Reply& reply) {
  Judgement judgement = judge(reply, IntentKind::protect);
  if (judgement.result == Acted::Result::unknown) judgement.result = Acted::Result::not_now;
  return judgement;
}

}  // namespace settle::nova
