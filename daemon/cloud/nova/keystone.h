// Logging in: what Keystone is asked, and what its answer gives. Pure.
// Source: Identity API v3, "Authentication and token management"; Compute API Guide,
// "Microversions".
#pragma once

#include <string>
#include <string_view>

#include "daemon/base/result.h"
#include "daemon/http/call.h"
#include "reconcilers/units.h"

namespace settle::nova {

/// Who logs in: an application credential, or a user with a password for a project.
struct Login {
  std::string credential_id;  // Empty: by password.
  std::string credential_secret;
  std::string username;
  std::string password;
  std::string user_domain;
  std::string project;
  std::string project_domain;
};

/// Which of the catalogue's endpoints are meant.
struct Choice {
  std::string region;  // Empty: the only one there is.
  std::string interface { "public" };
};

/// A token and where it is good for. Addresses end without a slash; empty if there are none.
struct Access {
  std::string token;
  Duration lifetime{};  // By Keystone's own clock, which need not be ours.
  std::string compute;
  std::string image;
  std::string network;
  std::string balancer;      // Without the version at its end.
  std::string microversion;  // Of compute; empty until it was asked for.
};

/// `auth_url` with or without /v3 at its end.
[[nodiscard]] http::Call login_call(const std::string& auth_url, const Login& login);
/// Of a login's answer, 201. An error says what is missing; it never holds the token.
[[nodiscard]] Result<Access> read_access(const http::Answer& answer, const Choice& choice);

/// Where compute tells its versions: the endpoint without what follows /v2.1.
[[nodiscard]] std::string version_url(const std::string& compute);
/// The microversion to speak: the newest that both sides know, at least 2.52, for tags in the
/// request that makes a server.
[[nodiscard]] Result<std::string> read_microversion(std::string_view json);

}  // namespace settle::nova
