// Bytes and text in the letters that others' APIs take. Pure and total.
#pragma once

#include <string>
#include <string_view>

namespace settle {

/// RFC 3986: everything but letters, digits and -._~ becomes %XX.
[[nodiscard]] std::string percent_encoded(std::string_view text);
/// RFC 4648, section 4, with padding.
[[nodiscard]] std::string base64(std::string_view bytes);

}  // namespace settle
