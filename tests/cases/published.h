// docs/CASES.md holds one section per file of cases; each is made anew from what the tests found.
#pragma once

#include <string>

namespace settle::cases {

/// Fails unless the section of docs/CASES.md between the marks of `name` is `text`; writes it there
/// where SETTLE_WRITE_DOCS is set.
void publish(const std::string& name, const std::string& text);

}  // namespace settle::cases
