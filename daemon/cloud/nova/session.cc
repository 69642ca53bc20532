#include "daemon/cloud/nova/session.h"

#include <algorithm>
#include <utility>

namespace settle::nova {
namespace {

constexpr Duration login_deadline{20'000};
constexpr Duration renewal_margin{300'000};  // Before a token expires; half its life if shorter.

Entry failed(std::string why, Reason as) {
  Entry entry;
  entry.failure.answer.why = std::move(why);
  entry.failure.unsent_as = as;
  return entry;
}

Entry failed_login(const http::Answer& answer) {
  if (answer.end != http::End::answered) {
    return failed("Keystone: " + answer.why, Reason::cloud_unreachable);
  }
  std::string why = "Keystone answered " + std::to_string(answer.status);
  if (answer.status == 429) return failed(std::move(why), Reason::cloud_throttled);
  return failed(std::move(why),
                answer.status < 500 ? Reason::cloud_refused : Reason::cloud_unreachable);
}

}  // namespace

Session::Session(Gate gate, LoginSource login, const std::shared_ptr<http::Outbound>& out,
                 const Clock& clock)
    : gate_(std::move(gate)), login_(std::move(login)), out_(out), clock_(clock) {}

void Session::enter(Entered entered) {
  Entry entry;
  {
    const std::lock_guard lock(mutex_);
    if (access_ && clock_.now() < renew_at_) {
      entry.access = access_;
    } else {
      waiting_.push_back(std::move(entered));
      if (std::exchange(is_entering_, true)) return;
    }
  }
  if (entry.access) return entered(entry);
  log_in();
}

void Session::forget(const std::string& token) {
  const std::lock_guard lock(mutex_);
  if (access_ && access_->token == token) access_.reset();
}

void Session::start(http::Call call, http::Outbound::Done done) const {
  call.urgency = http::Urgency::replace;  // Everything waits for it.
  call.deadline = login_deadline;
  if (const std::shared_ptr<http::Outbound> way = out_.lock()) {
    return way->start(std::move(call), std::move(done));
  }
  http::Answer never_left;
  never_left.why = "the cloud is not in use any more";
  done(std::move(never_left));
}

void Session::log_in() {
  const Result<Login> who = login_();
  if (!who) return finish(failed(who.error().message, Reason::cloud_refused));
  start(login_call(gate_.auth_url, *who),
        [self = shared_from_this()](const http::Answer& answer) { self->logged_in(answer); });
}

void Session::logged_in(const http::Answer& answer) {
  if (!answer.is(201)) return finish(failed_login(answer));
  Result<Access> given = read_access(answer, gate_.choice);
  if (!given) return finish(failed(given.error().message, Reason::cloud_refused));
  learn_version(*std::move(given));
}

void Session::learn_version(Access access) {
  http::Call call;
  call.operation = "GetVersion";
  call.url = version_url(access.compute);
  call.headers = {{"X-Auth-Token", access.token}, {"Accept", "application/json"}};
  start(std::move(call),
        [self = shared_from_this(), access = std::move(access)](const http::Answer& answer) {
          self->learned_version(access, answer);
        });
}

void Session::learned_version(Access access, const http::Answer& answer) {
  if (!answer.is(200)) {
    return finish(failed("compute does not tell its versions", Reason::cloud_unreachable));
  }
  Result<std::string> version = read_microversion(answer.body);
  if (!version) return finish(failed(version.error().message, Reason::cloud_refused));
  access.microversion = *std::move(version);
  Entry entry;
  entry.access = std::move(access);
  finish(entry);
}

void Session::finish(const Entry& entry) {
  std::vector<Entered> answered;
  {
    const std::lock_guard lock(mutex_);
    is_entering_ = false;
    answered = std::exchange(waiting_, {});
    access_ = entry.access;
    if (access_) {
      const Duration lifetime = access_->lifetime;
      renew_at_ = clock_.now() + lifetime - std::min(renewal_margin, lifetime / 2);
    }
  }
  for (const Entered& entered : answered) entered(entry);
}

}  // namespace settle::nova
