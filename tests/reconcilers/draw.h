// Choices read from bytes, so that a fuzzer's input, a seed's stream or a file of a corpus says
// what happens. Total: where the bytes end, every further choice is the first one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace settle {

class Draw {
 public:
  explicit Draw(std::string_view bytes) : bytes_(bytes) {}
  explicit Draw(std::string&&) = delete;  // The bytes outlive it.

  [[nodiscard]] bool is_over() const { return bytes_.empty(); }

  /// From 0 to `most`, in as few bytes as hold that.
  std::uint64_t up_to(std::uint64_t most) {
    std::uint64_t drawn = 0;
    for (std::uint64_t rest = most; rest > 0; rest >>= 8U) drawn = drawn << 8U | byte();
    return most == UINT64_MAX ? drawn : drawn % (most + 1);
  }
  int between(int low, int high) {
    return low + static_cast<int>(up_to(static_cast<std::uint64_t>(high - low)));
  }
  /// One time in `times`.
  bool once_in(int times) { return between(1, times) == times; }
  bool either() { return once_in(2); }
  template <typename T>
  T one_of(std::initializer_list<T> choices) {
    return choices.begin()[up_to(choices.size() - 1)];
  }
  std::string text(std::size_t most) {
    const std::size_t size = std::min<std::size_t>(up_to(most), bytes_.size());
    std::string drawn(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
    return drawn;
  }
  std::string_view rest() {
    const std::string_view all = bytes_;
    bytes_ = {};
    return all;
  }

 private:
  std::uint8_t byte() {
    if (bytes_.empty()) return 0;
    const auto first = static_cast<std::uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return first;
  }

  std::string_view bytes_;
};

/// So many bytes of a seed's own (splitmix64): the same on every machine.
inline std::string bytes_of(std::uint64_t seed, std::size_t count) {
  std::string bytes;
  bytes.reserve(count + 8);
  while (bytes.size() < count) {
    seed += 0x9e3779b97f4a7c15U;
    std::uint64_t mixed = seed;
    mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
    mixed ^= mixed >> 31U;
    for (int i = 0; i < 8; ++i, mixed >>= 8U) bytes += static_cast<char>(mixed & 0xffU);
  }
  bytes.resize(count);
  return bytes;
}

}  // namespace settle
