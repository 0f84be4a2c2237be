// A price-level order book indexed by tick: absolute quantities per level, best prices kept up to date. One writer.
//
// Levels live in pages of 512 ticks found through a directory, with a bit for every page that may hold one, so an
// update is two loads and a store wherever the price goes, a tenfold move costs nothing, and memory follows the ticks
// in use. Far from the price most pages have a few levels: those are a short list, a twentieth of a page, until they
// are too many for it or change often. The next best level is looked for among its neighbours when the best is gone. A
// quantity takes 32 bits, so that more of the book stays in the cache; the rare one that does not fit lies in a map
// aside. The newest message wins: a bid at or above the best ask moves the best ask to the first level above it (the
// crossed asks stay stored, as the venue has not removed them, but are no longer best), and the other way round.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <vector>

#include "core/assert.hpp"
#include "model/feed.hpp"
#include "model/types.hpp"

namespace stom {

using Tick = std::int64_t;  // price / base tick of the instrument, >= 0

inline constexpr Tick kNoBid = std::numeric_limits<Tick>::min();
inline constexpr Tick kNoAsk = std::numeric_limits<Tick>::max();
inline constexpr Tick kMaxTick = Tick{1} << 31;  // beyond it a level is refused by the reader that feeds the book

/// Quantities by tick, for one side.
class LevelMap {
 public:
  std::int64_t get(Tick tick) const {
    const auto index = page_of(tick);
    if (index >= directory_.size()) return 0;
    const Place place = directory_[index];
    const std::uint32_t quantity = is_page(place) ? page_at(place)[slot_of(tick)] : quantity_of(place, slot_of(tick));
    return quantity == kWide ? wide_.at(tick) : quantity;
  }

  /// Stores the new absolute quantity (0 removes, never negative) and returns the one before. Whether the level appears
  /// or goes is a coin toss to the branch predictor, so nothing here branches on it.
  std::int64_t set(Tick tick, std::int64_t quantity) {
    const auto index = page_of(tick);
    if (index >= directory_.size() || !is_page(directory_[index])) [[unlikely]]
      return set_far(tick, quantity);
    std::uint32_t& stored = page_at(directory_[index])[slot_of(tick)];
    const std::int64_t before = stored;
    stored = static_cast<std::uint32_t>(quantity);
    may_hold_[index >> 6] |= std::uint64_t{quantity != 0} << (index & 63);
    if (((before + 1) | (quantity + 1)) >> 32 != 0) [[unlikely]] {
      if (quantity >= kWide) stored = kWide;
      return set_wide(tick, before, quantity);
    }
    return before;
  }

  /// The greatest occupied tick <= from, or kNoBid.
  Tick at_or_below(Tick from) const;
  /// The least occupied tick >= from, or kNoAsk.
  Tick at_or_above(Tick from) const;
  std::size_t size() const;
  /// Pages that it keeps, of 512 ticks and 2 KiB each; and lists in their place, each of kFew levels at most.
  std::size_t pages() const { return pages_.size(); }
  std::size_t lists() const { return lists_.size() - unused_lists_.size(); }
  static constexpr std::size_t kFew = 16;
  void clear();
  /// Removes every level in [first, last].
  void erase(Tick first, Tick last);

 private:
  static constexpr int kPageBits = 9;
  static constexpr Tick kPageMask = (1 << kPageBits) - 1;
  using Page = std::array<std::uint32_t, 1 << kPageBits>;
  struct Kept {
    std::uint64_t index;  // its tick >> 9
    std::unique_ptr<Page> page;
  };
  /// The levels of a page that has few, in any order.
  struct List {
    std::uint32_t index = 0;  // as Kept::index
    std::uint16_t levels = 0;
    std::uint16_t writes = 0;  // lately, whatever it was the list of
    std::array<std::uint16_t, kFew> slots{};
    std::array<std::uint32_t, kFew> quantities{};

    std::size_t find(std::uint16_t slot) const;
  };
  static constexpr std::uint32_t kWide = UINT32_MAX;  // the quantity is in wide_

  /// Where the levels of 512 ticks are: the address of a page, which is even, or twice the number of a list and one.
  using Place = std::uintptr_t;
  static constexpr Place kNowhere = UINTPTR_MAX;
  static constexpr bool is_page(Place place) { return (place & 1) == 0; }
  static Page& page_at(Place place) { return *reinterpret_cast<Page*>(place); }
  static constexpr std::uint64_t page_of(Tick tick) { return static_cast<std::uint64_t>(tick) >> kPageBits; }
  static constexpr std::uint16_t slot_of(Tick tick) { return static_cast<std::uint16_t>(tick & kPageMask); }

