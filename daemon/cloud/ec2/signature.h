// AWS Signature Version 4: proves who makes a call, without sending the secret.
// Source: AWS General Reference, "Create a signed AWS API request"; its published vectors are the
// tests. Pure: the time is an argument.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/http/call.h"

namespace settle::ec2 {

struct Credentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token;  // Of temporary ones.
};

struct Scope {
  std::string region;
  std::string service;
};

using Parameters = std::vector<std::pair<std::string, std::string>>;

/// Sorted by name, encoded, joined by & and =: a query, or a form's body.
[[nodiscard]] std::string canonical_query(Parameters parameters);
/// In lower-case hexadecimal.
[[nodiscard]] std::string sha256(std::string_view text);

/// Adds X-Amz-Date, X-Amz-Security-Token where there is one, and Authorization. Signs the host, all
/// headers that the call has and the body.
///
/// REQUIRES: the query of call.url is canonical; its path is as the server reads it.
void sign(http::Call& call, const Credentials& credentials, const Scope& scope, Time now);

}  // namespace settle::ec2
