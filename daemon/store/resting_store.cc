#include "daemon/store/resting_store.h"

#include <algorithm>
#include <functional>

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include "daemon/codec/binary.h"

namespace settle {
namespace {

void add(std::uint32_t partition, const PartitionImage& image, StoreTotals& totals) {
  const auto epoch = static_cast<std::uint64_t>(image.epoch);
  const bool is_used = epoch != 0 || !image.rows.empty() || !image.offsets.empty();
  if (is_used) ++totals.partitions_used;
  totals.groups += image.rows.size();
  for (const auto& [group, bytes] : image.rows) totals.bytes += bytes.size();
  totals.offsets += image.offsets.size();
  totals.epoch_max = std::max(totals.epoch_max, epoch);
  const std::uint64_t own = digest(partition, image);
  totals.digest = XXH3_64bits_withSeed(&own, sizeof(own), totals.digest);
  if (!image.damage.empty()) totals.damage.push_back(image.damage);
}

/// Each partition in turn, verified, to `visit`.
Result<StoreTotals> walk(
    RestingStore& store,
    const std::function<Status(std::uint32_t partition, const PartitionImage& image)>& visit) {
  StoreTotals totals;
  const std::uint32_t partitions = store.identity().partitions;
  for (std::uint32_t partition = 0; partition < partitions; ++partition) {
    const auto image = store.read(partition);
    if (!image) return image.error();
    const Status verified = verify(partition, *image);
    if (!verified) return verified.error();
    const Status visited = visit(partition, *image);
    if (!visited) return visited.error();
    add(partition, *image, totals);
  }
  return totals;
}

}  // namespace

std::uint64_t digest(std::uint32_t partition, const PartitionImage& image) {
  XXH3_state_t state;
  XXH3_64bits_reset_withSeed(&state, partition);
  const auto add_number = [&state](std::uint64_t number) {
    XXH3_64bits_update(&state, &number, sizeof(number));
  };
  const auto add = [&](std::string_view bytes) {
    add_number(bytes.size());
    XXH3_64bits_update(&state, bytes.data(), bytes.size());
  };
  add_number(static_cast<std::uint64_t>(image.epoch));
  add_number(image.rows.size());
  for (const auto& [group, bytes] : image.rows) {
    add(group);
    add(bytes);
  }
  for (const auto& [source, next] : image.offsets) {
    add(source);
    add_number(static_cast<std::uint64_t>(next));
  }
  return XXH3_64bits_digest(&state);
}

Status verify(std::uint32_t partition, const PartitionImage& image) {
  for (const auto& [group, bytes] : image.rows) {
    const auto state = decode_group({group}, bytes);
    if (state) continue;
    return Error{state.error().code, fmt::format("group {} of partition {}: {}", group, partition,
                                                 state.error().message)};
  }
  return std::monostate();
}

Result<StoreTotals> survey(RestingStore& store) {
  return walk(store,
              [](std::uint32_t, const PartitionImage&) -> Status { return std::monostate(); });
}

Result<StoreTotals> copy(RestingStore& from, NewStore& to) {
  auto totals = walk(from, [&to](std::uint32_t partition, const PartitionImage& image) {
    return to.write(partition, image);
  });
  if (!totals) return totals;
  // Whoever took the store meanwhile may have gone on from where we read.
  const auto owners = from.owners();
  if (!owners) return owners.error();
  const Status finished = to.finish();
  if (!finished) return finished.error();
  return totals;
}

}  // namespace settle
