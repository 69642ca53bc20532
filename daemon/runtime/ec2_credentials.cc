#include "daemon/runtime/ec2_credentials.h"

#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

#include "daemon/base/secret.h"
#include "daemon/http/outbound.h"

namespace settle {
namespace {

using Texts = std::map<std::string, std::string>;

Result<std::string> said(const Texts& settings, const std::string& key, const char* variable) {
  const auto found = settings.find(key);
  if (found != settings.end() && !found->second.empty()) {
    return resolve_secrets(found->second, secret_folders());
  }
  const char* value = std::getenv(variable);
  return std::string(value == nullptr ? "" : value);
}

/// Empty where nobody says anything.
Result<ec2::Credentials> read_credentials(const Texts& settings) {
  const Result<std::string> access = said(settings, "access_key_id", "AWS_ACCESS_KEY_ID");
  if (!access) return access.error();
  const Result<std::string> secret = said(settings, "secret_access_key", "AWS_SECRET_ACCESS_KEY");
  if (!secret) return secret.error();
  const Result<std::string> session = said(settings, "session_token", "AWS_SESSION_TOKEN");
  if (!session) return session.error();
  return ec2::Credentials{*access, *secret, *session};
}

Result<ec2::CredentialSource> role_of_machine(const Texts& settings, const Clock& clock) {
  const auto found = settings.find("metadata_service");
  std::string endpoint(ec2::metadata_service);
  if (found != settings.end() && !found->second.empty()) endpoint = found->second;
  if (endpoint == "none") {
    return Error{
        ErrorCode::invalid,
        "no credentials: set access_key_id and secret_access_key, or AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY in the daemon's environment, or let metadata_service be "
        "asked"};
  }
  if (endpoint.back() != '/') endpoint += '/';
  if (!http::is_metadata_url(endpoint) && !http::is_allowed_url(endpoint)) {
    return Error{
        ErrorCode::invalid,
        "metadata_service has to be http://169.254.169.254/, http://[fd00:ec2::254]/, or on "
        "this machine's own loopback"};
  }
  http::OutboundLimits limits;
  limits.connect_max = Duration{1'000};
  const auto role = std::make_shared<ec2::RoleCredentials>(
      std::move(endpoint), std::make_shared<http::Outbound>(limits), clock);
  return ec2::CredentialSource([role](ec2::CredentialReply reply) { role->ask(std::move(reply)); });
}

}  // namespace

Result<ec2::CredentialSource> make_credential_source(const Texts& settings, const Clock& clock) {
  const Result<ec2::Credentials> now = read_credentials(settings);
  if (!now) return now.error();
  if (now->access_key.empty() && now->secret_key.empty()) return role_of_machine(settings, clock);
  if (now->access_key.empty() || now->secret_key.empty()) {
    return Error{ErrorCode::invalid,
                 "half of the credentials: access_key_id and secret_access_key go together"};
  }
  return ec2::CredentialSource(
      [settings](const ec2::CredentialReply& reply) { reply(read_credentials(settings)); });
}

}  // namespace settle
