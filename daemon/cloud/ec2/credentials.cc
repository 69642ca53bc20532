#include "daemon/cloud/ec2/credentials.h"

#include <algorithm>
#include <cctype>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "daemon/cloud/ec2/answers.h"

namespace settle::ec2 {
namespace {

constexpr Duration renewed_ahead{300'000};
constexpr Duration pause_after_failure{5'000};
constexpr Duration deadline{2'000};  // Of each call: the service is on the machine, or nowhere.
constexpr std::string_view session_seconds = "60";  // A session asks twice, and is over.
constexpr std::string_view roles_path = "latest/meta-data/iam/security-credentials/";

std::string why_not(const http::Answer& answer) {
  if (answer.end != http::End::answered) {
    return "the instance metadata service does not answer (a container needs a hop limit of 2): " +
           answer.why;
  }
  if (answer.status == 404) return "this machine has no role";
  if (answer.status == 403) return "the instance metadata service is switched off";
  return "the instance metadata service answers " + std::to_string(answer.status);
}

/// IAM's own letters: it becomes a part of a path.
bool is_role_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 &&
         std::all_of(name.begin(), name.end(), [](unsigned char letter) {
           return std::isalnum(letter) != 0 ||
                  std::string_view("+=,.@_-").find(static_cast<char>(letter)) != std::string::npos;
         });
}

}  // namespace

Result<Expiring> read_role(std::string_view json) {
  boost::system::error_code trouble;
  const boost::json::value value = boost::json::parse(json, trouble);
  const boost::json::object* role = trouble ? nullptr : value.if_object();
  const auto text = [role](std::string_view key) {
    const boost::json::value* found = role == nullptr ? nullptr : role->if_contains(key);
    const boost::json::string* held = found == nullptr ? nullptr : found->if_string();
    return held == nullptr ? std::string() : std::string(*held);
  };
  const std::optional<Time> until = read_time(text("Expiration"));
  Expiring made{{text("AccessKeyId"), text("SecretAccessKey"), text("Token")}, {}};
  const bool is_whole =
      text("Code") == "Success" && until && !made.credentials.access_key.empty() &&
      !made.credentials.secret_key.empty() && !made.credentials.session_token.empty();
  if (!is_whole) {
    return Error{ErrorCode::unavailable, "the instance metadata service has no credentials"};
  }
  made.until = *until;
  return made;
}

struct RoleCredentials::Shared : std::enable_shared_from_this<Shared> {
  Shared(std::string given, const std::shared_ptr<http::Outbound>& outbound, const Clock& its_clock)
      : endpoint(std::move(given)), out(outbound), clock(its_clock) {}

  const std::string endpoint;
  const std::weak_ptr<http::Outbound> out;
  const Clock& clock;

  std::mutex mutex;
  std::optional<Expiring> known;  // Guarded by mutex, as all that follows.
  std::vector<CredentialReply> waiting;
  bool is_under_way = false;
  Time not_before;
  std::string failure;

  void ask(CredentialReply reply) {
    bool begins = false;
    std::optional<Result<Credentials>> answer;
    {
      const std::lock_guard lock(mutex);
      const Time now = clock.now();
      const bool is_due = !known || known->until <= now + renewed_ahead;
      begins = is_due && !is_under_way && not_before <= now;
      if (begins) is_under_way = true;
      if (known && now < known->until) {
        answer = known->credentials;
      } else if (is_under_way) {
        waiting.push_back(std::move(reply));
      } else {
        answer = Error{ErrorCode::unavailable, failure};
      }
    }
    if (begins) open_session();
    if (answer) reply(*answer);
  }

  void open_session() {
    http::Call call = call_to("latest/api/token", "PUT");
    call.operation = "MetadataToken";
    call.headers = {{"X-aws-ec2-metadata-token-ttl-seconds", std::string(session_seconds)}};
    send(std::move(call), [self = shared_from_this()](const http::Answer& answer) {
      if (!answer.is(200) || answer.body.empty()) return self->failed(why_not(answer));
      self->find_role(answer.body);
    });
  }

  void find_role(const std::string& session) {
    send(call_within(session, std::string(roles_path)),
         [self = shared_from_this(), session](const http::Answer& answer) {
           if (!answer.is(200)) return self->failed(why_not(answer));
           const std::string name = answer.body.substr(0, answer.body.find_first_of("\r\n"));
           if (!is_role_name(name)) return self->failed("this machine's role has no name");
           self->read(session, name);
         });
  }

  void read(const std::string& session, const std::string& role) {
    send(call_within(session, std::string(roles_path) + role),
         [self = shared_from_this()](const http::Answer& answer) {
           if (!answer.is(200)) return self->failed(why_not(answer));
           const Result<Expiring> read = read_role(answer.body);
           if (!read) return self->failed(read.error().message);
           self->renewed(*read);
         });
  }

  [[nodiscard]] http::Call call_to(const std::string& path, std::string method) const {
    http::Call call;
    call.method = std::move(method);
    call.url = endpoint + path;
    call.urgency = http::Urgency::replace;
    call.deadline = deadline;
    call.reply_max = 64U << 10U;
    call.is_to_metadata = true;
    return call;
  }
  [[nodiscard]] http::Call call_within(const std::string& session, const std::string& path) const {
    http::Call call = call_to(path, "GET");
    call.operation = "MetadataRole";
    call.headers = {{"X-aws-ec2-metadata-token", session}};
    return call;
  }

  void send(http::Call call, http::Outbound::Done done) {
    const std::shared_ptr<http::Outbound> way = out.lock();
    if (!way) return failed("the cloud is not in use any more");
    way->start(std::move(call), std::move(done));
  }

  void renewed(Expiring fresh) {
    {
      const std::lock_guard lock(mutex);
      // Those that are about to end: newer ones are not there yet, and are not asked for at once.
      if (fresh.until <= clock.now() + renewed_ahead) {
        not_before = clock.now() + pause_after_failure;
      }
      known = std::move(fresh);
    }
    answer_all();
  }

  void failed(std::string why) {
    {
      const std::lock_guard lock(mutex);
      failure = std::move(why);
      not_before = clock.now() + pause_after_failure;
    }
    answer_all();
  }

  void answer_all() {
    std::vector<CredentialReply> answered;
    Result<Credentials> answer = Error{};
    {
      const std::lock_guard lock(mutex);
      is_under_way = false;
      answered = std::exchange(waiting, {});
      const bool is_good = known && clock.now() < known->until;
      answer = is_good ? Result<Credentials>(known->credentials)
                       : Result<Credentials>(Error{ErrorCode::unavailable, failure});
    }
    for (const CredentialReply& reply : answered) reply(answer);
  }
};

RoleCredentials::RoleCredentials(std::string endpoint, std::shared_ptr<http::Outbound> out,
                                 const Clock& clock)
    : out_(std::move(out)), shared_(std::make_shared<Shared>(std::move(endpoint), out_, clock)) {}
RoleCredentials::~RoleCredentials() = default;

void RoleCredentials::ask(CredentialReply reply) {
  shared_->ask(std::move(reply));
}

}  // namespace settle::ec2
