// Market data exactly as a venue sent it: the unit that is recorded, stored and read back, before any gating or clock
// repair. A message is a header and a run of levels in a shared array:
//   Depth     bid levels then ask levels: the new absolute quantity of each (0 removes)
//   Snapshot  the same, replacing the whole book
//   Trade     one level: price and quantity
//   Quote     one bid level, then one ask level: best price and quantity of each
//   MarkPrice mark and index price as the prices of two levels; the funding rate (10^-8) and next funding time in the
//   ids
#pragma once

#include <span>
#include <vector>

#include "core/time.hpp"
#include "model/types.hpp"

namespace stom {

enum class MessageKind : std::uint8_t { Depth = 0, Snapshot = 1, Trade = 2, Quote = 3, MarkPrice = 4 };

enum MessageFlag : std::uint8_t {
  kSellAggressor = 1,  // Trade: the taker sold (Binance "m": true)
  kNotMarketTrade =
      2,  // Trade: the venue marks it as something else than an ordinary match (Binance "X" other than MARKET)
  kNoAggressor = 4,  // Trade: the source does not say who was the taker
  kCallAuction = 8,  // Trade: the single price of a call auction. Depth, Snapshot, Quote: orders are gathered for one,
                     // and what crosses has not traded
};

struct Level {
  Price price;
  Quantity quantity;
  friend bool operator==(const Level&, const Level&) = default;
};

struct Message {
  UnixNanos receive_time = kNoTime;      // our clock when the frame arrived; kNoTime where the source has none
  UnixNanos event_time = kNoTime;        // venue: when it sent the event (Binance E)
  UnixNanos transaction_time = kNoTime;  // venue: when it happened in the matching engine (Binance T)
  std::int64_t first_update_id = 0;      // Depth: U.    Trade: trade id.     MarkPrice: funding rate in 10^-8
  std::int64_t final_update_id =
      0;  // Depth: u.    Snapshot: lastUpdateId.   Quote: u.   MarkPrice: next funding time, ns
  std::int64_t previous_update_id = 0;  // Depth: pu, 0 where the venue has none
  std::uint32_t first_level = 0;        // index into the batch's levels
  std::uint32_t bids = 0;               // number of bid levels; Trade: 1
  std::uint32_t asks = 0;
  MessageKind kind = MessageKind::Depth;
  std::uint8_t flags = 0;
  friend bool operator==(const Message&, const Message&) = default;

  std::uint32_t levels() const { return bids + asks; }
  /// T, E where the venue gives no T; kNoTime where it gives neither.
  UnixNanos venue_time() const { return transaction_time != kNoTime ? transaction_time : event_time; }
  Side aggressor() const { return flags & kSellAggressor ? Side::Sell : Side::Buy; }
};

struct MessageBatch {
  std::vector<Message> messages;
  std::vector<Level> levels;

  void clear() {
    messages.clear();
    levels.clear();
  }
  std::span<const Level> bids(const Message& m) const { return {levels.data() + m.first_level, m.bids}; }
  std::span<const Level> asks(const Message& m) const { return {levels.data() + m.first_level + m.bids, m.asks}; }
};

/// One bar. `time` is its start; what it spans (a minute, a day, 100 ticks) belongs to the series, not to the bar.
struct Bar {
  UnixNanos time = 0;
  Price open, high, low, close;
  Quantity volume;
  friend bool operator==(const Bar&, const Bar&) = default;
};

}  // namespace stom
