#include "daemon/codec/binary.h"

#include <array>
#include <type_traits>
#include <utility>

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <google/protobuf/arena.h>
#include <xxhash.h>

#include "daemon/codec/messages.h"

namespace settle {
namespace {

// Format 1: this byte, then the message. There is no format 0.
constexpr unsigned char format = 1;
constexpr std::size_t arena_block = 4'096;

template <typename Message, typename T, typename Change>
std::string encoded(const T& value, Change change) {
  std::array<char, arena_block> block;
  google::protobuf::ArenaOptions options;
  options.initial_block = block.data();
  options.initial_block_size = block.size();
  google::protobuf::Arena arena(options);
  auto* message = google::protobuf::Arena::CreateMessage<Message>(&arena);
  codec::put(value, *message);
  change(*message);
  const std::size_t size = message->ByteSizeLong();
  std::string bytes(size + 1, '\0');
  bytes[0] = static_cast<char>(format);
  message->SerializeWithCachedSizesToArray(reinterpret_cast<std::uint8_t*>(bytes.data()) + 1);
  return bytes;
}

template <typename Message, typename T>
std::string encoded(const T& value) {
  return encoded<Message>(value, [](const Message& /*as it is*/) {});
}

std::string encoded_record(const GroupRecord& record) {
  return encoded<storage::GroupState>(record.state, [&record](storage::GroupState& message) {
    if (record.watched) codec::put(*record.watched, *message.mutable_watched());
  });
}

template <typename Message, typename T>
std::string encoded_again(const T& value) {
  if constexpr (std::is_same_v<T, GroupRecord>) {
    return encoded_record(value);
  } else {
    return encoded<Message>(value);
  }
}

Error unreadable(std::string_view what, std::string_view why) {
  return {ErrorCode::invalid, fmt::format("a stored {} cannot be read: {}", what, why)};
}

/// Only bytes that would be written the same are taken, so that nothing in them is passed over: a
/// field that a newer version added is refused and not lost.
template <typename Message, typename Take>
auto decoded_by(std::string_view bytes, std::string_view what, Take take)
    -> Result<std::invoke_result_t<Take, const Message&, codec::Fault&>> {
  if (bytes.empty()) return unreadable(what, "it is empty");
  const auto found = static_cast<unsigned char>(bytes.front());
  if (found > format) {
    return unreadable(what, fmt::format("its format {} is newer than this version's {}: use the "
                                        "version that wrote it, or a later one",
                                        found, format));
  }
  if (found < format) return unreadable(what, fmt::format("there is no format {}", found));
  google::protobuf::Arena arena;
  auto* message = google::protobuf::Arena::CreateMessage<Message>(&arena);
  if (!message->ParseFromArray(bytes.data() + 1, static_cast<int>(bytes.size() - 1))) {
    return unreadable(what, "its bytes are damaged");
  }
  codec::Fault fault;
  auto value = take(*message, fault);
  if (!fault.what().empty()) return unreadable(what, "it holds " + fault.what());
  if (encoded_again<Message>(value) != bytes) {
    return unreadable(what, "it holds a field that this version does not know, or is damaged");
  }
  return value;
}

template <typename Message, typename T>
Result<T> decoded(std::string_view bytes, std::string_view what) {
  return decoded_by<Message>(bytes, what, [](const Message& message, codec::Fault& fault) {
    return T(codec::take(message, fault));
  });
}

}  // namespace

std::string encode(const GroupState& state) {
  return encoded<storage::GroupState>(state);
}
std::string encode(const GroupRecord& record) {
  return encoded_record(record);
}
std::string encode(const DecisionRecord& record) {
  return encoded<storage::DecisionRecord>(record);
}
std::string encode(const Observation& observation) {
  return encoded<storage::Observation>(observation);
}
std::string encode(const RoundContext& context) {
  return encoded<storage::RoundContext>(context);
}
std::string encode(const Signal& signal) {
  return encoded<storage::Signal>(signal);
}

std::string encode(const ActionEntry& action) {
  return encoded<storage::ActionEntry>(action);
}
std::string encode_timeless(const Observation& observation) {
  return encoded<storage::Observation>(observation,
                                       [](storage::Observation& message) { message.clear_at(); });
}

Result<GroupState> decode_state(std::string_view bytes) {
  return decoded<storage::GroupState, GroupState>(bytes, "group state");
}
Result<GroupRecord> decode_group(GroupId group, std::string_view bytes) {
  return decoded_by<storage::GroupState>(
      bytes, "group state", [&group](const storage::GroupState& message, codec::Fault& fault) {
        GroupRecord record{std::move(group), codec::take(message, fault)};
        if (message.has_watched()) {
          record.watched =
              std::make_shared<const windows::Watched>(codec::take(message.watched(), fault));
        }
        return record;
      });
}
Result<DecisionRecord> decode_record(std::string_view bytes) {
  return decoded<storage::DecisionRecord, DecisionRecord>(bytes, "decision record");
}
Result<Observation> decode_observation(std::string_view bytes) {
  return decoded<storage::Observation, Observation>(bytes, "observation");
}
Result<RoundContext> decode_context(std::string_view bytes) {
  return decoded<storage::RoundContext, RoundContext>(bytes, "round context");
}
Result<Signal> decode_signal(std::string_view bytes) {
  return decoded<storage::Signal, Signal>(bytes, "signal");
}

Result<ActionEntry> decode_action(std::string_view bytes) {
  return decoded<storage::ActionEntry, ActionEntry>(bytes, "action");
}

std::string decision_id(const DecisionRecord& record) {
  return decision_id_of(encode(record));
}

std::string decision_id_of(std::string_view record_bytes) {
  const std::uint64_t hash = XXH3_64bits(record_bytes.data(), record_bytes.size());
  return fmt::format("d-{:012x}", hash >> 16U);
}

}  // namespace settle
