// Secrets live in files that somebody else puts there: systemd's credentials first, then the
// project's own folder. They are read when they are needed, so that a new one needs no restart.
#pragma once

#include <string>
#include <string_view>

#include "daemon/base/result.h"

namespace settle {

struct SecretFolders {
  std::string credentials;  // $CREDENTIALS_DIRECTORY; empty where systemd gives none.
  std::string own{"/etc/settled/secrets"};
};
[[nodiscard]] SecretFolders secret_folders();

/// The content of the secret's file, without a newline at its end. A file that others may read is
/// refused, as is one that is no plain file. No message holds any of it.
[[nodiscard]] Result<std::string> read_secret(std::string_view name, const SecretFolders& folders);

/// `text` with each ${secret:NAME} replaced. The first that cannot be read is the error.
[[nodiscard]] Result<std::string> resolve_secrets(std::string_view text,
                                                  const SecretFolders& folders);

}  // namespace settle
