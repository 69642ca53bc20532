// Files of passes and signed calls of any shape: refused, or read back as they were written.
#include "daemon/sources/webhook/pass.h"
#include "daemon/sources/webhook/signature.h"
#include "tests/fuzz/fuzz.h"

namespace settle::fuzz {

void examine(std::string_view input) {
  constexpr Time noon{Duration{1'795'435'200'000}};
  if (const auto passes = webhook::read_passes(input)) {
    const auto again = webhook::read_passes(webhook::write_passes(*passes));
    must(again && *again == *passes, "passes are kept as they are");
  }
  const std::string text(input);
  const std::map<std::string, std::string> forged{{"settle-timestamp", "1795435200"},
                                                  {"settle-signature", text}};
  must(!webhook::verified("a key that nobody has", forged, text, text, noon),
       "nobody signs without the key");
  const std::map<std::string, std::string> odd{
      {"settle-timestamp", text}, {"settle-signature", "v1=" + webhook::sign("k", text, "t", "b")}};
  (void)webhook::verified("k", odd, "t", "b", noon);
}

}  // namespace settle::fuzz
