// Who calls the EC2 API: what configuration says, else what the environment of AWS's own tools
// says, else the role of the machine.
#pragma once

#include <map>
#include <string>

#include "daemon/base/result.h"
#include "daemon/cloud/ec2/credentials.h"

namespace settle {

/// `settings` are those of a cloud of type ec2. Secrets in them are read anew at every question.
/// The clock outlives every question.
[[nodiscard]] Result<ec2::CredentialSource> make_credential_source(
    const std::map<std::string, std::string>& settings, const Clock& clock);

}  // namespace settle
