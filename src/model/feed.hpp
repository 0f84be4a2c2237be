// Market data on its way into books, after the reading rules: levels as book ticks, and the two clocks of every
// message: when it was true at the venue and when it reached us.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "core/time.hpp"
#include "model/bar_spec.hpp"
#include "model/message.hpp"

namespace stom {

struct FeedLevel {
  std::int64_t tick;  // price / base tick
  std::int64_t quantity;
};

enum class FeedKind : std::uint8_t {
  Depth,      // absolute quantities of some levels
  Snapshot,   // the whole book
  Trade,      // one level; sell_aggressor says who took
  Quote,      // best bid, best ask (quantity 0: none); replaces_book where the venue gives nothing else of its book
  Mark,       // mark price, index price; as their quantities the funding rate (10^-8) and when it is paid next
  Bar,        // a finished bar, which starts at exchange_time
  Gap,        // updates are missing: the book is stale until the next snapshot
  Watched,    // it is in the watch list (관심종목) from now on
  Unwatched,  // it is not
};
/// Of the market, and not of what we see of it.
inline bool is_market(FeedKind kind) { return kind < FeedKind::Gap; }
inline bool is_watch(FeedKind kind) { return kind > FeedKind::Gap; }

struct FeedMessage {
  UnixNanos exchange_time;
  UnixNanos local_time;
  union {                    // valid until the batch after the next is asked for
    const FeedLevel* first;  // bids, then asks
    const Bar* bar;          // Bar
  };
  std::uint32_t bids;
  std::uint32_t asks;
  InstrumentIndex instrument;
  std::uint16_t slot;  // the feed's own
  FeedKind kind;
  bool sell_aggressor;  // Trade
  bool auction;         // of a call auction (model/message.hpp, kCallAuction)
  bool replaces_book;   // Snapshot, Quote: what it does not list is gone; false for a snapshot in the hftbacktest
                        // reading, which clears only up to its last levels, and for a quote beside depth

  std::span<const FeedLevel> bid_levels() const { return {first, bids}; }
  std::span<const FeedLevel> ask_levels() const { return {first + bids, asks}; }
};

/// One that is all said with its kind: Gap, Watched, Unwatched.
inline FeedMessage bare_message(FeedKind kind, InstrumentIndex instrument, UnixNanos time) {
  return {.exchange_time = time,
          .local_time = time,
          .first = nullptr,
          .bids = 0,
          .asks = 0,
          .instrument = instrument,
          .slot = 0,
          .kind = kind,
          .sell_aggressor = false,
          .auction = false,
          .replaces_book = false};
}

/// What a feed has of one instrument.
struct FeedContent {
  bool trades = true;  // false: nothing was traded in these data, there are best prices at most
  bool bars = false;   // finished bars come with the data
  /// Of what kind they are; larger ones are built of them. Unknown: they come as they are, whatever is asked for.
  std::optional<BarSpec> bar_spec;
};

/// One clock's view of the market, in order, batch by batch. An empty batch is the end (or, live, "nothing now").
class MarketFeed {
 public:
  virtual ~MarketFeed() = default;
  virtual std::span<const FeedMessage> next_batch() = 0;
  /// An empty batch means that there is nothing now: ask again.
  virtual bool live() const { return false; }
  virtual FeedContent content(InstrumentIndex) const { return {}; }
  /// Where the data bring bars: the start of the first that does not lie within one interval of that length.
  virtual std::optional<UnixNanos> bar_cut_by(InstrumentIndex, DurationNanos) const { return std::nullopt; }
};

}  // namespace stom
