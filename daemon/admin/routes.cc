#include "daemon/admin/routes.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/url/parse.hpp>
#include <fmt/core.h>

namespace settle {
namespace {

namespace json = boost::json;
namespace urls = boost::urls;

constexpr std::size_t list_max = 1'000;
constexpr Duration wait_max{60'000};
constexpr Duration hold_max{366LL * 24 * 3'600'000};
constexpr std::size_t reason_max = 1'024;
constexpr std::size_t instance_max = 256;  // Of an id, or of the name of a hook.

/// The request as the rules below read it.
struct Asked {
  const HttpRequest& request;
  std::vector<std::string> path;
  std::map<std::string, std::string> query;
};

using Routed = std::variant<ApiCall, HttpResponse>;

HttpResponse bad(std::string_view detail) {
  return problem(400, "This request cannot be read", detail);
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Asked> read_target(const HttpRequest& request) {
  const auto url = urls::parse_origin_form(request.target);
  if (!url) return std::nullopt;
  Asked asked{request, {}, {}};
  for (const auto segment : url->segments()) asked.path.emplace_back(segment);
  for (const auto& parameter : url->params()) {
    asked.query[parameter.key] = parameter.value;
  }
  return asked;
}

/// Bounded by what a list may be; none if it is no count.
std::optional<std::size_t> count_of(const Asked& asked, const char* name, std::size_t otherwise) {
  const auto found = asked.query.find(name);
  if (found == asked.query.end()) return otherwise;
  const std::optional<std::int64_t> given = number(found->second);
  if (!given || *given < 1) return std::nullopt;
  return static_cast<std::size_t>(std::min<std::int64_t>(*given, std::int64_t{list_max}));
}

HttpResponse bad_count(const char* name) {
  return bad(fmt::format("\"{}\" is a whole number, 1 or more.", name));
}

/// Reads what every list has that can be followed; or says what is wrong.
template <typename Call>
Routed list_onward(const Asked& asked) {
  Call call;
  const std::optional<std::size_t> count = count_of(asked, "limit", 100);
  if (!count) return bad_count("limit");
  call.count_max = *count;
  if (const auto group = asked.query.find("group"); group != asked.query.end()) {
    call.group = GroupId{group->second};
  }
  if (const auto after = asked.query.find("after"); after != asked.query.end()) {
    const std::optional<std::int64_t> sequence = number(after->second);
    if (!sequence || *sequence < 0) return bad("\"after\" is the sequence of an entry.");
    call.after = static_cast<std::uint64_t>(*sequence);
  }
  if (const auto wait = asked.query.find("wait"); wait != asked.query.end()) {
    const std::optional<Duration> given = parse_wait(wait->second);
    if (!given) return bad("\"wait\" is a duration such as 30s.");
    call.wait = std::min(*given, wait_max);
  }
  return ApiCall{call};
}

Routed read_group(const Asked& asked) {
  const GroupId group{asked.path[2]};
  if (asked.path.size() == 3) return ApiCall{DescribeGroup{group}};
  const std::string& view = asked.path[3];
  if (view == "next") {
    const std::optional<std::size_t> count = count_of(asked, "limit", 10);
    return count ? Routed{ApiCall{ListUpcoming{group, *count}}} : bad_count("limit");
  }
  if (view == "events") return ApiCall{ListMemory{group}};
  if (view == "what-if") {
    auto supposed = read_supposition(asked.query);
    if (const auto* wrong = std::get_if<std::string>(&supposed)) return bad(*wrong);
    return ApiCall{SupposeGroup{group, std::move(std::get<Supposition>(supposed))}};
  }
  if (view != "why-not") return problem(404, "No such view", "Groups have no \"" + view + "\".");
  const auto toward = asked.query.find("toward");
  if (toward == asked.query.end() ||
      (toward->second != "in" && toward->second != "out" && !number(toward->second))) {
    return bad("\"toward\" is \"in\", \"out\" or a number of instances.");
  }
  return ApiCall{ExplainWhyNot{group, toward->second}};
}

/// The members of an order's body; none if it is no JSON object. An empty body is an empty object.
std::optional<json::object> order_body(const std::string& body) {
  if (body.find_first_not_of(" \t\r\n") == std::string::npos) return json::object{};
  json::error_code error;
  json::value value = json::parse(body, error);
  if (error || !value.is_object()) return std::nullopt;
  return value.as_object();
}

std::optional<std::string> text_member(const json::object& body, const char* name) {
  const json::value* value = body.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->as_string());
}

std::variant<Claim, HttpResponse> hold_order(const json::object& body, const std::string& owner,
                                             Time now) {
  HoldOrder order;
  order.owner = owner;
  order.reason = text_member(body, "reason").value_or("");
  if (const json::value* lift = body.if_contains("lift"); lift != nullptr) {
    order.lifted = lift->is_bool() && lift->as_bool();
    order.until = now;
    if (order.lifted) return Claim{order};
  }
  const json::value* wanted = body.if_contains("number");
  const bool is_number = wanted != nullptr && wanted->is_int64() && wanted->as_int64() >= 0 &&
                         wanted->as_int64() <= capacity_limit;
  if (!is_number) return bad("\"number\" is the capacity to hold: a whole number, 0 or more.");
  order.number = static_cast<Capacity>(wanted->as_int64());
  const std::optional<std::string> text = text_member(body, "for");
  const bool is_bare =
      text && !text->empty() && text->find_first_not_of("0123456789") == std::string::npos;
  if (is_bare)
    return bad("\"for\" needs a unit: " + *text + "s, " + *text + "m or " + *text + "h.");
  const std::optional<Duration> length = text ? parse_wait(*text) : std::nullopt;
  if (!length || *length <= Duration::zero() || *length > hold_max) {
    return bad("\"for\" says how long the hold lasts, such as \"1h\"; it must end within a year.");
  }
  order.until = now + *length;
  return Claim{order};
}

bool is_about_an_instance(std::string_view verb) {
  return std::find(instance_verbs.begin(), instance_verbs.end(), verb) != instance_verbs.end();
}

std::variant<Claim, HttpResponse> instance_order(const std::string& verb, const json::object& body,
                                                 const std::string& owner, std::string reason) {
  const std::optional<std::string> instance = text_member(body, "instance");
  if (!instance || instance->empty() || instance->size() > instance_max) {
    return bad("\"instance\" is the id of the instance that the order is about.");
  }
  const auto at = std::find(instance_verbs.begin(), instance_verbs.end(), verb);
  const auto order = static_cast<InstanceVerb>(at - instance_verbs.begin());
  return Claim{InstanceOrder{{*instance}, order, owner, std::move(reason)}};
}

// Says in an operator's name what otherwise an event says.
std::variant<Claim, HttpResponse> hook_answer(const json::object& body) {
  const std::optional<std::string> instance = text_member(body, "instance");
  const std::optional<std::string> hook = text_member(body, "hook");
  const std::optional<std::string> result = text_member(body, "result");
  const bool is_whole = instance && hook && !instance->empty() && !hook->empty() &&
                        instance->size() <= instance_max && hook->size() <= instance_max;
  if (!is_whole || !result || (*result != "continue" && *result != "abandon")) {
    return bad("An answer has \"instance\", \"hook\" and \"result\": continue or abandon.");
  }
  return Claim{LifecycleClaim{{*instance}, *hook, *result == "continue"}};
}

std::variant<Claim, HttpResponse> read_order(const std::string& verb, const json::object& body,
                                             const std::string& owner, Time now) {
  if (verb == "converge") return Claim{ConvergeOrder{owner}};
  if (verb == "hook") return hook_answer(body);
  const std::optional<std::string> reason = text_member(body, "reason");
  if (!reason || reason->empty() || reason->size() > reason_max) {
    return bad("An order says why: \"reason\" is a text of 1 to 1024 bytes.");
  }
  if (verb == "set-desired") return hold_order(body, owner, now);
  if (is_about_an_instance(verb)) return instance_order(verb, body, owner, *reason);
  PauseOrder order{verb == "pause", owner, *reason, Mode::pause};
  if (const std::optional<std::string> mode = text_member(body, "mode")) {
    const auto found = std::find(mode_names.begin(), mode_names.end(), *mode);
    if (found == mode_names.end() || *mode == "act") {
      return bad("\"mode\" is \"pause\", \"observe\" or \"only-up\".");
    }
    order.mode = static_cast<Mode>(found - mode_names.begin());
  }
  return Claim{std::move(order)};
}

Routed order_call(const Asked& asked, GroupId subject, Claim claim, Time now,
                  const std::string& nonce) {
  const auto key = asked.request.headers.find("idempotency-key");
  Signal order;
  order.group = std::move(subject);
  order.stamp.at = now;
  order.stamp.source = "operator/" + asked.request.owner;
  order.stamp.id = key == asked.request.headers.end() ? nonce : key->second;
  order.claim = std::move(claim);
  return ApiCall{GiveOrder{std::move(order)}};
}

/// POST /v1/pause and /v1/resume: of everything, or of what is a tenant's.
Routed order_many(const Asked& asked, Time now, const std::string& nonce) {
  const std::optional<json::object> body = order_body(asked.request.body);
  if (!body) return bad("The body of an order is a JSON object.");
  auto claim = read_order(asked.path[1], *body, asked.request.owner, now);
  if (auto* refused = std::get_if<HttpResponse>(&claim)) return std::move(*refused);
  // Nobody means everything by leaving something out.
  const json::value* all = body->if_contains("all");
  const bool is_of_all = all != nullptr && all->is_bool() && all->as_bool();
  const std::optional<std::string> tenant = text_member(*body, "tenant");
  const bool is_of_one = tenant && !tenant->empty();
  if (is_of_all == is_of_one) {
    return bad("An order for many groups says which: \"all\": true, or \"tenant\": its name.");
  }
  GroupId scope{is_of_all ? "@all" : "@tenant/" + *tenant};
  return order_call(asked, std::move(scope), std::move(std::get<Claim>(claim)), now, nonce);
}

Routed give_order(const Asked& asked, Time now, const std::string& nonce) {
  const std::string& verb = asked.path[3];
  const bool is_about_a_group =
      verb == "pause" || verb == "resume" || verb == "set-desired" || verb == "converge";
  if (!is_about_a_group && verb != "hook" && !is_about_an_instance(verb)) {
    return problem(404, "No such order", "Groups take no order \"" + verb + "\".");
  }
  const std::optional<json::object> body = order_body(asked.request.body);
  if (!body) return bad("The body of an order is a JSON object.");
  auto claim = read_order(verb, *body, asked.request.owner, now);
  if (auto* refused = std::get_if<HttpResponse>(&claim)) return std::move(*refused);
  return order_call(asked, GroupId{asked.path[2]}, std::move(std::get<Claim>(claim)), now, nonce);
}

Routed not_allowed(const char* allowed) {
  HttpResponse response = problem(405, "Wrong method", std::string("Use ") + allowed + " here.");
  response.headers.emplace_back("Allow", allowed);
  return response;
}

Routed not_found(const Asked& asked) {
  return problem(404, "Nothing here", "There is no " + asked.request.target + ".");
}

/// GET /v1/deadletters/N; POST /v1/deadletters/N/replay and /discard.
Routed dead_letter_call(const Asked& asked, bool reads, bool writes) {
  const std::optional<std::int64_t> sequence = number(asked.path[2]);
  if (!sequence || *sequence <= 0) return not_found(asked);
  const auto letter = static_cast<std::uint64_t>(*sequence);
  if (asked.path.size() == 3) {
    return reads ? Routed{ApiCall{ReadDeadLetter{letter}}} : not_allowed("GET");
  }
  const std::string& verb = asked.path[3];
  if (asked.path.size() != 4 || (verb != "replay" && verb != "discard")) return not_found(asked);
  return writes ? Routed{ApiCall{SettleDeadLetter{letter, verb == "replay"}}} : not_allowed("POST");
}

Routed take_hook(const Asked& asked) {
  TakeHook call{asked.path[1], {}};
  for (std::size_t at = 2; at < asked.path.size(); ++at) {
    call.rest += (at == 2 ? "" : "/") + asked.path[at];
  }
  return ApiCall{std::move(call)};
}

/// GET only: paths outside of groups.
std::optional<Routed> route_fixed(const Asked& asked) {
  const auto& path = asked.path;
  const auto is = [&](std::initializer_list<std::string_view> wanted) {
    return std::equal(path.begin(), path.end(), wanted.begin(), wanted.end());
  };
  if (is({"-", "healthy"})) return ApiCall{CheckHealth{}};
  if (is({"-", "ready"})) return ApiCall{CheckReady{}};
  if (is({"metrics"})) return ApiCall{ReadMetrics{}};
  if (is({"v1", "status"})) return ApiCall{ReadStatus{}};
  if (is({"v1", "groups"})) return ApiCall{ListGroups{}};
  if (is({"v1", "sources"})) return ApiCall{ListSources{}};
  if (is({"v1", "clouds"})) return ApiCall{ListClouds{}};
  if (is({"v1", "orphans"})) return ApiCall{ListOrphans{}};
  if (is({"v1", "members"})) return ApiCall{ListMembers{}};
  if (is({"v1", "partitions"})) return ApiCall{ListPartitions{}};
  if (is({"v1", "decisions"})) return list_onward<ListDecisions>(asked);
  if (is({"v1", "deadletters"})) {
    const std::optional<std::size_t> count = count_of(asked, "limit", 100);
    return count ? Routed{ApiCall{ListDeadLetters{*count}}} : bad_count("limit");
  }
  if (path.size() >= 3 && path[0] == "v1" && path[1] == "decisions") {
    if (path.size() == 3) return ApiCall{ReadDecision{path[2], false}};
    if (path.size() == 4 && path[3] == "explain") return ApiCall{ReadDecision{path[2], true}};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Duration> parse_wait(std::string_view text) {
  const std::size_t unit_at = text.find_first_not_of("0123456789");
  const std::optional<std::int64_t> count = number(text.substr(0, unit_at));
  if (!count || *count > 1'000'000'000) return std::nullopt;
  const std::string_view unit = unit_at == std::string_view::npos ? "s" : text.substr(unit_at);
  std::int64_t scale = 0;
  if (unit == "ms") scale = 1;
  if (unit == "s") scale = 1'000;
  if (unit == "m") scale = 60'000;
  if (unit == "h") scale = 3'600'000;
  if (unit == "d") scale = 86'400'000;
  if (scale == 0) return std::nullopt;
  return Duration(*count * scale);
}

Routed route(const HttpRequest& request, Time now, const std::string& nonce) {
  const std::optional<Asked> asked = read_target(request);
  if (!asked) return bad("The target is no path of this API.");
  const auto& path = asked->path;
  const bool reads = request.method == "GET" || request.method == "HEAD";
  const bool writes = request.method == "POST";
  if (path.size() == 2 && path[0] == "v1" && path[1] == "events") {
    if (reads) return list_onward<WatchEvents>(*asked);
    return writes ? Routed{ApiCall{TakeEvents{}}} : not_allowed("GET, POST");
  }
  if (path.size() == 2 && path[0] == "v1" && (path[1] == "pause" || path[1] == "resume")) {
    return writes ? order_many(*asked, now, nonce) : not_allowed("POST");
  }
  if (std::optional<Routed> fixed = route_fixed(*asked)) {
    return reads ? std::move(*fixed) : not_allowed("GET");
  }
  if (path.size() >= 2 && path[0] == "hooks" && !path[1].empty()) {
    return writes ? take_hook(*asked) : not_allowed("POST");
  }
  if (path.size() >= 3 && path[0] == "v1" && path[1] == "deadletters") {
    return dead_letter_call(*asked, reads, writes);
  }
  const bool is_drain = path.size() == 4 && path[0] == "v1" && path[1] == "members" &&
                        path[3] == "drain" && !path[2].empty();
  if (is_drain) return writes ? Routed{ApiCall{DrainMember{path[2]}}} : not_allowed("POST");
  const bool is_group = (path.size() == 3 || path.size() == 4) && path[0] == "v1" &&
                        path[1] == "groups" && !path[2].empty() && path[2].front() != '@';
  if (!is_group) return not_found(*asked);
  if (reads) return read_group(*asked);
  if (!writes) return not_allowed("GET, POST");
  if (path.size() == 3) return not_allowed("GET");
  return give_order(*asked, now, nonce);
}

}  // namespace settle
