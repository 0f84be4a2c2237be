// A price-level order book indexed by tick: absolute quantities per level, best prices kept up to date. One writer.
//
// Levels live in pages of 512 ticks found through a directory, with a bit for every level and for every page, so an
// update is two loads and a store wherever the price goes, a tenfold move costs nothing, and memory follows the ticks
// in use. The newest message wins: a bid at or above the best ask moves the best ask to the first level above it (the
// crossed asks stay stored, as the venue has not removed them, but are no longer best), and the other way round.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <limits>
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
    const auto page = static_cast<std::uint64_t>(tick) >> kPageBits;
    if (page >= directory_.size() || directory_[page] == nullptr) return 0;
    return directory_[page]->quantity[tick & kPageMask];
  }

  /// Stores the new absolute quantity (0 removes) and returns the one before.
  std::int64_t set(Tick tick, std::int64_t quantity) {
    Page& page = page_of(tick);
    const auto slot = static_cast<std::uint32_t>(tick & kPageMask);
    const std::int64_t before = page.quantity[slot];
    page.quantity[slot] = quantity;
    if ((before != 0) != (quantity != 0)) flip(page, tick, slot, quantity != 0);
    return before;
  }

  /// The greatest occupied tick <= from, or kNoBid.
  Tick at_or_below(Tick from) const;
  /// The least occupied tick >= from, or kNoAsk.
  Tick at_or_above(Tick from) const;
  std::size_t size() const { return size_; }
  void clear();
  /// Removes every level in [first, last].
  void erase(Tick first, Tick last);

 private:
  static constexpr int kPageBits = 9;
  static constexpr Tick kPageMask = (1 << kPageBits) - 1;
  struct Page {
    std::array<std::int64_t, 1 << kPageBits> quantity{};
    std::array<std::uint64_t, (1 << kPageBits) / 64> occupied{};
    std::uint32_t levels = 0;
  };

  Page& page_of(Tick tick) {
    const auto index = static_cast<std::uint64_t>(tick) >> kPageBits;
    if (index < directory_.size() && directory_[index] != nullptr) [[likely]]
      return *directory_[index];
    return new_page(index);
  }
  Page& new_page(std::uint64_t index);
  void flip(Page& page, Tick tick, std::uint32_t slot, bool occupied) {
    page.occupied[slot >> 6] ^= std::uint64_t{1} << (slot & 63);
    const auto index = static_cast<std::uint64_t>(tick) >> kPageBits;
    if (occupied) {
      if (page.levels++ == 0) used_[index >> 6] |= std::uint64_t{1} << (index & 63);
      ++size_;
    } else {
      if (--page.levels == 0) used_[index >> 6] &= ~(std::uint64_t{1} << (index & 63));
      --size_;
    }
  }

  std::vector<Page*> directory_;     // by tick >> 9; null where nothing was ever stored
  std::vector<std::uint64_t> used_;  // a bit per page that holds a level
  std::vector<std::unique_ptr<Page>> pages_;
  std::size_t size_ = 0;
};

class OrderBook {
 public:
  /// Each returns the quantity the level had before.
  std::int64_t set_bid(Tick tick, std::int64_t quantity) {
    const std::int64_t before = bids_.set(tick, quantity);
    if (quantity != 0) {
      if (tick > best_bid_) {
        best_bid_ = tick;
        if (tick >= best_ask_) best_ask_ = asks_.at_or_above(tick + 1);
      }
    } else if (tick == best_bid_) {
      best_bid_ = bids_.at_or_below(tick - 1);
    }
    return before;
  }
  std::int64_t set_ask(Tick tick, std::int64_t quantity) {
    const std::int64_t before = asks_.set(tick, quantity);
    if (quantity != 0) {
      if (tick < best_ask_) {
        best_ask_ = tick;
        if (best_bid_ >= tick) best_bid_ = bids_.at_or_below(tick - 1);
      }
    } else if (tick == best_ask_) {
      best_ask_ = asks_.at_or_above(tick + 1);
    }
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
  LevelMap bids_, asks_;
  Tick best_bid_ = kNoBid;
  Tick best_ask_ = kNoAsk;
};

/// Replaces the book, or in the hftbacktest reading clears it only up to the last level listed on each side
/// (docs/fills.md).
void apply_snapshot(OrderBook& book, const FeedMessage& message);

}  // namespace stom
