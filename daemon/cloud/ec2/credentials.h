// Where the credentials of a call come from. The credentials of the role that this machine was
// given come from the instance metadata service (IMDSv2), and expire: a session token by PUT, with
// it the role's name, and with both its credentials.
//
// They are renewed five minutes ahead ("new credentials are available at least five minutes before
// the old ones expire": Amazon EC2 User Guide, "Retrieve security credentials from instance
// metadata"), while calls go on under the old ones; so a rotation costs no call. Nothing is ever
// asked without a session token (IMDSv1), and nothing of what is answered is ever logged.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/cloud/ec2/signature.h"
#include "daemon/http/outbound.h"
#include "daemon/partition/loop.h"

namespace settle::ec2 {

/// Called exactly once, on any thread, possibly before the question returns.
using CredentialReply = std::function<void(const Result<Credentials>&)>;
/// Asked before every call, so that new ones hold without a restart. Safe from any thread.
using CredentialSource = std::function<void(CredentialReply)>;

inline constexpr std::string_view metadata_service = "http://169.254.169.254/";

class RoleCredentials {
 public:
  /// `endpoint` ends in a slash. `clock` outlives whatever is under way; this may go before that.
  RoleCredentials(std::string endpoint, std::shared_ptr<http::Outbound> out, const Clock& clock);
  ~RoleCredentials();

  void ask(CredentialReply reply);

 private:
  struct Shared;
  const std::shared_ptr<http::Outbound> out_;
  const std::shared_ptr<Shared> shared_;
};

struct Expiring {
  Credentials credentials;
  Time until;
};
/// What the service says of a role. The error holds none of it.
[[nodiscard]] Result<Expiring> read_role(std::string_view json);

}  // namespace settle::ec2
