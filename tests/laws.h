// What the laws of rapidcheck draw from.
#pragma once

#include <string>

#include <rapidcheck.h>

namespace settle {

/// From `low` up to `high` and without it, each as likely as any other. What rapidcheck draws of a
/// range by itself grows with the number of the case: of a thousand seconds the last hundred come
/// in three cases of a hundred, and of eight choices the last one hardly ever.
template <typename T>
T evenly(T low, T high) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<T>(low, high));
}

/// So many bytes, each of them anything: for a Draw.
inline std::string any_bytes(int count) {
  std::string bytes;
  for (int i = 0; i < count; ++i) bytes += static_cast<char>(evenly(0, 256));
  return bytes;
}

}  // namespace settle
