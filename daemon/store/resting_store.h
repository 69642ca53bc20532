// A store that nobody commits to, as values: what is moved, kept and verified without a daemon.
// The bytes of a record go through untouched; what they mean is not known here.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/base/result.h"
#include "daemon/store/store.h"

namespace settle {

/// All that one partition has committed.
struct PartitionImage {
  Epoch epoch{};                            // The last that was claimed; zero: nobody ever did.
  std::map<std::string, std::string> rows;  // Of each group, the bytes of its state.
  Offsets offsets;
  /// Something is damaged, and this is the same read from elsewhere; what, in one sentence.
  std::string damage;
};

/// Equal for equal contents, in whatever store they lie. Damage does not count.
[[nodiscard]] std::uint64_t digest(std::uint32_t partition, const PartitionImage& image);

/// Whether each record is a state that this version reads.
[[nodiscard]] Status verify(std::uint32_t partition, const PartitionImage& image);

/// Whether a daemon may go on working meanwhile.
enum class Rest : std::uint8_t {
  required,  // Refused (`conflict`) while a daemon holds the store, and none can take it.
  ignored,   // Each partition is as of one moment, and not all of the same one.
};

class RestingStore {
 public:
  virtual ~RestingStore() = default;
  [[nodiscard]] virtual StoreIdentity identity() const = 0;
  /// Every byte is verified. What cannot be had whole, as of the newest commit, is an error.
  [[nodiscard]] virtual Result<PartitionImage> read(std::uint32_t partition) = 0;
  /// Who holds it: "another process", or members' names. Empty: nobody. A refusal if that has
  /// changed since it was opened at rest.
  [[nodiscard]] virtual Result<std::string> owners() = 0;
};

/// A store that is being made. Until finish(), nobody takes it for one; what was begun and not
/// finished is begun anew.
class NewStore {
 public:
  virtual ~NewStore() = default;
  /// Each partition once. REQUIRES: the partition is one of the identity's.
  [[nodiscard]] virtual Status write(std::uint32_t partition, const PartitionImage& image) = 0;
  [[nodiscard]] virtual Status finish() = 0;
};

/// What a whole store holds.
struct StoreTotals {
  std::uint32_t partitions_used = 0;  // That have been claimed or hold anything.
  std::uint64_t groups = 0;
  std::uint64_t bytes = 0;  // Of the groups' records.
  std::uint64_t offsets = 0;
  std::uint64_t epoch_max = 0;
  std::uint64_t digest = 0;  // Of all partitions in order.
  std::vector<std::string> damage;
};
/// Reads and verifies everything; stops at what cannot be had.
[[nodiscard]] Result<StoreTotals> survey(RestingStore& store);
/// The same, and writes it all to another store, which it finishes.
[[nodiscard]] Result<StoreTotals> copy(RestingStore& from, NewStore& to);

[[nodiscard]] Result<std::unique_ptr<RestingStore>> open_resting_sqlite(const std::string& path,
                                                                        Rest rest);
/// Refuses (`conflict`) if there is anything at `path`.
[[nodiscard]] Result<std::unique_ptr<NewStore>> make_sqlite_store(const std::string& path,
                                                                  const StoreIdentity& identity);

}  // namespace settle
