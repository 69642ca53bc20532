#include "daemon/cloud/nova/api.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <string_view>
#include <utility>

namespace settle::nova {
namespace {

constexpr Duration quiet_unless_said{5'000};
constexpr Duration quiet_max{300'000};

Reply unsent(std::string why, Reason as) {
  Reply reply;
  reply.answer.why = std::move(why);
  reply.unsent_as = as;
  return reply;
}

/// For how long an answer asks for quiet; zero if it does not.
Duration quiet_of(const http::Answer& answer) {
  if (answer.end != http::End::answered) return {};
  const std::string_view said = answer.header("retry-after");
  const bool may_ask = answer.status == 413 || answer.status == 503;
  if (answer.status != 429 && (!may_ask || said.empty())) return {};
  int seconds = 0;
  const auto read = std::from_chars(said.data(), said.data() + said.size(), seconds);
  const bool is_number = read.ec == std::errc() && read.ptr == said.data() + said.size();
  if (!is_number || seconds < 0) return quiet_unless_said;  // A date, or nothing.
  return std::min(Duration(static_cast<Duration::rep>(seconds) * 1'000), quiet_max);
}

const std::string& endpoint_of(const Access& access, Service service) {
  switch (service) {
    case Service::image:
      return access.image;
    case Service::network:
      return access.network;
    case Service::balancer:
      return access.balancer;
    case Service::compute:
      break;
  }
  return access.compute;
}

std::size_t kind_of(const Ask& ask) {
  return ask.method == "GET" ? 0 : 1;
}

}  // namespace

Api::Api(Gate gate, LoginSource login, const std::shared_ptr<http::Outbound>& out,
         const Clock& clock)
    : session_(std::make_shared<Session>(std::move(gate), std::move(login), out, clock)),
      out_(out),
      clock_(clock) {}

void Api::ask(Ask ask, Manner manner, Done done) {
  if (now() < quiet_until(ask)) {
    return done(unsent("this cloud asked for quiet", Reason::cloud_throttled));
  }
  enter({std::move(ask), manner, std::move(done)});
}

Time Api::quiet_until(const Ask& ask) {
  const std::lock_guard lock(mutex_);
  return quiet_until_[kind_of(ask)];
}

void Api::enter(Request request) {
  session_->enter([self = shared_from_this(), request = std::move(request)](const Entry& entry) {
    if (!entry.access) return request.done(entry.failure);
    self->send(request, *entry.access);
  });
}

void Api::send(Request request, const Access& access) {
  const std::string& endpoint = endpoint_of(access, request.ask.service);
  http::Call call;
  call.operation = request.ask.operation;
  call.method = request.ask.method;
  call.url = endpoint + request.ask.path;
  call.headers = {{"X-Auth-Token", access.token}, {"Accept", "application/json"}};
  if (request.ask.service == Service::compute) {
    call.headers.emplace_back("OpenStack-API-Version", "compute " + access.microversion);
  }
  // Also without a body: what curl would say of an empty one, Nova refuses.
  if (request.ask.method != "GET") call.headers.emplace_back("Content-Type", "application/json");
  call.body = request.ask.body;
  call.urgency = request.manner.urgency;
  call.is_repeat = request.manner.is_repeat;
  call.deadline = request.manner.until - now();
  const std::shared_ptr<http::Outbound> way = out_.lock();
  if (call.deadline <= Duration::zero()) {
    return request.done(
        unsent("its deadline passed before it was sent", Reason::cloud_unreachable));
  }
  if (!http::is_allowed_url(call.url)) {
    const std::string why = endpoint.empty() ? "the catalogue has no such service"
                                             : "an endpoint has to be https, or http on loopback";
    return request.done(unsent(why, Reason::cloud_refused));
  }
  if (!way) return request.done(unsent("not in use any more", Reason::cloud_unreachable));
  way->start(std::move(call),
             [self = shared_from_this(), request = std::move(request), token = access.token](
                 http::Answer answer) { self->answered(request, token, std::move(answer)); });
}

void Api::answered(Request request, const std::string& token, http::Answer answer) {
  if (answer.is(401)) session_->forget(token);
  if (answer.is(401) && !request.is_second) {
    request.is_second = true;
    return enter(std::move(request));
  }
  note_quiet(request, answer);
  Reply reply;
  reply.answer = std::move(answer);
  request.done(reply);
}

void Api::note_quiet(const Request& request, const http::Answer& answer) {
  const Duration quiet = quiet_of(answer);
  if (quiet == Duration::zero()) return;
  const std::lock_guard lock(mutex_);
  Time& until = quiet_until_[kind_of(request.ask)];
  until = std::max(until, now() + quiet);
}

}  // namespace settle::nova
