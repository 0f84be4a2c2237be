// Reading market data back as it was received: same messages, same order across kinds. Parts of a day (separate
// imports) are merged by time without changing the order inside any of them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "core/result.hpp"
#include "model/message.hpp"
#include "store/data_folder.hpp"

namespace stom::store {

inline constexpr std::uint32_t kAllKinds = 0x1F;
constexpr std::uint32_t kind_bit(MessageKind kind) { return 1u << static_cast<unsigned>(kind); }

/// Least and greatest time of messages that state one; min = kNever and max = kNoTime where none does.
struct TimeBounds {
  UnixNanos min_receive = kNever;
  UnixNanos max_receive = kNoTime;
  UnixNanos min_venue = kNever;
  UnixNanos max_venue = kNoTime;
};

/// Which messages: from <= time < to, by receive time (by venue time where a message has no receive time).
struct TickQuery {
  UnixNanos from = kNoTime;
  UnixNanos to = kNever;
  std::uint32_t kinds = kAllKinds;
};

/// One thread. Memory is a few blocks per kind, whatever the length of the recording; nothing is allocated once the
/// largest block has been seen.
class TickReader {
 public:
  /// Errc::NotFound where the instrument has no ticks at all. The folder need not outlive the reader.
  static Result<TickReader> open(const DataFolder& folder, std::string_view instrument, const TickQuery& query = {});
  ~TickReader();
  TickReader(TickReader&&) noexcept;
  TickReader& operator=(TickReader&&) noexcept;

  /// Replaces the batch by the next messages (some thousands of levels); false, and an empty batch, at the end. A block
  /// that fails its checksum is an error naming file and offset.
  Result<bool> next(MessageBatch& batch);
  /// Bounds of everything that next() has not given yet, from block headers: never too narrow, so a reader that sorts
  /// by another clock knows when a message can be let go. Blocks that are partly given count whole.
  TimeBounds remaining() const;
  /// Messages given so far: a position to come back to.
  std::uint64_t position() const;
  /// Goes forward by `messages` (fewer at the end).
  Result<void> skip(std::uint64_t messages);

  int price_decimals() const;
  int quantity_decimals() const;
  /// Stored messages by kind in the files that the query touches: an upper bound for progress and memory.
  std::array<std::uint64_t, 5> stored_counts() const;
  std::uint64_t stored_levels() const;

 private:
  struct State;
  explicit TickReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// SHA-256 (hex) of the messages that a query selects, in order: the name of the data that a run was made on. It
/// depends on what was received, not on when or in how many blocks it was stored. Bars: bar_store.hpp.
Result<std::string> data_hash(const DataFolder& folder, std::string_view instrument, const TickQuery& query = {});
/// The same of all that `reader` has still to give; `see` is shown each batch on the way, and when it answers false the
/// pass ends with Errc::Canceled.
Result<std::string> data_hash(TickReader& reader, std::string_view instrument,
                              const std::function<bool(const MessageBatch&)>& see);

}  // namespace stom::store