  List& list_at(Place place) { return lists_[place >> 1]; }
  const List& list_at(Place place) const { return lists_[place >> 1]; }
  std::uint32_t quantity_of(Place list, std::uint16_t slot) const;
  std::int64_t set_far(Tick tick, std::int64_t quantity);
  std::int64_t set_wide(Tick tick, std::int64_t before, std::int64_t quantity);
  int last_at(Place place, int from) const;
  int first_at(Place place, int from) const;

  void add_list(std::uint64_t index);
  void forget(std::uint64_t index);
  void make_page(std::uint64_t index);
  std::unique_ptr<Page> look_at(std::size_t kept);
  std::unique_ptr<Page> take_away(std::size_t kept);
  void give_back_pages();

  std::vector<Place> directory_;  // by tick >> 9
  // A bit per page that may hold a level; a search that finds none clears it.
  mutable std::vector<std::uint64_t> may_hold_;
  std::vector<Kept> pages_;
  std::size_t next_look_ = 0;  // in pages_, for those that hold little or nothing
  std::vector<List> lists_;
  std::vector<std::uint32_t> unused_lists_;
  std::uint32_t far_writes_ = 0;  // to all of them, since they were last counted anew
  std::map<Tick, std::int64_t> wide_;
};

class OrderBook {
 public:
  /// Each returns the quantity the level had before.
  std::int64_t set_bid(Tick tick, std::int64_t quantity) {
    const std::int64_t before = bids_.set(tick, quantity);
    if (tick >= best_bid_) [[unlikely]]
      bid_at_the_touch(tick, quantity);
    return before;
  }
  std::int64_t set_ask(Tick tick, std::int64_t quantity) {
    const std::int64_t before = asks_.set(tick, quantity);
    if (tick <= best_ask_) [[unlikely]]
      ask_at_the_touch(tick, quantity);
    return before;
  }

  Tick best_bid() const { return best_bid_; }  // kNoBid where there is none
  Tick best_ask() const { return best_ask_; }  // kNoAsk where there is none
  std::int64_t bid_quantity(Tick tick) const { return bids_.get(tick); }
  std::int64_t ask_quantity(Tick tick) const { return asks_.get(tick); }
  const LevelMap& bids() const { return bids_; }
  const LevelMap& asks() const { return asks_; }
  bool two_sided() const { return best_bid_ != kNoBid && best_ask_ != kNoAsk; }

  void clear() {
    bids_.clear();
    asks_.clear();
    best_bid_ = kNoBid;
    best_ask_ = kNoAsk;
  }
  /// The book of a venue of which only the best prices are known: one level a side, none where the quantity is 0.
  void set_touch(Tick bid, std::int64_t bid_quantity, Tick ask, std::int64_t ask_quantity) {
    if (best_bid_ != kNoBid && best_bid_ != bid) bids_.set(best_bid_, 0);
    if (best_ask_ != kNoAsk && best_ask_ != ask) asks_.set(best_ask_, 0);
    bids_.set(bid, bid_quantity);
    asks_.set(ask, ask_quantity);
    best_bid_ = bid_quantity == 0 ? kNoBid : bid;
    best_ask_ = ask_quantity == 0 ? kNoAsk : ask;
  }
  /// Removes bids from `down_to` up to the best bid; the best becomes the first level at or below `search_from`.
  /// (Snapshots of tapes in the hftbacktest reading; see docs/fills.md.)
  void clear_bids(Tick down_to, Tick search_from) {
    if (best_bid_ != kNoBid) bids_.erase(down_to, best_bid_);
    best_bid_ = bids_.at_or_below(search_from);
  }
  void clear_asks(Tick up_to, Tick search_from) {
    if (best_ask_ != kNoAsk) asks_.erase(best_ask_, up_to);
    best_ask_ = asks_.at_or_above(search_from);
  }

 private:
  void bid_at_the_touch(Tick tick, std::int64_t quantity) {
    if (quantity == 0) {
      if (tick == best_bid_) best_bid_ = bids_.at_or_below(tick - 1);
    } else {
      best_bid_ = tick;
      if (tick >= best_ask_) best_ask_ = asks_.at_or_above(tick + 1);
    }
  }
  void ask_at_the_touch(Tick tick, std::int64_t quantity) {
    if (quantity == 0) {
      if (tick == best_ask_) best_ask_ = asks_.at_or_above(tick + 1);
    } else {
      best_ask_ = tick;
      if (best_bid_ >= tick) best_bid_ = bids_.at_or_below(tick - 1);
    }
  }

  // First, and beside what a market has before its book: whoever wants its middle alone looks at two cache lines.
  Tick best_bid_ = kNoBid;
  Tick best_ask_ = kNoAsk;
  LevelMap bids_, asks_;
};

/// Replaces the book, or in the hftbacktest reading clears it only up to the last level listed on each side
/// (docs/fills.md).
void apply_snapshot(OrderBook& book, const FeedMessage& message);

}  // namespace stom
